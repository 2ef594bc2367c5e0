/**
 * Percentile bootstrap over subjects (Efron & Tibshirani 1993, chapter 13; whole clusters: Davison & Hinkley 1997,
 * section 3.8), stratified by domain where domains are averaged unweighted. A subject that is drawn brings all its cases.
 * Draws depend on the seed alone, so intervals are the same on every machine, and metrics of the same cases are
 * resampled alike.
 */
import { UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import { RandomStream } from "../core/random.js";
import { mean, meanOfMeans } from "./mean.js";
import { percentileInPlace } from "./percentile.js";

/** An estimate with its 95 % interval. */
export interface Interval {
  readonly estimate: number;
  /** NaN, as is `high`, where a group holds a single subject, whose spread nobody knows. */
  readonly low: number;
  readonly high: number;
}

/** How to resample. */
export interface BootstrapOptions {
  /** Seed of the draws, a non-negative integer. */
  readonly seed: number;
  /** Number of resamples; default 2000. */
  readonly resamples?: number;
  /** The subject of each value, shaped as the values are; by default every value is of a subject of its own. */
  readonly subjects?: readonly (readonly string[])[];
}

function sizesOf(groups: readonly (readonly unknown[])[]): string {
  return groups.map((group) => group.length).join(", ");
}

/** @throws UsageError as {@link bootstrapMean} */
function check(groups: readonly (readonly number[])[], { resamples = 2000, subjects }: BootstrapOptions): void {
  if (!Number.isInteger(resamples) || resamples < 100) {
    throw new UsageError(`bootstrapMean: resamples is ${resamples}; expected an integer of at least 100`);
  }
  if (groups.length === 0 || groups.some((group) => group.length === 0)) {
    throw new UsageError("bootstrapMean: a group has no values; leave groups without cases out");
  }
  if (groups.some((group) => group.some(Number.isNaN))) {
    throw new UsageError("bootstrapMean: a value is NaN; leave undefined values out with definedValues first");
  }
  if (subjects && sizesOf(subjects) !== sizesOf(groups)) {
    throw new UsageError(
      `bootstrapMean: groups have sizes [${sizesOf(groups)}] but their subjects [${sizesOf(subjects)}]; pass one subject for each value`,
    );
  }
}

/** What a subject brings to a group when it is drawn. */
interface Share {
  readonly group: number;
  sum: number;
  count: number;
}

/** The subjects that occur in the same groups; they are drawn in place of each other, so that no group is ever empty. */
type Stratum = readonly (readonly Share[])[];

/** In order of the first group; one for each group where no subject occurs in several. */
function strataOf(groups: readonly (readonly number[])[], subjects: BootstrapOptions["subjects"]): Stratum[] {
  const shares = new Map<string, Share[]>();
  groups.forEach((values, group) => {
    values.forEach((value, i) => {
      const name = subjects ? subjects[group][i] : `${group}/${i}`;
      const own = shares.get(name) ?? [];
      if (own.length === 0) shares.set(name, own);
      const share = own.at(-1);
      if (share?.group === group) {
        share.sum += value;
        share.count++;
      } else own.push({ group, sum: value, count: 1 });
    });
  });
  return [...groupBy(shares.values(), (own) => own.map(({ group }) => group).join()).values()];
}

/** Mean of group means of one resample: subjects are drawn from their stratum with replacement. */
function resampledMean(strata: readonly Stratum[], groups: number, seed: number, resample: number): number {
  const sums = new Float64Array(groups);
  const counts = new Float64Array(groups);
  strata.forEach((stratum, index) => {
    const stream = new RandomStream(seed, "evaluation.bootstrap", resample, index);
    for (let i = 0; i < stratum.length; i++) {
      for (const { group, sum, count } of stratum[stream.integer(0, stratum.length - 1)]) {
        sums[group] += sum;
        counts[group] += count;
      }
    }
  });
  let total = 0;
  for (let group = 0; group < groups; group++) total += sums[group] / counts[group];
  return total / groups;
}

/** Whether every group has a second subject, without which it would count as known exactly. */
function hasSpread(strata: readonly Stratum[], groups: number): boolean {
  const subjects = new Float64Array(groups);
  for (const { group } of strata.flat(2)) subjects[group]++;
  return subjects.every((count) => count > 1);
}

/**
 * Unweighted mean of the groups' means with its 95 % percentile bootstrap interval.
 * @param groups per-case values of each domain; one group for a plain mean. Subjects are resampled within their group,
 *   those that occur in several groups among those that occur in the same ones
 * @throws UsageError when a group is empty, a value is NaN, `resamples` is below 100 or `subjects` are of another shape
 */
export function bootstrapMean(groups: readonly (readonly number[])[], options: BootstrapOptions): Interval {
  check(groups, options);
  const { seed, resamples = 2000, subjects } = options;
  const strata = strataOf(groups, subjects);
  const estimate = meanOfMeans(groups);
  if (!hasSpread(strata, groups.length)) return { estimate, low: Number.NaN, high: Number.NaN };
  const means = Float64Array.from({ length: resamples }, (_, i) => resampledMean(strata, groups.length, seed, i));
  return { estimate, low: percentileInPlace(means, 2.5), high: percentileInPlace(means, 97.5) };
}

/**
 * Mean difference first − second with its 95 % percentile bootstrap interval; subjects are resampled with their pairs.
 * @param first,second per-case values of each domain, the same cases in the same order
 * @throws UsageError when groups differ in size, or as {@link bootstrapMean}
 */
export function bootstrapPairedDifference(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
  options: BootstrapOptions,
): Interval {
  if (sizesOf(first) !== sizesOf(second)) {
    throw new UsageError(
      `bootstrapPairedDifference: groups have sizes [${sizesOf(first)}] and [${sizesOf(second)}]; pass the same cases in the same order`,
    );
  }
  const differences = first.map((group, g) => group.map((value, i) => value - second[g][i]));
  return bootstrapMean(differences, options);
}

/**
 * Mean over seeds of the unweighted mean of the groups' means, with a 95 % percentile bootstrap interval over seeds **and**
 * subjects. Both are drawn anew in every resample, and the subjects alike for all seeds, because all seeds were judged on the
 * same ones (a crossed design): subjects drawn for each seed by itself would average their spread away, and the interval
 * would be too narrow.
 * @param bySeed per-case values of each domain for each seed, the same cases in the same order
 * @returns an interval of NaN for a single seed or a domain of a single subject, whose spread nobody knows
 * @throws UsageError when seeds differ in cases, or as {@link bootstrapMean}
 */
export function bootstrapOverSeeds(
  bySeed: readonly (readonly (readonly number[])[])[],
  options: BootstrapOptions,
): Interval {
  if (new Set(bySeed.map(sizesOf)).size !== 1) {
    throw new UsageError(
      `bootstrapOverSeeds: seeds have groups of sizes ${bySeed.map((groups) => `[${sizesOf(groups)}]`).join(" and ")}; pass the same cases of each seed`,
    );
  }
  for (const groups of bySeed) check(groups, options);
  const { seed, resamples = 2000, subjects } = options;
  const strata = bySeed.map((groups) => strataOf(groups, subjects));
  const groups = bySeed[0].length;
  const estimate = mean(bySeed.map(meanOfMeans));
  if (bySeed.length < 2 || !hasSpread(strata[0], groups)) return { estimate, low: Number.NaN, high: Number.NaN };
  const means = Float64Array.from({ length: resamples }, (_, i) => {
    const stream = new RandomStream(seed, "evaluation.bootstrap.seeds", i, 0);
    const drawn = bySeed.map(() => strata[stream.integer(0, strata.length - 1)]);
    return mean(drawn.map((own) => resampledMean(own, groups, seed, i)));
  });
  return { estimate, low: percentileInPlace(means, 2.5), high: percentileInPlace(means, 97.5) };
}
