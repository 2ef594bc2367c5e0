/** A run's network asked about single cases of its data set, with how unsure it is at each pixel. */
import { DataError } from "../../core/errors.js";
import { plainTurn } from "../../core/turns.js";
import { type Case, caseName, type Dataset } from "../../data/dataset.js";
import { readPictureChannels, readVolumeChannels } from "../../data/images/read-channels.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { SliceStack, sliceOrder } from "../../grid/slices.js";
import { ruledImage, ruledVolume } from "../../inference/ruled.js";
import type { Observer } from "../observer.js";
import { openRunSegmenter } from "../prediction/run-segmenter.js";
import type { Segmenter } from "../prediction/segmenter.js";
import type { CaseAnswer } from "./open-case.js";

/**
 * How unsure probabilities are, 0 to 255: of classes that exclude each other how far the most likely one is from certain,
 * of others how near the nearest to one half is.
 * @param probabilities `[K, S]`, 0 to 1
 */
export function doubtOf(probabilities: Float32Array, { target, outputs }: Pick<Dataset, "target" | "outputs">) {
  const size = probabilities.length / outputs;
  const doubt = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    let unsure = 0;
    if (target === "softmax") {
      let most = 0;
      for (let k = 0; k < outputs; k++) most = Math.max(most, probabilities[k * size + i]);
      unsure = (1 - most) / (1 - 1 / outputs);
    } else
      for (let k = 0; k < outputs; k++) unsure = Math.max(unsure, 1 - Math.abs(2 * probabilities[k * size + i] - 1));
    doubt[i] = Math.round(255 * Math.min(1, unsure));
  }
  return doubt;
}

/** Values `[C, ...stored]` in the order of the data set's slices. */
function cutAsDataset(values: Uint8Array, grid: Grid, { slices }: Dataset): Uint8Array {
  if (!slices || grid.shape.length !== 3) return values;
  const channels = values.length / voxelCount(grid);
  const stack = new SliceStack({ grid, channels, samples: values }, sliceOrder(grid, slices.plane));
  const size = voxelCount(grid) / stack.count;
  const cut = new Uint8Array(values.length);
  for (let slice = 0; slice < stack.count; slice++) {
    const { samples } = stack.slice(slice);
    for (let c = 0; c < channels; c++)
      cut.set(samples.subarray(c * size, (c + 1) * size) as Uint8Array, (c * stack.count + slice) * size);
  }
  return cut;
}

async function answerPicture(segmenter: Segmenter, one: Case) {
  const { dataset, rules } = segmenter;
  const stored = await readPictureChannels(one);
  const said = await segmenter.segmentImage(stored, one.imagePath);
  const doubt = doubtOf(said.probabilities as Float32Array, dataset);
  const { labels } = rules ? ruledImage(said, stored, dataset, rules, one.imagePath) : said;
  return { labels, doubt };
}

async function answerVolume(segmenter: Segmenter, one: Case) {
  const { dataset, rules } = segmenter;
  if (!hasSlices(dataset)) throw new Error("internal: answerVolume: the data set is of pictures");
  const stored = await readVolumeChannels(one);
  const said = await segmenter.segmentVolume(stored, one.imagePath, dataset);
  const doubt = doubtOf(said.probabilities as Float32Array, dataset);
  const { labels } = rules ? ruledVolume(said, stored, dataset, rules, one.imagePath) : said;
  const cut = (values: Uint8Array) => cutAsDataset(values, said.grid, dataset);
  return { labels: cut(labels), doubt: cut(doubt) };
}

/** Something that answers for the cases of a run's data set. */
export interface CaseAnswerer {
  /** @param name `domain/split/id`. @throws DataError, NumericError as predicting it does */
  answer(name: string): Promise<CaseAnswer>;
}

/**
 * Opens a run's last student.
 * @throws UsageError, DataError, CheckpointError as opening the run does
 */
export async function openAnswerer(run: string, observer: Observer): Promise<CaseAnswerer> {
  const asked = { run, checkpoint: "last", network: "student", tta: false, probabilities: true } as const;
  const segmenter = await openRunSegmenter(asked, plainTurn, observer);
  const byName = new Map(segmenter.cases.map((one) => [caseName(one), one]));
  return {
    async answer(name) {
      const one = byName.get(name);
      if (!one) throw new DataError(`the run's data set has no case ${name} (any more); open the list of cases again`);
      const said = await (segmenter.dataset.slices ? answerVolume : answerPicture)(segmenter, one);
      return { answeredBy: segmenter.answeredBy, ...said };
    },
  };
}
