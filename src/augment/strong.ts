/** The strong view: brightness, contrast and blur on top of the weak view, whole numbers after each if they were (method.md 3.2). */
import { ShapeError, scope, spatialShape, type Tensor } from "../torch/index.js";
import { blur, blurKernelLength, gaussianBlur } from "./blur.js";
import type { StrongDraw } from "./draws.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import { inGreyLevels } from "./own-range.js";
import { brightness, contrast } from "./photometric.js";
import type { AugmentationProfile } from "./profile.js";

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
  const [count] = images.shape;
  if (draws.length !== count) {
    throw new ShapeError(`strongAugment: images has shape [${images.shape}] but there are ${draws.length} draws`);
  }
  const { whole } = scale;
  const change = (given: Tensor) => {
    const brightened = brightness(
      given,
      draws.map((draw) => draw.brightness),
      whole,
    );
    const contrasted = contrast(
      brightened,
      draws.map((draw) => draw.contrast),
      whole,
    );
    const kernel = blurKernelLength(spatialShape(images), profile.blur.kernel);
    return (whole ? blur : gaussianBlur)(
      contrasted,
      draws.map((draw) => draw.sigma),
      kernel,
    );
  };
  return scope(() => inGreyLevels(images.to({ dtype: "float32" }), scale, change));
}
