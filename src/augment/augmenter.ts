/** The views that training asks for, whichever images it is of. */
import { scope, type Tensor } from "../torch/index.js";
import { augmentLabelled, augmentUnlabelled, strongView } from "./batch.js";
import type { DrawKey } from "./draws.js";
import { ofEachChannel, type StrongView } from "./modalities.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { drawVolumeStrong, drawVolumeWeak } from "./volume-draws.js";
import type { VolumeProfile } from "./volume-profile.js";
import { strongVolumes } from "./volume-strong.js";
import { warp } from "./warp.js";
import { applyWhereDrawn, type View } from "./where-drawn.js";

/** A kind of images with its settings. Images are `[N, C, ...S]` of the {@link RawScale} given, labels `[N, ...S]` or `[N, K, ...S]`. */
export interface Augmenter {
  /** Half the side of TP-RAM's block of frequencies in units of the shortest side; in [0, 0.5). */
  readonly tpRamFactor: number;
  /** The weak view of a labelled batch: float32 images of the same scale, and labels as given. */
  labelled(images: Tensor, labels: Tensor, key: DrawKey): { images: Tensor; labels: Tensor };
  /** The weak and the strong view of an unlabelled batch, float32 of the same scale, equal in geometry. */
  unlabelled(images: Tensor, key: DrawKey): { weak: Tensor; strong: Tensor };
  /** The strong view of weak ones, float32 of the same scale, equal in geometry. */
  strong(weak: Tensor, key: DrawKey): Tensor;
}

/**
 * Of pictures, and of slices.
 * @param modalities whether channels are modalities: strong views draw for each of them
 * @param scale what raw values are; whole numbers 0 to 255 unless given
 */
export function planarAugmenter(
  profile: AugmentationProfile,
  modalities = false,
  scale: RawScale = planar8bit,
): Augmenter {
  return {
    tpRamFactor: profile.tpRamFactor,
    labelled: (images, labels, key) => augmentLabelled(images, labels, key, profile, scale),
    unlabelled: (images, key) => augmentUnlabelled(images, key, profile, modalities, scale),
    strong: strongView(profile, modalities, scale),
  };
}

function weakVolumes(images: Tensor, labels: Tensor | undefined, key: DrawKey, profile: VolumeProfile): View {
  const draws = drawVolumeWeak(key, images.shape[0], profile);
  const copy = { copy: true, memoryFormat: "contiguous" } as const;
  const own = labels?.to(copy);
  const view = {
    images: images.to({ ...copy, dtype: "float32" }),
    labels: own && own.ndim < images.ndim ? own.unsqueeze(1) : own,
  };
  const warps = draws.map((draw) => draw.warp);
  applyWhereDrawn(view, warps, (part, given) => warp(part, given, profile.elastic.spacing));
  const flips = draws.map((draw) => draw.flip);
  applyWhereDrawn(view, flips, (part) => ({ images: part.images.flip([-1]), labels: part.labels?.flip([-1]) }));
  return { images: view.images, labels: own };
}

/** Of patches of volumes, `[N, C, D, H, W]`. Scale and modalities as of {@link planarAugmenter}. */
export function volumeAugmenter(profile: VolumeProfile, modalities = false, scale: RawScale = planar8bit): Augmenter {
  const ofImages: StrongView = (weak, key) =>
    strongVolumes(weak, drawVolumeStrong(key, weak.shape[0], profile), profile, scale);
  const strong = modalities ? ofEachChannel(ofImages) : ofImages;
  return {
    tpRamFactor: profile.tpRamFactor,
    labelled: (images, labels, key) =>
      scope(() => {
        const view = weakVolumes(images, labels, key, profile);
        return { images: view.images, labels: view.labels as Tensor };
      }),
    unlabelled: (images, key) =>
      scope(() => {
        const { images: weak } = weakVolumes(images, undefined, key, profile);
        return { weak, strong: strong(weak, key) };
      }),
    strong,
  };
}
