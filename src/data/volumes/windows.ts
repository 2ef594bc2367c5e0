/**
 * Which values of a volume become black and white. CT has windows that everybody uses, in Hounsfield units; the values of
 * other modalities mean something within one volume alone, so each volume gives its own.
 */
import type { Samples } from "../../grid/stored-image.js";

/** The values that become 0 and 255; what lies beyond is cut off. */
export interface ValueWindow {
  readonly low: number;
  readonly high: number;
}

/** The same window for all volumes, or percentiles of each volume's own values, lower and upper, 0 … 100. */
export type WindowRule = ValueWindow | { readonly percentiles: readonly [number, number] };

/** What z-scores are made over: all values of an image's channel, or those other than 0, which stays 0. */
export const zScoreChoices = ["all", "nonzero"] as const;

/** Mean and standard deviation of all images of a data set, as their values mean the same in CT. */
export interface FixedMoments {
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
}

/**
 * Values less their mean, in units of their standard deviation, both of one image's channel or given. With `within`, values
 * beyond a window are cut off before, so that metal or a bright border moves neither.
 */
export interface ZScoreRule {
  readonly zscore: (typeof zScoreChoices)[number] | FixedMoments;
  /** Percentiles are those of the values that are counted. */
  readonly within?: WindowRule;
}

/** How the values of a channel become those that networks are given. */
export type IntensityRule = WindowRule | ZScoreRule;

/** Windows of CT by name, from level − width / 2 to level + width / 2 of the usual settings, in Hounsfield units. */
export const ctWindows = {
  "ct-soft-tissue": { low: -160, high: 240 },
  "ct-lung": { low: -1350, high: 150 },
  "ct-mediastinum": { low: -125, high: 225 },
  "ct-bone": { low: -400, high: 1400 },
  "ct-brain": { low: 0, high: 80 },
} as const satisfies Record<string, ValueWindow>;

export type CtWindow = keyof typeof ctWindows;

/** What nnU-Net clips at. */
export const usualPercentiles = [0.5, 99.5] as const;

const number = new Float32Array(1);
const bits = new Uint32Array(number.buffer);

/** A number's float32 bits so that they sort as the numbers do. */
function sortable(value: number): number {
  number[0] = value;
  const [pattern] = bits;
  return (pattern & 0x80000000 ? ~pattern : pattern | 0x80000000) >>> 0;
}

function fromSortable(key: number): number {
  bits[0] = (key & 0x80000000 ? key ^ 0x80000000 : ~key) >>> 0;
  // No zero is negative to anybody.
  return number[0] + 0;
}

/** The first bucket that more than `rank` values lie in or below, and how many lie below it. */
function bucketOf(histogram: Float64Array, rank: number): { bucket: number; below: number } {
  let below = 0;
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    if (below + histogram[bucket] > rank) return { bucket, below };
    below += histogram[bucket];
  }
  throw new Error("internal: bucketOf: the rank is not below the number of values");
}

/**
 * The values below which given shares of all finite values lie, exact to float32, in memory that does not grow with their
 * number: counted by the upper half of their bits, then by the lower half within the bucket that holds the value.
 * @param percentages 0 … 100
 * @param counts whether a finite value is one of them; default: all are
 * @returns undefined where none is
 */
export function percentileValues(
  samples: Samples,
  percentages: readonly number[],
  counts: (value: number) => boolean = () => true,
): number[] | undefined {
  const coarse = new Float64Array(2 ** 16);
  let total = 0;
  for (const sample of samples) {
    if (!Number.isFinite(sample) || !counts(sample)) continue;
    coarse[sortable(sample) >>> 16]++;
    total++;
  }
  if (total === 0) return undefined;
  const places = percentages.map((share) => {
    const rank = Math.min((share / 100) * total, total - 1);
    const { bucket, below } = bucketOf(coarse, rank);
    return { bucket, rank: rank - below };
  });
  const fine = new Map(places.map(({ bucket }) => [bucket, new Float64Array(2 ** 16)]));
  for (const sample of samples) {
    if (!Number.isFinite(sample) || !counts(sample)) continue;
    const key = sortable(sample);
    const histogram = fine.get(key >>> 16);
    if (histogram) histogram[key & 0xffff]++;
  }
  return places.map(({ bucket, rank }) => {
    const histogram = fine.get(bucket) as Float64Array;
    return fromSortable(((bucket << 16) | bucketOf(histogram, rank).bucket) >>> 0);
  });
}

/** The window of a volume's values, or of one of its channels. @param counts as of {@link percentileValues} */
export function windowOf(samples: Samples, rule: WindowRule, counts?: (value: number) => boolean): ValueWindow {
  if (!("percentiles" in rule)) return rule;
  const [low, high] = percentileValues(samples, rule.percentiles, counts) ?? [0, 0];
  // A volume of one value throughout is black.
  return { low, high: high > low ? high : low + 1 };
}
