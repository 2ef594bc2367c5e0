/**
 * Brightness and contrast with Pillow's arithmetic (golden README section 7, `photometric_*`): blending in float32,
 * the fraction of whole numbers dropped.
 */
import { axesOfEach, type Sent, ShapeError, type Tensor } from "../../torch/index.js";

/** Clips to 0 … 255, and drops the fraction of whole numbers. */
function clipped(values: Tensor, whole: boolean): Tensor {
  const inside = values.clamp_({ min: 0, max: 255 });
  return whole ? inside.floor_() : inside;
}

/**
 * Multiplies every image by its factor.
 * @param images  `[N, C, ...S]` float32, 0 to 255
 * @param factors `[N, 1, …]` float32
 * @param whole   whether these are whole numbers, and are to be again
 * @returns the same shape and range
 */
export function brightness(images: Tensor, factors: Sent, whole = true): Tensor {
  return clipped(images.mul(factors()), whole);
}

/** Moves every image away from its mean grey (factor above 1) or towards it (below 1); shapes as {@link brightness}. */
export function contrast(images: Tensor, factors: Sent, whole = true): Tensor {
  const mean = whole ? meanGrey(images) : exactMeanGrey(images);
  return clipped(images.sub(mean).mul_(factors()).add_(mean), whole);
}

/**
 * Luminance (ITU-R 601, integers) of images `[N, 1 or 3, ...S]` as `[N, 1, ...S]`, whole numbers 0 to 255.
 * @throws ShapeError for another number of channels
 */
export function toGrey(images: Tensor): Tensor {
  const channels = images.shape[1];
  if (channels === 1) return images;
  if (channels !== 3) {
    throw new ShapeError(`toGrey: images has shape [${images.shape}]; expected 1 or 3 channels on axis 1`);
  }
  const [red, green, blue] = images.split(1, 1);
  // Every term is a whole number below 2^24, hence exact in float32.
  const sum = red.mul(19595).add_(green.mul(38470)).add_(blue.mul(7471)).add_(32768);
  return sum.div_(65536).floor_();
}

/** Mean grey of every image, rounded half up; `[N, 1, …]` of the images' dtype. */
export function meanGrey(images: Tensor): Tensor {
  const mean = toGrey(images).mean(axesOfEach(images), { keepdim: true, dtype: "float64" });
  return mean.add_(0.5).floor_().to({ dtype: images.dtype });
}

/** {@link meanGrey} of values that are no whole numbers, not rounded: ITU-R 601 of 3 channels, of others their mean. */
function exactMeanGrey(images: Tensor): Tensor {
  const [axes, options] = [axesOfEach(images), { keepdim: true, dtype: "float64" } as const];
  const means = (images.shape[1] === 3 ? images.split(1, 1) : [images]).map((channel) => channel.mean(axes, options));
  const [red, green, blue] = means;
  const mean = means.length === 3 ? red.mul(0.299).add_(green.mul(0.587)).add_(blue.mul(0.114)) : red;
  return mean.to({ dtype: images.dtype });
}
