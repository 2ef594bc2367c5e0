/**
 * A volume in its own grid, whatever answers: slice by slice of something that sees pictures, whole of something that sees
 * volumes. In plain arrays, for Node.js and pages in browsers.
 */
import type { AskedSet, SliceRule } from "../../data/asked-set.js";
import type { PreparedImage } from "../../data/images/prepare-image.js";
import { requireChannels } from "../../data/images/require-channels.js";
import {
  type CutVolume,
  cutVolume,
  prepareWhole,
  scaledSlice,
  volumeScale,
} from "../../data/volumes/prepare-volume.js";
import { planesOf } from "../../data/volumes/stacked-planes.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { placeSlice } from "../../grid/slices.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { AnswerInSize } from "./answer-in-size.js";

/** What a network says about one volume, where the volume's voxels are stored. */
export interface VolumePrediction {
  /** The volume's own. */
  readonly grid: Grid;
  /** softmax: class numbers, `grid.shape`; sigmoid: 0/1 planes `[K, ...grid.shape]`. */
  readonly labels: Uint8Array;
  /** `[K, ...grid.shape]`, in [0, 1]; missing where they were not asked for. */
  readonly probabilities?: Float32Array;
}

/** Something that knows how volumes are cut. */
export type OfVolumes<D> = D & { readonly slices: SliceRule };

/** What is said of each slice of a cut volume, `[K, rows, columns]` or class numbers, one after the other. */
export type SliceAnswers = AsyncIterable<AnswerInSize>;

/** What is said of each slice by something that sees slices, with the values that networks are given. */
export async function* answersOfSlices(
  { image, stack }: CutVolume,
  dataset: OfVolumes<AskedSet>,
  segment: (slice: StoredImage) => AnswerInSize | Promise<AnswerInSize>,
): AsyncGenerator<AnswerInSize> {
  const scale = volumeScale(image, dataset);
  for (let slice = 0; slice < stack.count; slice++) yield segment(scaledSlice(stack.slice(slice), scale));
}

/** What is said of each slice by something that sees the whole volume at once, prepared at the data set's spacing. */
export async function* answersOfWhole(
  cut: CutVolume,
  dataset: OfVolumes<AskedSet>,
  file: string,
  segment: (whole: PreparedImage, shape: readonly number[]) => AnswerInSize | Promise<AnswerInSize>,
): AsyncGenerator<AnswerInSize> {
  const { shape } = cut.stack.grid;
  const { labels, probabilities } = await segment(prepareWhole(cut, dataset, file), shape);
  const planes = labels.length / voxelCount({ shape });
  for (let slice = 0; slice < shape[0]; slice++) {
    const own = probabilities && planesOf(probabilities, dataset.outputs, shape[0], slice);
    yield { labels: planesOf(labels, planes, shape[0], slice), ...(own ? { probabilities: own } : {}) };
  }
}

/** Puts the planes of a slice back where the voxels of each are stored. */
function placePlanes<T extends Uint8Array | Float32Array>(
  volume: T,
  { image, order }: CutVolume,
  slice: number,
  values: T,
): void {
  const voxels = voxelCount(image.grid);
  const planes = volume.length / voxels;
  const size = values.length / planes;
  for (let p = 0; p < planes; p++) {
    const own = volume.subarray(p * voxels, (p + 1) * voxels) as T;
    placeSlice(own, image.grid, order, slice, values.subarray(p * size, (p + 1) * size) as T);
  }
}

/** Is told after each slice of the number done and of all. */
export type SliceWatcher = (done: number, total: number) => Promise<void>;

/**
 * Cuts a volume as those were cut that a network was trained on, and puts what is said of its slices back where the voxels
 * are stored.
 * @param file      the volume's name, for messages
 * @param wanted    whether probabilities are handed out, too
 * @param answersOf gives what is said of each slice of the cut volume
 * @throws DataError for a volume of other channels than those trained on
 */
export async function segmentVolume(
  volume: StoredImage,
  file: string,
  dataset: OfVolumes<AskedSet>,
  wanted: boolean,
  answersOf: (cut: CutVolume) => SliceAnswers,
  onSlice: SliceWatcher = async () => {},
): Promise<VolumePrediction> {
  requireChannels(volume, dataset, file);
  const cut = cutVolume(volume, dataset.slices);
  const { image, stack } = cut;
  const planes = dataset.target === "softmax" ? 1 : dataset.outputs;
  const voxels = voxelCount(image.grid);
  const labels = new Uint8Array(planes * voxels);
  const probabilities = wanted ? new Float32Array(dataset.outputs * voxels) : undefined;
  let slice = 0;
  for await (const said of answersOf(cut)) {
    placePlanes(labels, cut, slice, said.labels);
    if (probabilities && said.probabilities) placePlanes(probabilities, cut, slice, said.probabilities);
    await onSlice(++slice, stack.count);
  }
  return { grid: volume.grid, labels, ...(probabilities ? { probabilities } : {}) };
}
