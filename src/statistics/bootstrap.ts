/**
 * Percentile bootstrap over cases (Efron & Tibshirani 1993, chapter 13), stratified by domain where domains are
 * averaged unweighted. Draws depend on the seed alone, so intervals are the same on every machine, and metrics of
 * the same cases are resampled alike.
 */
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import { meanOfMeans } from "./mean.js";
import { percentileInPlace } from "./percentile.js";

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** How to resample. */
export interface BootstrapOptions {
  /** Seed of the draws, a non-negative integer. */
  readonly seed: number;
  /** Number of resamples; default 2000. */
  readonly resamples?: number;
}

/** @throws UsageError when there is no group, a group is empty, a value is undefined or `resamples` is too small */
function check(caller: string, groups: readonly (readonly number[])[], resamples: number): void {
  if (!Number.isInteger(resamples) || resamples < 100) {
    throw new UsageError(`${caller}: resamples is ${resamples}; expected an integer of at least 100`);
  }
  if (groups.length === 0 || groups.some((group) => group.length === 0)) {
    throw new UsageError(`${caller}: a group has no values; leave groups without cases out`);
  }
  if (groups.some((group) => group.some(Number.isNaN))) {
    throw new UsageError(`${caller}: a value is NaN; leave undefined values out with definedValues first`);
  }
}

/** Mean of group means of one resample, each group resampled from itself with replacement. */
function resampledMean(groups: readonly (readonly number[])[], seed: number, resample: number): number {
  let total = 0;
  groups.forEach((group, index) => {
    const stream = new RandomStream(seed, "evaluation.bootstrap", resample, index);
    let sum = 0;
    for (let i = 0; i < group.length; i++) sum += group[stream.integer(0, group.length - 1)];
    total += sum / group.length;
  });
  return total / groups.length;
}

/**
 * Unweighted mean of the groups' means with its 95 % percentile bootstrap interval.
 * @param groups per-case values of each domain; one group for a plain mean. Cases are resampled within their group
 * @throws UsageError when a group is empty, a value is NaN or `resamples` is below 100
 */
export function bootstrapMean(groups: readonly (readonly number[])[], options: BootstrapOptions): Interval {
  const resamples = options.resamples ?? 2000;
  check("bootstrapMean", groups, resamples);
  const means = Float64Array.from({ length: resamples }, (_, i) => resampledMean(groups, options.seed, i));
  return {
    estimate: meanOfMeans(groups),
    low: percentileInPlace(means, 2.5),
    high: percentileInPlace(means, 97.5),
  };
}

/**
 * Mean difference first − second with its 95 % percentile bootstrap interval; cases are resampled in pairs.
 * @param first,second per-case values of each domain, the same cases in the same order
 * @throws UsageError when groups differ in size, or as {@link bootstrapMean}
 */
export function bootstrapPairedDifference(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
  options: BootstrapOptions,
): Interval {
  const sizes = (groups: readonly (readonly number[])[]) => groups.map((group) => group.length).join(", ");
  if (sizes(first) !== sizes(second)) {
    throw new UsageError(
      `bootstrapPairedDifference: groups have sizes [${sizes(first)}] and [${sizes(second)}]; pass the same cases in the same order`,
    );
  }
  const differences = first.map((group, g) => group.map((value, i) => value - second[g][i]));
  return bootstrapMean(differences, options);
}
