/** The strong view: brightness, contrast and blur on top of the weak view, 8 bits after each (method.md 3.2). */
import { ShapeError, scope, spatialShape, type Tensor } from "../torch/index.js";
import { blur, blurKernelLength } from "./blur.js";
import type { StrongDraw } from "./draws.js";
import { brightness, contrast } from "./photometric.js";
import type { AugmentationProfile } from "./profile.js";

/**
 * Carries out the strong draws; the geometry stays that of `images`, so that one pseudo-label serves both views.
 * @param images weak views `[N, C, ...S]`, any dtype, whole numbers 0 to 255, 1 or 3 channels
 * @param draws one per image, as `drawStrong` gives them
 * @returns float32 of the same shape and range
 * @throws ShapeError when the number of draws or channels does not fit
 */
export function strongAugment(images: Tensor, draws: readonly StrongDraw[], profile: AugmentationProfile): Tensor {
  const [count] = images.shape;
  if (draws.length !== count) {
    throw new ShapeError(`strongAugment: images has shape [${images.shape}] but there are ${draws.length} draws`);
  }
  return scope(() => {
    const brightened = brightness(
      images.to({ dtype: "float32" }),
      draws.map((draw) => draw.brightness),
    );
    const contrasted = contrast(
      brightened,
      draws.map((draw) => draw.contrast),
    );
    const kernel = blurKernelLength(spatialShape(images), profile.blur.kernel);
    return blur(
      contrasted,
      draws.map((draw) => draw.sigma),
      kernel,
    );
  });
}
