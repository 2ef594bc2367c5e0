/** Overlap of two masks: confusion counts and the ratios made of them. No rule for empty masks is applied here. */
import { wordsOf } from "./words.js";

/** Numbers of voxels by prediction and reference. */
export interface ConfusionCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

/**
 * Counts voxels by prediction and reference.
 * @param prediction,reference masks of the same length; nonzero is object
 */
export function confusionCounts(prediction: Uint8Array, reference: Uint8Array): ConfusionCounts {
  let truePositive = 0;
  let falsePositive = 0;
  let falseNegative = 0;
  const predicted = wordsOf(prediction);
  const expected = wordsOf(reference);
  for (let i = 0; i < prediction.length; i++) {
    if ((i & 3) === 0) {
      while (i >> 2 < predicted.length && (predicted[i >> 2] | expected[i >> 2]) === 0) i += 4;
      if (i >= prediction.length) break;
    }
    if (prediction[i] !== 0) {
      if (reference[i] !== 0) truePositive++;
      else falsePositive++;
    } else if (reference[i] !== 0) falseNegative++;
  }
  const trueNegative = prediction.length - truePositive - falsePositive - falseNegative;
  return { truePositive, falsePositive, falseNegative, trueNegative };
}

/** Dice coefficient 2|A∩B| / (|A|+|B|) in [0, 1]; NaN when both masks are empty. */
export function dice({ truePositive, falsePositive, falseNegative }: ConfusionCounts): number {
  return (2 * truePositive) / (2 * truePositive + falsePositive + falseNegative);
}

/** Jaccard coefficient |A∩B| / |A∪B| in [0, 1]; NaN when both masks are empty. */
export function jaccard({ truePositive, falsePositive, falseNegative }: ConfusionCounts): number {
  return truePositive / (truePositive + falsePositive + falseNegative);
}
