/**
 * Lesion-wise detection, for classes that come as many separate parts: how many of the reference's were found, and how
 * many found ones are none, whatever their sizes.
 *
 * Lesions are connected parts (8 neighbours in a picture, 26 in a volume). A predicted and a reference lesion may match
 * when their intersection over union reaches a least overlap, 0.1 unless told otherwise (the hit criterion of PI-CAI;
 * Saha et al., Lancet Oncology 2024); each matches at most one other, pairs of larger overlap first. So of two reference
 * lesions that a prediction runs together one at most is found.
 */
import { type Components, connectedComponents } from "../grid/components.js";

/** Numbers of lesions of a pair of masks. */
export interface LesionCounts {
  /** In the reference. */
  readonly reference: number;
  /** In the prediction. */
  readonly predicted: number;
  /** Matched pairs; missed are `reference − matched`, false alarms `predicted − matched`. */
  readonly matched: number;
}

/** How lesions are matched. */
export interface LesionRule {
  /** Least intersection over union of a match, in (0, 1]. */
  readonly leastOverlap: number;
}

/** The rule where none is given. */
export const usualLesionRule: LesionRule = { leastOverlap: 0.1 };

interface Pair {
  readonly predicted: number;
  readonly expected: number;
  readonly overlap: number;
}

/** How many voxels each pair of a predicted and a reference lesion shares, by `predicted · (reference lesions + 1) + reference`. */
function sharedVoxels(predicted: Components, expected: Components): Map<number, number> {
  const shared = new Map<number, number>();
  const { length } = predicted.labels;
  for (let i = 0; i < length; ) {
    const [p, r] = [predicted.labels[i], expected.labels[i]];
    const start = i++;
    while (i < length && predicted.labels[i] === p && expected.labels[i] === r) i++;
    if (p === 0 || r === 0) continue;
    const key = p * (expected.sizes.length + 1) + r;
    shared.set(key, (shared.get(key) ?? 0) + i - start);
  }
  return shared;
}

/**
 * Counts and matches lesions.
 * @param prediction,reference masks of `shape` flattened; nonzero is object
 * @param shape [H, W] or [D, H, W]
 */
export function matchLesions(
  prediction: Uint8Array,
  reference: Uint8Array,
  shape: readonly number[],
  { leastOverlap }: LesionRule = usualLesionRule,
): LesionCounts {
  const predicted = connectedComponents(prediction, shape);
  const expected = connectedComponents(reference, shape);
  const shared = sharedVoxels(predicted, expected);
  const pairs = [...shared].map(([both, voxels]): Pair => {
    const r = both % (expected.sizes.length + 1);
    const p = (both - r) / (expected.sizes.length + 1);
    const union = predicted.sizes[p - 1] + expected.sizes[r - 1] - voxels;
    return { predicted: p, expected: r, overlap: voxels / union };
  });
  const candidates = pairs.filter(({ overlap }) => overlap >= leastOverlap);
  candidates.sort((a, b) => b.overlap - a.overlap || a.expected - b.expected || a.predicted - b.predicted);
  const used = { predicted: new Set<number>(), expected: new Set<number>() };
  let matched = 0;
  for (const pair of candidates) {
    if (used.predicted.has(pair.predicted) || used.expected.has(pair.expected)) continue;
    used.predicted.add(pair.predicted);
    used.expected.add(pair.expected);
    matched++;
  }
  return { reference: expected.sizes.length, predicted: predicted.sizes.length, matched };
}

/** F1 of the detection, 2·matched / (reference + predicted), in [0, 1]; NaN without any lesion. */
export function lesionF1({ reference, predicted, matched }: LesionCounts): number {
  return (2 * matched) / (reference + predicted);
}
