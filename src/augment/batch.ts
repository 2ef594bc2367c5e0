/** What a training step asks for: the augmented views of a labelled and of an unlabelled batch. */
import { scope, type Tensor } from "../torch/index.js";
import { type DrawKey, drawStrong, drawWeak, type WeakDraw } from "./draws.js";
import { ofEachChannel, type StrongView } from "./modalities.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { strongAugment } from "./strong.js";
import { weakAugment } from "./weak.js";

function weakDraws(images: Tensor, key: DrawKey, profile: AugmentationProfile): WeakDraw[] {
  const [height, width] = images.shape.slice(-2);
  return drawWeak(key, images.shape[0], { height, width }, profile);
}

/**
 * The weak view of a labelled batch.
 * @param images `[N, C, ...S]` of the scale, whole numbers 0 to 255 unless given
 * @param labels `[N, ...S]` or `[N, K, ...S]`
 * @returns images float32 of the same scale, raw values still, since TP-RAM works on pixels; labels as given
 */
export function augmentLabelled(
  images: Tensor,
  labels: Tensor,
  key: DrawKey,
  profile: AugmentationProfile,
  scale: RawScale = planar8bit,
): { images: Tensor; labels: Tensor } {
  return weakAugment(images, labels, weakDraws(images, key, profile), profile, scale);
}

/**
 * What makes the strong view of weak ones, `[N, C, ...S]`, float32 of the scale, equal in geometry.
 * @param modalities whether each channel has strong draws of its own; else the channels, 1 or 3, are grey or RGB
 */
export function strongView(profile: AugmentationProfile, modalities = false, scale: RawScale = planar8bit): StrongView {
  const ofImages: StrongView = (weak, key) =>
    strongAugment(weak, drawStrong(key, weak.shape[0], profile), profile, scale);
  return modalities ? ofEachChannel(ofImages) : ofImages;
}

/**
 * The weak and the strong view of an unlabelled batch, float32 of the batch's scale, equal in geometry.
 * @param modalities whether each channel has strong draws of its own
 */
export function augmentUnlabelled(
  images: Tensor,
  key: DrawKey,
  profile: AugmentationProfile,
  modalities = false,
  scale: RawScale = planar8bit,
): { weak: Tensor; strong: Tensor } {
  return scope(() => {
    const weak = weakAugment(images, null, weakDraws(images, key, profile), profile, scale).images;
    return { weak, strong: strongView(profile, modalities, scale)(weak, key) };
  });
}
