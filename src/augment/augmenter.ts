/** The views that training asks for, whichever images it is of. */
import { type Pack, scope, type Tensor } from "../torch/index.js";
import { planLabelled, planUnlabelled, strongView, type UnlabelledViews } from "./batch.js";
import type { DrawKey } from "./draws.js";
import { ofEachChannel, type PlanStrong } from "./intensity/modalities.js";
import { planar8bit, type RawScale } from "./normalisation.js";
import type { AugmentationProfile } from "./profile.js";
import { drawVolumeStrong, drawVolumeWeak } from "./volumes/draws.js";
import type { VolumeProfile } from "./volumes/profile.js";
import { planStrongVolumes } from "./volumes/strong.js";
import { planWarp } from "./volumes/warp.js";
import { changedCopies, flipped, type WeakView } from "./weak.js";
import { whereDrawn } from "./where-drawn.js";

/**
 * A kind of images with its settings. What chance decides about a batch goes into a pack first, by the shape of its images
 * `[N, C, ...S]`; views are made once it has been sent. Images are of the {@link RawScale} given, labels `[N, ...S]` or
 * `[N, K, ...S]`.
 * @example const view = sendTogether(device, (pack) => augmenter.labelled(pack, images.shape, key))(images, labels);
 */
export interface Augmenter {
  /** Half the side of TP-RAM's block of frequencies in units of the shortest side; in [0, 0.5). */
  readonly tpRamFactor: number;
  /** The weak view of a labelled batch: float32 images of the same scale, and labels as given. */
  labelled(pack: Pack, shape: readonly number[], key: DrawKey): WeakView;
  /** The weak and the strong view of an unlabelled batch, float32 of the same scale, equal in geometry. */
  unlabelled(pack: Pack, shape: readonly number[], key: DrawKey): (images: Tensor) => UnlabelledViews;
  /** The strong view of weak ones, float32 of the same scale, equal in geometry. */
  strong: PlanStrong;
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
    labelled: (pack, shape, key) => planLabelled(pack, shape, key, profile, scale),
    unlabelled: (pack, shape, key) => planUnlabelled(pack, shape, key, profile, modalities, scale),
    strong: strongView(profile, modalities, scale),
  };
}

function planWeakVolumes(pack: Pack, shape: readonly number[], key: DrawKey, profile: VolumeProfile): WeakView {
  const draws = drawVolumeWeak(key, shape[0], profile);
  const warps = draws.map((draw) => draw.warp);
  const flips = draws.map((draw) => draw.flip);
  const steps = [
    whereDrawn(pack, warps, (given) => planWarp(pack, given, shape.slice(2), profile.elastic.spacing)),
    whereDrawn(pack, flips, () => flipped),
  ];
  return (images, labels) => changedCopies(images, labels, steps);
}

/** Of patches of volumes, `[N, C, D, H, W]`. Scale and modalities as of {@link planarAugmenter}. */
export function volumeAugmenter(profile: VolumeProfile, modalities = false, scale: RawScale = planar8bit): Augmenter {
  const ofImages: PlanStrong = (pack, shape, key) =>
    planStrongVolumes(pack, shape, drawVolumeStrong(key, shape[0], profile), profile, scale);
  const strong = modalities ? ofEachChannel(ofImages) : ofImages;
  return {
    tpRamFactor: profile.tpRamFactor,
    labelled: (pack, shape, key) => planWeakVolumes(pack, shape, key, profile),
    unlabelled: (pack, shape, key) => {
      const weakOf = planWeakVolumes(pack, shape, key, profile);
      const strongOf = strong(pack, shape, key);
      return (images) =>
        scope(() => {
          const { images: weak } = weakOf(images, null);
          return { weak, strong: strongOf(weak) };
        });
    },
    strong,
  };
}
