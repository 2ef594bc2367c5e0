/**
 * Views of values without bounds, as z-scores are. Brightness, gamma and noise are told in grey levels from black, 0, to white,
 * 255; here an image's own least value is black and its greatest white, over all of its channels.
 */
import { axesOfEach, maximum, minimum, type Tensor } from "../../torch/index.js";
import type { RawScale } from "../normalisation.js";

/** The least and the greatest value of every image, `[N, 1, …]`. */
export function extremesOf(images: Tensor): { least: Tensor; greatest: Tensor } {
  const axes = axesOfEach(images);
  return { least: images.amin(axes, { keepdim: true }), greatest: images.amax(axes, { keepdim: true }) };
}

/** Cuts values off at bounds of their own for each image. */
export function clampEach(values: Tensor, least: Tensor, greatest: Tensor): Tensor {
  return minimum(maximum(values, least), greatest);
}

/**
 * Makes a view in grey levels.
 * @param images `[N, C, ...S]` float32
 * @param change of images between 0 and 255
 * @returns values in the range of each image given
 */
export function inGreyLevels(images: Tensor, { range }: RawScale, change: (images: Tensor) => Tensor): Tensor {
  if (range !== null) return change(images);
  const { least, greatest } = extremesOf(images);
  // An image of one value throughout stays it.
  const extent = greatest.sub(least).clamp({ min: 1e-6 });
  const changed = change(images.sub(least).div_(extent).mul_(255)).div(255).mul_(extent).add_(least);
  return clampEach(changed, least, greatest);
}
