/**
 * Gaussian blur, one deviation per image (golden README section 7, `blur_*`). A sum of shifted images rather than a
 * convolution: as fast at these kernel lengths, and untouched by autocast and TensorFloat-32.
 */
import type { Tensor } from "../torch/index.js";
import type { ImageSize } from "./profile.js";
import { perImage } from "./sampling.js";

/** Length of the blur's kernel, odd: `2⌊⌊fraction · s⌋/2⌋ + 1` for the shorter side s of the image. */
export function blurKernelLength({ height, width }: ImageSize, fraction: number): number {
  return 2 * Math.floor(Math.floor(fraction * Math.min(height, width)) / 2) + 1;
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

/** Weighted sum of the windows of `length` along an axis, one weight tensor `[N, 1, 1, 1]` per window. */
function slide(padded: Tensor, axis: 2 | 3, length: number, taps: readonly Tensor[]): Tensor {
  const sum = padded.narrow(axis, 0, length).mul(taps[0]);
  for (let tap = 1; tap < taps.length; tap++) sum.addcmul_(padded.narrow(axis, tap, length), taps[tap]);
  return sum;
}

/**
 * Blurs every image with its own deviation; the border is reflected without repeating the edge.
 * @param images `[N, C, H, W]` float32
 * @param sigmas deviations in pixels
 * @param kernelLength odd; see {@link blurKernelLength}
 * @returns the same shape, not rounded
 */
export function gaussianBlur(images: Tensor, sigmas: readonly number[], kernelLength: number): Tensor {
  const [, , height, width] = images.shape;
  const radius = (kernelLength - 1) / 2;
  if (radius === 0) return images;
  const taps = gaussianTaps(sigmas, radius).map((weights) => perImage(weights, 4, images.device, Float32Array));
  const down = slide(images.pad([0, 0, radius, radius], "reflect"), 2, height, taps);
  return slide(down.pad([radius, radius, 0, 0], "reflect"), 3, width, taps);
}

/** In float32 a flat area's sum lands just above or below its whole value; the guard makes it that value. */
const guard = 2e-4;

/** {@link gaussianBlur} with the fraction dropped: whole numbers 0 to 255. */
export function blur(images: Tensor, sigmas: readonly number[], kernelLength: number): Tensor {
  return gaussianBlur(images, sigmas, kernelLength).add(guard).floor_();
}
