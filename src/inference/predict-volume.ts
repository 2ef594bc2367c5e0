/** Segments one volume in its own grid: slice by slice with a network of pictures, whole with one of volumes. */
import type { Dataset, SliceRule } from "../data/dataset.js";
import type { CutVolume } from "../data/volumes/prepare-volume.js";
import type { StoredImage } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { type AskedOptions, inferCase, inferCaseAnswer } from "./infer-case.js";
import {
  answersOfSlices,
  answersOfWhole,
  type SliceWatcher,
  segmentVolume,
  type VolumePrediction,
} from "./plain/segment-volume.js";
import { type PredictImageOptions, predictImage } from "./predict-image.js";

/** How a volume is asked about; probabilities are 4 bytes a class and voxel, and not wanted unless asked for. */
export type PredictVolumeOptions = PredictImageOptions & Pick<AskedOptions, "patch" | "turn">;

/** A data set of volumes. */
export type VolumeSet = Dataset & { readonly slices: SliceRule };

/**
 * Segments each slice in its own size ({@link predictImage}), or the whole by sliding windows, after the volume
 * was cut as those were that the network was trained on, and puts the labels back where the voxels are stored.
 * @param file the volume's name, for messages
 * @param onSlice called after each slice
 * @throws DataError for a volume of other channels than those trained on
 * @throws NumericError when the network's output holds NaN; what `turn` throws between windows
 */
export function predictVolume(
  network: SegmentationNetwork,
  volume: StoredImage,
  file: string,
  dataset: VolumeSet,
  { probabilities: wanted = false, patch, turn, ...options }: PredictVolumeOptions,
  onSlice?: SliceWatcher,
): Promise<VolumePrediction> {
  const ofSlices = (cut: CutVolume) =>
    answersOfSlices(cut, dataset, (slice) =>
      predictImage(network, slice, file, dataset, { ...options, probabilities: wanted }),
    );
  const ofWhole = (cut: CutVolume) =>
    answersOfWhole(cut, dataset, file, async (whole, shape) => {
      const asked = { ...options, patch, turn };
      return wanted
        ? inferCaseAnswer(network, whole, dataset, asked, file, shape)
        : { labels: await inferCase(network, whole, dataset, asked, file, shape) };
    });
  return segmentVolume(volume, file, dataset, wanted, network.rank === 3 ? ofWhole : ofSlices, onSlice);
}
