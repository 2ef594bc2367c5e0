/** What a training step asks for: the augmented views of a labelled and of an unlabelled batch. */
import { type Pack, scope, sendTogether, type Tensor } from "../torch/index.js";
import { type DrawKey, drawStrong, drawWeak } from "./draws.js";
import { ofEachChannel, type PlanStrong } from "./intensity/modalities.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { planStrong } from "./strong.js";
import { planWeak, type WeakView } from "./weak.js";

/**
 * Plans {@link augmentLabelled} of a batch.
 * @param shape of the images, `[N, C, ...S]`
 */
export function planLabelled(
  pack: Pack,
  shape: readonly number[],
  key: DrawKey,
  profile: AugmentationProfile,
  scale: RawScale = planar8bit,
): WeakView {
  const [height, width] = shape.slice(-2);
  return planWeak(pack, shape, drawWeak(key, shape[0], { height, width }, profile), profile, scale);
}

/**
 * What makes the strong view of weak ones, `[N, C, ...S]`, float32 of the scale, equal in geometry.
 * @param modalities whether each channel has strong draws of its own; else the channels, 1 or 3, are grey or RGB
 */
export function strongView(profile: AugmentationProfile, modalities = false, scale: RawScale = planar8bit): PlanStrong {
  const ofImages: PlanStrong = (pack, shape, key) =>
    planStrong(pack, shape, drawStrong(key, shape[0], profile), profile, scale);
  return modalities ? ofEachChannel(ofImages) : ofImages;
}

/** The weak and the strong view of an unlabelled batch. */
export interface UnlabelledViews {
  readonly weak: Tensor;
  readonly strong: Tensor;
}

/**
 * Plans {@link augmentUnlabelled} of a batch.
 * @param shape of the images, `[N, C, ...S]`
 */
export function planUnlabelled(
  pack: Pack,
  shape: readonly number[],
  key: DrawKey,
  profile: AugmentationProfile,
  modalities = false,
  scale: RawScale = planar8bit,
): (images: Tensor) => UnlabelledViews {
  const weakOf = planLabelled(pack, shape, key, profile, scale);
  const strongOf = strongView(profile, modalities, scale)(pack, shape, key);
  return (images) =>
    scope(() => {
      const weak = weakOf(images, null).images;
      return { weak, strong: strongOf(weak) };
    });
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
  const { shape, device } = images;
  return scope(() => sendTogether(device, (pack) => planLabelled(pack, shape, key, profile, scale))(images, labels));
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
): UnlabelledViews {
  const { shape, device } = images;
  return scope(() =>
    sendTogether(device, (pack) => planUnlabelled(pack, shape, key, profile, modalities, scale))(images),
  );
}
