/** Predictions after rules on their labels; see rules.ts. */
import type { Dataset } from "../data/dataset.js";
import { cutVolume } from "../data/volumes/prepare-volume.js";
import type { StoredImage } from "../grid/stored-image.js";
import type { ImagePrediction } from "./plain/plain-segmenter.js";
import type { VolumePrediction } from "./plain/segment-volume.js";
import type { VolumeSet } from "./predict-volume.js";
import { applyRules, type MaskRules } from "./rules.js";

/** @param file the image's name, for messages */
export function ruledImage(
  said: ImagePrediction,
  { grid }: StoredImage,
  dataset: Pick<Dataset, "target" | "parts">,
  rules: MaskRules,
  file: string,
): ImagePrediction {
  return { ...said, labels: applyRules(said.labels, { grid }, dataset, rules, file) };
}

/**
 * The whole volume at once, whatever its network sees.
 * @param file the volume's name, for messages
 * @throws DataError where rules measure a volume without a spacing
 */
export function ruledVolume(
  said: VolumePrediction,
  volume: StoredImage,
  dataset: VolumeSet,
  rules: MaskRules,
  file: string,
): VolumePrediction {
  const { grid } = cutVolume(volume, dataset.slices).image;
  return { ...said, labels: applyRules(said.labels, { grid }, dataset, rules, file) };
}
