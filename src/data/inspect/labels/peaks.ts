/** The main levels of masks that were smoothed or saved with loss, and the limits between them. */
import type { MaskTally } from "./tally.js";

/** A level around which pixels of smooth surroundings gather. */
export interface Peak {
  readonly level: number;
  /** Such pixels. */
  readonly mass: number;
}

const bins = 64;
/** A peak rises to this many times the lowest place between it and a higher one. */
const leastRise = 2.5;
/** A peak holds this share of the smooth pixels outside the largest one, and this many. */
const leastShare = 0.02;
const leastMass = 8;
/** A peak this near to another one, as a share of the range, with this share of its mass, belongs to it. */
const shoulder = 0.1;
const shoulderShare = 0.5;
/** Levels within this share of the range are near a peak. */
const nearShare = 0.1;

interface Mound {
  top: number;
  height: number;
  from: number;
  to: number;
}

/** Hills of a histogram that stand out from the valleys beside them, from left to right. */
function moundsOf(heights: readonly number[]): Mound[] {
  const mounds: Mound[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < heights.length; at++) {
    const height = heights[at];
    const last = mounds.at(-1);
    lowest = Math.min(lowest, height);
    if (height === 0) continue;
    if (!last) mounds.push({ top: at, height, from: at, to: at });
    else if (height >= leastRise * lowest && last.height >= leastRise * lowest && height > lowest)
      mounds.push({ top: at, height, from: at, to: at });
    else {
      last.to = at;
      if (height > last.height) Object.assign(last, { top: at, height });
      else continue;
    }
    lowest = height;
  }
  return mounds;
}

/** The middle one of the smooth pixels at some levels. */
function medianOf(smooth: readonly (readonly [number, number])[]): Peak {
  const mass = smooth.reduce((sum, [, count]) => sum + count, 0);
  let sum = 0;
  const [level] = smooth.find(([, count]) => {
    sum += count;
    return 2 * sum >= mass;
  }) as readonly [number, number];
  return { level, mass };
}

/** The lowest and the highest level. */
export function rangeOf({ values }: MaskTally): readonly [number, number] {
  const levels = [...values.keys()];
  return [levels[0], levels[levels.length - 1]];
}

/** The peaks, from the lowest up. A mask of smooth slopes alone has fewer than it has classes. */
export function peaksOf(tally: MaskTally): Peak[] {
  const [low, high] = rangeOf(tally);
  const binOf = (level: number) => Math.min(bins - 1, Math.floor(((level - low) / (high - low)) * bins));
  const counts = Array<number>(bins).fill(0);
  for (const [level, { smooth }] of tally.values) counts[binOf(level)] += smooth;
  const heights = counts.map((count, i) => ((counts[i - 1] ?? 0) + 2 * count + (counts[i + 1] ?? 0)) / 4);
  const smooth = [...tally.values].map(([level, facts]) => [level, facts.smooth] as const);
  const peaks = moundsOf(heights).map(({ from, to }) =>
    medianOf(smooth.filter(([level, count]) => count > 0 && binOf(level) >= from && binOf(level) <= to)),
  );
  return withoutShoulders(heavy(peaks), high - low);
}

/** Peaks that hold enough of the pixels outside the largest one. */
function heavy(peaks: readonly Peak[]): Peak[] {
  const masses = peaks.map(({ mass }) => mass);
  const outside = masses.reduce((sum, mass) => sum + mass, 0) - Math.max(...masses);
  return peaks.filter(({ mass }) => mass === Math.max(...masses) || mass >= Math.max(leastMass, leastShare * outside));
}

/** Peaks without those that are only the noise beside a larger one. */
function withoutShoulders(peaks: readonly Peak[], range: number): Peak[] {
  const hides = (one: Peak, other: Peak) =>
    Math.abs(one.level - other.level) < shoulder * range && one.mass < shoulderShare * other.mass;
  return peaks.filter((one) => !peaks.some((other) => hides(one, other)));
}

/** The largest level that masks of such levels can hold. */
export function fullScale(tally: MaskTally): number {
  const [, high] = rangeOf(tally);
  if (high <= 255) return 255;
  // Cameras of 10, 12 and 14 bits save their full scale in 16.
  return [1023, 4095, 16383].find((full) => high <= full && high >= 0.99 * full) ?? 65535;
}

/** The first level above the middle between two. */
export function middleOf(low: number, high: number): number {
  return Math.ceil((low + high) / 2);
}

/** The share of all pixels that lie near one of these levels. */
export function shareNear(tally: MaskTally, levels: readonly number[]): number {
  const [low, high] = rangeOf(tally);
  let [near, all] = [0, 0];
  for (const [level, { count }] of tally.values) {
    all += count;
    if (levels.some((one) => Math.abs(one - level) <= nearShare * (high - low))) near += count;
  }
  return near / all;
}
