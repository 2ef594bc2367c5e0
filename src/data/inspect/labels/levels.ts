/** Masks that were smoothed, resized or saved with loss: classes are ranges around the levels where pixels gather. */
import { backgroundOf } from "./background.js";
import type { LevelCoding } from "./coding.js";
import { askBackground, edgeText } from "./label-map.js";
import { fullScale, middleOf, peaksOf, rangeOf, shareNear } from "./peaks.js";
import type { MaskTally } from "./tally.js";
import { asked, type Choice, known, listed, percent, type Verdict } from "./verdict.js";

/** Peaks that lie nearer to each other, as a share of the full scale, may be one. */
const leastGap = 0.08;
/** More peaks are those of a picture. */
const mostPeaks = 8;
/** Of masks, this share of the pixels lies near a peak; of pictures less. */
const leastNear = 0.75;
/** Soft masks reach from the lowest part of the scale into the highest. */
const lowest = 0.06;
const highest = 0.75;

/** The levels of two classes where the smooth pixels show one: the peak, and what lies farthest from it. */
function withFarEnd(peak: number, [low, high]: readonly [number, number]): number[] {
  return high - peak >= peak - low ? [peak, high] : [low, peak];
}

/** The limits between levels: the middle of the scale where two levels span it, else the middles between neighbours. */
function limitsOf(levels: readonly number[], full: number): number[] {
  const [low, high] = levels;
  if (levels.length === 2 && low <= lowest * full && high >= highest * full) return [(full + 1) / 2];
  return levels.slice(1).map((level, i) => middleOf(levels[i], level));
}

/** The classes of the levels, the background among them: from there outwards, then by level. */
function codingAround(levels: readonly number[], limits: readonly number[], background: number): LevelCoding {
  const outwards = levels
    .filter((level) => level !== background)
    .sort((a, b) => Math.abs(a - background) - Math.abs(b - background));
  return { kind: "levels", limits, classes: levels.map((level) => outwards.indexOf(level) + 1) };
}

/** Which level a value counts as. */
function byLimits(levels: readonly number[], limits: readonly number[]): (value: number) => number {
  return (value) => levels[limits.filter((limit) => value >= limit).length];
}

function readPeaks(tally: MaskTally, levels: readonly number[], why: string): Verdict {
  const limits = limitsOf(levels, fullScale(tally));
  const found = backgroundOf(tally, levels, byLimits(levels, limits));
  const codingOf = (background: number) => codingAround(levels, limits, background);
  if ("candidates" in found) return askBackground(found, codingOf);
  return known(codingOf(found.value), false, why, edgeText(found.value, found.edge));
}

/** Two classes of bright and dark, where nothing else is known. */
export function brightOrDark(limit: number): Choice[] {
  const choice = (means: string, ...classes: number[]): Choice => ({
    means,
    coding: { kind: "levels", limits: [limit], classes },
    numbered: false,
    because: "somebody said so",
  });
  return [
    choice(`what is ${limit} or brighter is the object`, 0, 1),
    choice(`what is darker than ${limit} is the object`, 1, 0),
  ];
}

/** The question of masks whose levels are no classes that anybody can see: bright or dark, or one class a level. */
function askLevels(tally: MaskTally, ask: string, levels: readonly number[]): Verdict {
  const each: Choice = {
    means: `each of the levels ${listed(levels)} is a class`,
    coding: codingAround(levels, limitsOf(levels, fullScale(tally)), levels[0]),
    numbered: false,
    because: `the masks hold the levels ${listed(levels)}`,
  };
  return asked(ask, [...brightOrDark(middleOf(...rangeOf(tally))), ...(levels.length > 2 ? [each] : [])]);
}

/**
 * Reads grey masks by the levels where their pixels gather.
 * @param tally of at least two values
 */
export function readLevels(tally: MaskTally): Verdict {
  const full = fullScale(tally);
  const range = rangeOf(tally);
  const found = peaksOf(tally).map(({ level }) => level);
  if (tally.lossy && range[1] < leastGap * full && found.length < 2) return { kind: "empty" };
  const levels = found.length < 2 ? withFarEnd(found[0] ?? range[0], range) : found;
  const gap = Math.min(...levels.slice(1).map((level, i) => level - levels[i]));
  const near = shareNear(tally, levels);
  const why = `${percent(near)} of the pixels lie near ${listed(levels)}`;
  const lossy = tally.lossy ? "saved with loss" : "smoothed";
  const values = `The masks were ${lossy} and hold ${tally.values.size} values`;
  if (near < leastNear)
    return askLevels(tally, `${values}, of which ${why}: they look like pictures. What do they mean?`, []);
  if (levels.length > mostPeaks || gap < leastGap * full)
    return askLevels(
      tally,
      `${values} around ${listed(levels)}, too near to each other to be told apart. What do they mean?`,
      levels,
    );
  return readPeaks(tally, levels, why);
}
