/**
 * Which parts a network takes for which: pixels by the class they have and the class they are given. Overlapping
 * classes (sigmoid) count as their index map says, a pixel belonging to the innermost of its classes, so that "disc"
 * here is the disc without the cup.
 */
import { UsageError } from "../../core/errors.js";
import { ignoredLabel } from "../../core/target-kind.js";
import type { Dataset } from "../../data/dataset.js";
import { indexMap } from "../../inference/label-map.js";

/** Pixel counts by class. */
export interface Confusion {
  /** Names of rows and columns; the first is what belongs to no part. */
  readonly classes: readonly string[];
  /** `counts[reference][prediction]`, pixels at the network's size. */
  readonly counts: readonly (readonly number[])[];
}

/** Names of the values of an index map. */
function classNames({ target, classes }: Pick<Dataset, "target" | "classes">): string[] {
  const names = classes.map(({ name }) => name);
  return target === "softmax" ? names : ["background", ...names];
}

/**
 * Counts the pixels of one case that its reference does not ignore.
 * @param reference,prediction label maps of one size: class numbers `[H, W]` (softmax) or 0/1 `[K, H, W]` (sigmoid)
 * @throws UsageError when the maps differ in size
 */
export function confusionOf(
  reference: Uint8Array,
  prediction: Uint8Array,
  dataset: Pick<Dataset, "target" | "classes">,
): Confusion {
  if (reference.length !== prediction.length) {
    throw new UsageError(
      `confusionOf: the reference has ${reference.length} values and the prediction ${prediction.length}; pass maps of one size`,
    );
  }
  const classes = classNames(dataset);
  const counts = classes.map(() => classes.map(() => 0));
  const [expected, predicted] = [reference, prediction].map((labels) => indexMap(labels, dataset));
  for (let i = 0; i < expected.length; i++) if (expected[i] !== ignoredLabel) counts[expected[i]][predicted[i]]++;
  return { classes, counts };
}

/**
 * Counts of several cases together, every pixel counting once.
 * @throws UsageError when there are none, or their classes differ
 */
export function addConfusions(confusions: readonly Confusion[]): Confusion {
  if (confusions.length === 0) throw new UsageError("addConfusions: there are no counts; pass those of one case");
  const { classes } = confusions[0];
  if (confusions.some((one) => one.classes.join("\n") !== classes.join("\n"))) {
    throw new UsageError("addConfusions: the counts are of different classes; pass cases of one data set");
  }
  const counts = classes.map((_, row) =>
    classes.map((__, column) => confusions.reduce((sum, one) => sum + one.counts[row][column], 0)),
  );
  return { classes, counts };
}

/**
 * Where the pixels of each reference class went, as shares in [0, 1] that add up to 1 along a row; null throughout a
 * row whose class has no pixel.
 */
export function confusionShares({ counts }: Confusion): (number | null)[][] {
  return counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total === 0 ? null : count / total));
  });
}
