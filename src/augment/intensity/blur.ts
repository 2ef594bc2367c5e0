/**
 * Gaussian blur, one deviation per image (golden README section 7, `blur_*`). A sum of shifted images rather than a
 * convolution: as fast at these kernel lengths, and untouched by autocast and TensorFloat-32.
 */
import { type Pack, type Sent, sendTogether, spatialAxes, type Tensor } from "../../torch/index.js";
import { perImage } from "../geometry/sampling.js";

/** Length of the blur's kernel, odd: `2⌊⌊fraction · s⌋/2⌋ + 1` for the shortest side s of an image `[...S]`. */
export function blurKernelLength(shape: readonly number[], fraction: number): number {
  return 2 * Math.floor(Math.floor(fraction * Math.min(...shape)) / 2) + 1;
}

/** Weights by tap and image. */
function gaussianTaps(sigmas: readonly number[], radius: number): number[][] {
  const kernels = sigmas.map((sigma) => {
    const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  });
  return Array.from({ length: 2 * radius + 1 }, (_, tap) => kernels.map((kernel) => kernel[tap]));
}

/** Weighted sum of the windows along an axis, one weight tensor `[N, 1, …]` per window. */
function slide(images: Tensor, axis: number, taps: readonly Tensor[]): Tensor {
  const length = images.shape[axis];
  const padded = reflected(images, axis, (taps.length - 1) / 2);
  const sum = padded.narrow(axis, 0, length).mul(taps[0]);
  for (let tap = 1; tap < taps.length; tap++) sum.addcmul_(padded.narrow(axis, tap, length), taps[tap]);
  return sum;
}

/** The border reflected without repeating the edge, on both sides of one axis. */
function reflected(images: Tensor, axis: number, radius: number): Tensor {
  const { ndim } = images;
  // The operator reflects the last spatial axes of its input, as many as it is given margins for, and counts from the last.
  const margins = Array.from({ length: ndim - 2 }, (_, fromLast) => (ndim - 1 - fromLast === axis ? radius : 0));
  return images.pad(
    margins.flatMap((margin) => [margin, margin]),
    "reflect",
  );
}

/**
 * The kernel of a blur, one weight per image and tap.
 * @param sigmas deviations in pixels, one per image
 * @param kernelLength odd; see {@link blurKernelLength}
 * @param dims axes of the images
 */
export function blurKernel(pack: Pack, sigmas: readonly number[], kernelLength: number, dims: number): Sent[] {
  const taps = gaussianTaps(sigmas, (kernelLength - 1) / 2);
  return taps.map((ofImages) => perImage(pack, Float32Array.from(ofImages), dims));
}

/** {@link blurKernel} for images, in an upload of its own. */
export function blurKernelFor({ device, ndim }: Tensor, sigmas: readonly number[], kernelLength: number): Sent[] {
  return sendTogether(device, (pack) => blurKernel(pack, sigmas, kernelLength, ndim));
}

/**
 * Blurs every image with its own deviation, along one spatial axis after the other.
 * @param images `[N, C, ...S]` float32
 * @param kernel as {@link blurKernel} gives it
 * @returns the same shape, not rounded
 */
export function gaussianBlur(images: Tensor, kernel: readonly Sent[]): Tensor {
  if (kernel.length === 1) return images;
  const taps = kernel.map((tap) => tap());
  return spatialAxes(images).reduce((blurred, axis) => slide(blurred, axis, taps), images);
}

/** In float32 a flat area's sum lands just above or below its whole value; the guard makes it that value. */
const guard = 2e-4;

/** {@link gaussianBlur} with the fraction dropped: whole numbers 0 to 255. */
export function blur(images: Tensor, kernel: readonly Sent[]): Tensor {
  return gaussianBlur(images, kernel).add(guard).floor_();
}
