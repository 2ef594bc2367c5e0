/** The outlines of predicted classes over their image, in the class colours. */
import { colourBytes } from "../../core/colour-bytes.js";
import type { Dataset } from "../../data/dataset.js";
import { toChannels } from "../../data/images/colour.js";
import { toBytes } from "../../data/images/prepare-image.js";
import { shownImage } from "../../data/images/shown-image.js";
import { paintDoubtFrame } from "../../drawing/doubt-frame.js";
import { paintRim } from "../../drawing/raster-outline.js";
import { interleave } from "../../grid/interleave.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { classMask, outermostFirst } from "../label-map.js";

/** One pixel of outline for each this many pixels of the image's longer side, so that it stays visible on a screen. */
const pixelsPerStroke = 200;

/**
 * The image, of several modalities the first, as RGB `[H, W, 3]` with the outlines of all judged classes, inner ones over outer ones.
 * @param labels class numbers `[H, W]` (softmax) or 0/1 planes `[K, H, W]` (sigmoid), in the image's size
 * @param file   the image's name, for messages
 * @param doubtful whether a frame says that the outlines are in doubt
 * @throws DataError for an image of more than 8 bits when the data set has no `intensity` rule
 */
export function drawOverlay(
  image: StoredImage,
  labels: Uint8Array,
  file: string,
  dataset: Dataset,
  doubtful = false,
): Uint8Array {
  const [height, width] = image.grid.shape;
  const shown = shownImage(image, dataset);
  const bytes = { ...shown, samples: toBytes(shown, dataset, file) };
  const picture = interleave(toChannels(bytes, 3).samples as Uint8Array, 3);
  const strokes = Math.max(1, Math.round(Math.max(height, width) / pixelsPerStroke));
  for (const part of outermostFirst(dataset.parts)) {
    const mask = classMask(labels, part.index, dataset.target, height * width);
    paintRim(picture, mask, { height, width }, colourBytes(part.colour), strokes);
  }
  if (doubtful) paintDoubtFrame(picture, { height, width });
  return picture;
}
