/** Summaries of per-case values: mean, spread, average over domains, and what to do with undefined values. */

/** Arithmetic mean; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total / values.length;
}

/** Sample standard deviation (divides by n−1); NaN for fewer than two values. */
export function standardDeviation(values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] - centre) ** 2;
  return Math.sqrt(total / (values.length - 1));
}

/** Mean of each group, then the unweighted mean of those: how the field averages over domains of unequal size. */
export function meanOfMeans(groups: readonly ArrayLike<number>[]): number {
  return mean(groups.map(mean));
}

/**
 * The values that are defined, for conventions that leave a metric undefined for empty masks; say beside the
 * average how many were left out (`values.length − result.length`). Infinities stay.
 */
export function definedValues(values: ArrayLike<number>): number[] {
  return Array.from(values).filter((value) => !Number.isNaN(value));
}
