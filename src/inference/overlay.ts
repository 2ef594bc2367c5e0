/** The outlines of predicted classes over their image, in the class colours. */
import type { Dataset } from "../data/dataset.js";
import { toBytes } from "../data/decode.js";
import { type Raster, toChannels } from "../data/readers/raster.js";
import { colourBytes, paintRim } from "../drawing/raster-outline.js";
import { classMask, outermostFirst } from "./label-map.js";

/** One pixel of outline for each this many pixels of the image's longer side, so that it stays visible on a screen. */
const pixelsPerStroke = 400;

/**
 * The image as RGB `[H, W, 3]` with the outlines of all judged classes, inner ones over outer ones.
 * @param labels class numbers `[H, W]` (softmax) or 0/1 planes `[K, H, W]` (sigmoid), in the image's size
 * @param file   the image's name, for messages
 * @throws DataError for a 16-bit image when the data set has no `intensity` rule
 */
export function drawOverlay(raster: Raster, labels: Uint8Array, file: string, dataset: Dataset): Uint8Array {
  const { height, width } = raster;
  const bytes = toBytes(raster, dataset, file);
  const picture = (toChannels({ ...raster, samples: bytes }, 3).samples as Uint8Array).slice();
  const strokes = Math.max(1, Math.round(Math.max(height, width) / pixelsPerStroke));
  for (const part of outermostFirst(dataset.parts)) {
    const mask = classMask(labels, part.index, dataset.target, height * width);
    paintRim(picture, mask, raster, colourBytes(part.colour), strokes);
  }
  return picture;
}
