/** The strong view: brightness, contrast and blur on top of the weak view, whole numbers after each if they were (method.md 3.2). */
import { type Pack, ShapeError, scope, sendTogether, type Tensor } from "../torch/index.js";
import type { StrongDraw } from "./draws.js";
import { perImage } from "./geometry/sampling.js";
import { blur, blurKernel, blurKernelLength, gaussianBlur } from "./intensity/blur.js";
import { inGreyLevels } from "./intensity/own-range.js";
import { brightness, contrast } from "./intensity/photometric.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";

/**
 * Plans {@link strongAugment} of a batch.
 * @param shape of the images, `[N, C, ...S]`
 */
export function planStrong(
  pack: Pack,
  shape: readonly number[],
  draws: readonly StrongDraw[],
  profile: AugmentationProfile,
  scale: RawScale = planar8bit,
): (images: Tensor) => Tensor {
  const [count, , ...sides] = shape;
  if (draws.length !== count) {
    throw new ShapeError(`strongAugment: images has shape [${shape}] but there are ${draws.length} draws`);
  }
  const factors = (pick: (draw: StrongDraw) => number) => perImage(pack, Float32Array.from(draws, pick), shape.length);
  const brightnesses = factors((draw) => draw.brightness);
  const contrasts = factors((draw) => draw.contrast);
  const sigmas = draws.map((draw) => draw.sigma);
  const kernel = blurKernel(pack, sigmas, blurKernelLength(sides, profile.blur.kernel), shape.length);
  const { whole } = scale;
  const change = (given: Tensor) =>
    (whole ? blur : gaussianBlur)(contrast(brightness(given, brightnesses, whole), contrasts, whole), kernel);
  return (images) => scope(() => inGreyLevels(images.to({ dtype: "float32" }), scale, change));
}

/**
 * Carries out the strong draws; the geometry stays that of `images`, so that one pseudo-label serves both views.
 * @param images weak views `[N, C, ...S]`, any dtype, 1 or 3 channels
 * @param draws one per image, as `drawStrong` gives them
 * @param scale what their values are; whole numbers 0 to 255 unless given
 * @returns float32 of the same shape and range
 * @throws ShapeError when the number of draws or channels does not fit
 */
export function strongAugment(
  images: Tensor,
  draws: readonly StrongDraw[],
  profile: AugmentationProfile,
  scale: RawScale = planar8bit,
): Tensor {
  const { shape, device } = images;
  return scope(() => sendTogether(device, (pack) => planStrong(pack, shape, draws, profile, scale))(images));
}
