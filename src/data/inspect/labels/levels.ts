/** Masks that were smoothed, resized or saved with loss: classes are ranges around the levels where pixels gather. */
import { backgroundOf } from "./background.js";
import type { LevelCoding } from "./coding.js";
import { askBackground, edgeText } from "./label-map.js";
import { fullScale, middleOf, peaksOf, rangeOf, shareNear } from "./peaks.js";
import type { MaskTally } from "./tally.js";
import { asked, type Choice, choicesIf, known, listed, percent, type Verdict } from "./verdict.js";

/** Peaks that lie nearer to each other, as a share of the range or in levels, may be one. */
const leastGap = 0.08;
const fewestLevels = 4;
/** The same where loss blurs the levels. */
const fewestLossyLevels = 12;
/** More peaks are those of a picture. */
const mostPeaks = 8;
/** Of masks, this share of the pixels lies near a peak; of pictures less. */
const leastNear = 0.75;
/** Two groups of values with this share of the range free between them are apart however they lie. */
const leastDivide = 0.25;
/** Soft masks reach from the lowest part of the scale into the highest. */
const lowest = 0.06;
const highest = 0.75;
/** Objects have a level of their own if this share of their pixels lies near it. */
const leastAtLevel = 0.35;
/** Objects that are too small to reach the highest level are seen at more than half of it. */
const highestOfSmall = 0.6;

/** The levels of two classes where the smooth pixels show one: the peak, and what lies farthest from it. */
function withFarEnd(peak: number, [low, high]: readonly [number, number]): number[] {
  return high - peak >= peak - low ? [peak, high] : [low, peak];
}

/** The limits between levels: the middle of the scale where two levels span it, else the middles between neighbours. */
function limitsOf(levels: readonly number[], full: number, span = highest): number[] {
  const [low, high] = levels;
  const spans = low <= lowest * full ? high >= span * full : high >= (1 - lowest) * full && low <= (1 - span) * full;
  if (levels.length === 2 && spans) return [(full + 1) / 2];
  return levels.slice(1).map((level, i) => middleOf(levels[i], level));
}

/** The widest range of levels that no pixel has. */
function widestGap({ values }: MaskTally): number {
  const levels = [...values.keys()];
  return Math.max(...levels.slice(1).map((level, i) => level - levels[i]));
}

/** Of the pixels away from the larger one of two levels, the share that lies near the other. */
function atLevels(tally: MaskTally, levels: readonly number[]): number {
  const [one, other] = levels.map((level) => shareNear(tally, [level]));
  return Math.min(one, other) / (1 - Math.max(one, other));
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

function readPeaks(tally: MaskTally, levels: readonly number[], limits: readonly number[], why: string): Verdict {
  const found = backgroundOf(tally, levels, byLimits(levels, limits));
  const codingOf = (background: number) => codingAround(levels, limits, background);
  if ("candidates" in found) return askBackground(found, codingOf);
  return known(codingOf(found.value), false, why, edgeText(found.value, found.edge));
}

/** The question of soft masks whose objects are so small or so smooth that they stay far from the end of the scale. */
function askReach(tally: MaskTally, levels: readonly number[]): Verdict {
  const [low, high] = rangeOf(tally);
  const middle = (fullScale(tally) + 1) / 2;
  const limits = [middleOf(low, high), low + 1, ...(middle > low && middle < high ? [middle] : [])];
  const choices = limits.flatMap((limit) => {
    const verdict = readPeaks(tally, levels, [limit], `they reach from ${low} to ${high}`);
    return choicesIf(`the limit between background and object is ${limit}`, verdict);
  });
  return asked(`The masks are soft and reach from ${low} to ${high} only. Where does the object begin?`, choices);
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
  const [low, high] = levels.length > 1 ? levels : rangeOf(tally);
  return asked(ask, [...brightOrDark(middleOf(low, high)), ...(levels.length > 2 ? [each] : [])]);
}

/** The smallest step between levels that is one of the masks' own. */
function leastStep(tally: MaskTally): number {
  const [low, high] = rangeOf(tally);
  return Math.max(leastGap * (high - low), tally.lossy ? fewestLossyLevels : fewestLevels);
}

/**
 * Reads grey masks by the levels where their pixels gather.
 * @param tally of at least two values
 */
export function readLevels(tally: MaskTally): Verdict {
  const full = fullScale(tally);
  const [low, high] = rangeOf(tally);
  const found = peaksOf(tally).map(({ level }) => level);
  if (found.length < 2 && tally.lossy && high < leastStep(tally)) return { kind: "empty" };
  const levels = found.length < 2 ? withFarEnd(found[0] ?? low, [low, high]) : found;
  // Objects without a level of their own are small, thin or soft.
  const formless = found.length < 2 || (levels.length === 2 && atLevels(tally, levels) < leastAtLevel);
  const step = Math.min(...levels.slice(1).map((level, i) => level - levels[i]));
  const near = shareNear(tally, levels);
  const why = `${percent(near)} of the pixels lie near ${listed(levels)}`;
  const values = `The masks were ${tally.lossy ? "saved with loss" : "smoothed"} and hold ${tally.values.size} values`;
  if (near < leastNear && widestGap(tally) < leastDivide * (high - low))
    return askLevels(tally, `${values}, of which ${why}: they look like pictures. What do they mean?`, []);
  if (levels.length > mostPeaks || step < leastStep(tally)) {
    const close = "too near to each other to be told apart. What do they mean?";
    return askLevels(tally, `${values} around ${listed(levels)}, ${close}`, levels);
  }
  if (formless && high - low < highestOfSmall * full && widestGap(tally) < leastDivide * (high - low))
    return askReach(tally, levels);
  return readPeaks(tally, levels, limitsOf(levels, full, formless ? highestOfSmall : highest), why);
}
