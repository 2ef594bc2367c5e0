/** The outlines of predicted classes over their image, in the class colours. */
import { toChannels } from "../data/colour.js";
import type { Dataset } from "../data/dataset.js";
import { toBytes } from "../data/prepare-image.js";
import type { StoredImage } from "../grid/stored-image.js";
import { classMask, outermostFirst } from "./label-map.js";

/** One pixel of outline for each this many pixels of the image's longer side, so that it stays visible on a screen. */
const pixelsPerStroke = 400;

function colourBytes(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The object without its pixels that touch, side by side, one outside of it; beyond the image counts as object. */
function eroded(mask: Uint8Array, height: number, width: number): Uint8Array {
  const result = mask.slice();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const touches =
        (x > 0 && mask[i - 1] === 0) ||
        (x < width - 1 && mask[i + 1] === 0) ||
        (y > 0 && mask[i - width] === 0) ||
        (y < height - 1 && mask[i + width] === 0);
      if (touches) result[i] = 0;
    }
  return result;
}

/**
 * The image as RGB planes `[3, H, W]` with the outlines of all judged classes, inner ones over outer ones.
 * @param labels class numbers `[H, W]` (softmax) or 0/1 planes `[K, H, W]` (sigmoid), in the image's size
 * @param file   the image's name, for messages
 * @throws DataError for an image of more than 8 bits when the data set has no `intensity` rule
 */
export function drawOverlay(image: StoredImage, labels: Uint8Array, file: string, dataset: Dataset): Uint8Array {
  const [height, width] = image.grid.shape;
  const bytes = { ...image, samples: toBytes(image, dataset, file) };
  const picture = (toChannels(bytes, 3).samples as Uint8Array).slice();
  const strokes = Math.max(1, Math.round(Math.max(height, width) / pixelsPerStroke));
  for (const part of outermostFirst(dataset.parts)) {
    const mask = classMask(labels, part.index, dataset.target, height * width);
    let inner = mask;
    for (let i = 0; i < strokes; i++) inner = eroded(inner, height, width);
    const colour = colourBytes(part.colour);
    for (let i = 0; i < mask.length; i++)
      if (mask[i] !== inner[i]) for (let c = 0; c < 3; c++) picture[c * mask.length + i] = colour[c];
  }
  return picture;
}
