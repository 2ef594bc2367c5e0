/** Augmentation as batched tensor programs, each draw fixed by (seed, iteration, index, purpose). */
export { type Augmenter, planarAugmenter, volumeAugmenter } from "./augmenter.js";
export { augmentLabelled, augmentUnlabelled, type UnlabelledViews } from "./batch.js";
export { type Box, boxMask, coveringBox, drawBoxes, packBoxMask, pasteBoxes } from "./boxes.js";
export {
  type DrawKey,
  drawStrong,
  drawTpRam,
  drawWeak,
  type ScaleCrop,
  type StreamAddress,
  type StrongDraw,
  type WeakDraw,
} from "./draws.js";
export type { PlanStrong } from "./intensity/modalities.js";
export { inGreyLevels } from "./intensity/own-range.js";
export { inColoursOf } from "./intensity/partner-colours.js";
export { planTpRam, type StyleTransfer, tpRam } from "./intensity/tp-ram.js";
export { type Normalisation, planar8bit, planarLevels, type RawScale, zScores } from "./normalisation.js";
export { type AugmentationProfile, fundusProfile, type ImageSize, mriProfile, type Range } from "./profile.js";
export { strongAugment } from "./strong.js";
export { type SometimesDrawn, type VolumeProfile, volumeProfile } from "./volumes/profile.js";
export { type WeakView, weakAugment } from "./weak.js";
