/**
 * From signals to a measure of quality, rising with each of them: every signal is mapped to the measure by itself (isotonic),
 * the maps and the lower of each two are weighed against each other (weights that are not negative), and their sum is mapped
 * to it once more (isotonic). The first maps make signals comparable, the lower ones ask two of them for the same, the last
 * one makes the sum right.
 */
import { isotonicFit, type MonotoneMap, mapped } from "../statistics/isotonic.js";
import { nonNegativeWeights } from "../statistics/non-negative.js";

/** How far weights are drawn towards each other; signals of one kind say nearly the same. */
const pull = 0.05;

/** A fitted model. */
export interface MonotoneModel {
  /** Of each signal. */
  readonly maps: readonly MonotoneMap[];
  /** Of what each signal says, then of the lower of each two. */
  readonly weights: readonly number[];
  readonly last: MonotoneMap;
}

/** What each signal says by itself: the measure that goes with it. */
export function patternOf({ maps }: Pick<MonotoneModel, "maps">, signals: readonly number[]): number[] {
  return maps.map((map, j) => mapped(map, signals[j]));
}

/** What each signal says, and the lower of each two: what both say. */
function terms(pattern: readonly number[]): number[] {
  const lower = pattern.flatMap((one, j) => pattern.slice(j + 1).map((other) => Math.min(one, other)));
  return [...pattern, ...lower];
}

/** How many terms there are of so many signals. */
export function termCount(signals: number): number {
  return (signals * (signals + 1)) / 2;
}

function weighed(weights: readonly number[], pattern: readonly number[]): number {
  return terms(pattern).reduce((sum, value, j) => sum + weights[j] * value, 0);
}

/**
 * Fits a model.
 * @param rows signals of each mask, finite, at least one row of at least one signal
 * @param truth the measure of each mask
 */
export function fitMonotone(rows: readonly (readonly number[])[], truth: readonly number[]): MonotoneModel {
  const maps = rows[0].map((_, j) =>
    isotonicFit(
      rows.map((row) => row[j]),
      truth,
    ),
  );
  const patterns = rows.map((row) => patternOf({ maps }, row));
  const columns = patterns.map(terms);
  const weights = nonNegativeWeights(
    columns[0].map((_, j) => columns.map((row) => row[j])),
    truth,
    pull,
  );
  const last = isotonicFit(
    patterns.map((pattern) => weighed(weights, pattern)),
    truth,
  );
  return { maps, weights, last };
}

/** The measure that a pattern, as {@link patternOf} gives it, stands for. */
export function estimateOfPattern({ weights, last }: MonotoneModel, pattern: readonly number[]): number {
  return mapped(last, weighed(weights, pattern));
}
