/** What a training step asks for: the augmented views of a labelled and of an unlabelled batch. */
import { scope, type Tensor } from "../torch/index.js";
import { type DrawKey, drawStrong, drawWeak } from "./draws.js";
import { planar8bit } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { strongAugment } from "./strong.js";
import { weakAugment } from "./weak.js";

/** {@link planar8bit} under its shorter name. */
export const normalise = planar8bit.forward;

/**
 * The weak view of a labelled batch.
 * @param images `[N, C, H, W]`, whole numbers 0 to 255
 * @param labels `[N, H, W]` or `[N, K, H, W]`
 * @returns images float32 in 0 to 255, not yet {@link normalise}d since TP-RAM works on pixels; labels as given
 */
export function augmentLabelled(
  images: Tensor,
  labels: Tensor,
  key: DrawKey,
  profile: AugmentationProfile,
): { images: Tensor; labels: Tensor } {
  const [count, , height, width] = images.shape;
  return weakAugment(images, labels, drawWeak(key, count, { height, width }, profile), profile);
}

/** The weak and the strong view of an unlabelled batch, float32 in 0 to 255, equal in geometry. */
export function augmentUnlabelled(
  images: Tensor,
  key: DrawKey,
  profile: AugmentationProfile,
): { weak: Tensor; strong: Tensor } {
  const [count, , height, width] = images.shape;
  return scope(() => {
    const weak = weakAugment(images, null, drawWeak(key, count, { height, width }, profile), profile).images;
    return { weak, strong: strongAugment(weak, drawStrong(key, count, profile), profile) };
  });
}
