/**
 * What working at another size costs before anything is learnt: the Dice of a network that makes no mistake there. The
 * labels are brought to the network's size as training brings them, and back as `predict` brings an answer back. A trained
 * network may say with its probabilities where between two pixels an edge lies, which these whole labels cannot, so it can
 * be a little better; a structure that is gone stays gone.
 */
import type { Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { picturesOf } from "../data/volumes/case-slices.js";
import { wholeGrid } from "../data/volumes/prepare-volume.js";
import { type ConfusionCounts, confusionCounts, dice } from "../evaluation/overlap.js";
import { type Frame, intoFrame } from "../grid/frame.js";
import { voxelCount } from "../grid/grid.js";
import { resizeNearest } from "../grid/resize.js";
import { resizeVolumeNearest } from "../grid/resize-volume.js";
import { answerInSize } from "../inference/answer-in-size.js";
import { classMask, withoutIgnored } from "../inference/label-map.js";
import { plainAnswerInSize } from "../inference/plain/answer-in-size.js";
import { fromTypedArray, scope } from "../torch/index.js";

type Classes = Pick<Dataset, "target" | "outputs" | "parts" | "slices" | "path">;

/** Certain probabilities `[K, S]` of a label map; what nobody labelled is of no class. */
function certain(label: Uint8Array, { target, outputs }: Classes): Float32Array {
  if (target === "sigmoid") return Float32Array.from(label, (value) => (value === 1 ? 1 : 0));
  const all = new Float32Array(outputs * label.length);
  for (let i = 0; i < label.length; i++) all[(label[i] < outputs ? label[i] : 0) * label.length + i] = 1;
  return all;
}

/** A picture's labels after they were in a frame. */
function thereAndBack(label: Uint8Array, { stored }: DecodedCase, dataset: Classes, frame: Frame): Uint8Array {
  const framed = intoFrame(label, stored, frame, resizeNearest);
  return scope(() => {
    const shape = [1, dataset.outputs, frame.height, frame.width];
    const probabilities = fromTypedArray(certain(framed, dataset), shape);
    return answerInSize(probabilities, stored, { kind: dataset.target, mode: frame.mode, wanted: false }).labels;
  });
}

/** Adds up what of each part is found in one picture or volume. */
function addCounts(sums: ConfusionCounts[], answer: Uint8Array, label: Uint8Array, voxels: number, of: Classes): void {
  const judged = withoutIgnored(answer, label);
  of.parts.forEach(({ index }, part) => {
    const [found, expected] = [judged, label].map((map) => classMask(map, index, of.target, voxels));
    const counts = confusionCounts(found, expected);
    const before = sums[part];
    sums[part] = {
      truePositive: before.truePositive + counts.truePositive,
      falsePositive: before.falsePositive + counts.falsePositive,
      falseNegative: before.falseNegative + counts.falseNegative,
      trueNegative: before.trueNegative + counts.trueNegative,
    };
  });
}

/** The Dice of each part; NaN where the reference has none of it. */
function diceOf(sums: readonly ConfusionCounts[]): number[] {
  return sums.map((counts) => (counts.truePositive + counts.falseNegative === 0 ? Number.NaN : dice(counts)));
}

function noCounts({ parts }: Classes): ConfusionCounts[] {
  return parts.map(() => ({ truePositive: 0, falsePositive: 0, falseNegative: 0, trueNegative: 0 }));
}

/**
 * The Dice of each part, in [0, 1], of a perfect answer in a frame; of a volume over all its slices.
 * @param decoded in its own size, with its label
 * @returns in the order of the data set's parts; NaN where the case has none of it
 */
export function perfectDice(decoded: DecodedCase, dataset: Classes, frame: Frame): number[] {
  const sums = noCounts(dataset);
  for (const picture of picturesOf(decoded, dataset)) {
    const { label } = picture;
    // Nothing becomes nothing in every frame.
    if (!label?.some((value) => value !== 0)) continue;
    addCounts(sums, thereAndBack(label, picture, dataset, frame), label, voxelCount(picture.stored), dataset);
  }
  return diceOf(sums);
}

/**
 * The same of a network of volumes, which works at the spacing that the data set resamples to; 1 where that is none.
 * @param decoded as stored, with its label
 */
export function perfectDiceResampled(decoded: DecodedCase, dataset: Classes & Pick<Dataset, "filter">): number[] {
  const { label = new Uint8Array(), stored } = decoded;
  const { slices } = dataset;
  const sums = noCounts(dataset);
  const voxels = voxelCount(stored);
  if (slices?.resample) {
    const working = wholeGrid(stored, { slices, path: dataset.path }, dataset.path);
    const small = certain(resizeVolumeNearest(label, stored.shape, working.shape), dataset);
    const { labels } = plainAnswerInSize(small, working.shape, stored.shape, dataset.target, false);
    addCounts(sums, labels, label, voxels, dataset);
  } else addCounts(sums, label, label, voxels, dataset);
  return diceOf(sums);
}
