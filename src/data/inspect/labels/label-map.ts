/** Masks that were saved exactly and hold areas of single values: each value is a class. */
import { type Background, backgroundOf } from "./background.js";
import { areBunched } from "./bunches.js";
import type { Coding } from "./coding.js";
import { isThin, readIgnored } from "./ignored.js";
import { areNumbers, byNumber, inOrder, splitIgnored } from "./numbers.js";
import type { MaskTally, ValueFacts } from "./tally.js";
import { asked, known, percent, type Verdict } from "./verdict.js";

/** More values than this are numbers of objects. */
const mostClasses = 64;
/** Masks whose numbers count objects end at so many different numbers, and one of them at this or more. */
const fewestCounts = 3;
const fewestObjects = 6;
/** A value is an area where this share of its pixels lies inside one. */
const leastInner = 0.05;
/** A value lies on borders where this share of its pixels does. */
const mostlyBetween = 0.5;
/** More values that lie on borders come from smoothing; one or two may be thin classes. */
const fewBetween = 2;
/** They are this share of all values then; among the numbers of objects or classes they are fewer. */
const leastBetween = 0.25;
const leastBetweenNumbers = 0.5;

/** Whether a value is no area of its own: it lies on borders, between what meets there. */
export function isBetween({ count, inner, between }: ValueFacts): boolean {
  return inner < leastInner * count && between >= mostlyBetween * count;
}

/** Of class numbers 0 is the background unless it is even with the other one, within this share. */
const evenly = 0.1;

/** What kind of masks these are, by where their values lie. */
export type MapKind = "map" | "smoothed" | "unclear" | "objects";

/**
 * Tells label maps from masks with smoothed borders, where many values lie on borders only, between two others.
 * @param tally of grey values or colours of at least two values, saved without loss
 */
export function mapKind(tally: MaskTally): MapKind {
  const values = [...tally.values.keys()];
  const between = [...tally.values.values()].filter(isBetween).length;
  const numbered = !tally.coloured && areNumbers(splitIgnored(values).numbers);
  if (between > Math.max(fewBetween, (numbered ? leastBetweenNumbers : leastBetween) * values.length))
    return "smoothed";
  if (!tally.coloured && areBunched(tally)) return "smoothed";
  if (values.length > mostClasses || countUp(tally)) return "objects";
  return between > 0 && between <= fewBetween && !numbered ? "unclear" : "map";
}

/** Whether every mask holds the numbers from 0 up to its own last one, as those do that number their objects. */
function countUp({ sets }: MaskTally): boolean {
  const lasts = new Set(sets.map((set) => set[set.length - 1]));
  const upwards = sets.every((set) => set.every((value, i) => value === i));
  return upwards && lasts.size >= fewestCounts && Math.max(...lasts) >= fewestObjects;
}

/** By distance from the background: 128 is the first class around 0 as well as around 255. */
function outwards(values: readonly number[], background: number): number[] {
  return [...values].sort((a, b) => Math.abs(a - background) - Math.abs(b - background));
}

/** Why a value is the background, in a clause. */
export function edgeText(value: number | string, edge: number): string {
  return `${value} has ${percent(edge)} of the masks' edges`;
}

/** The question which of two values is the background. @param codingOf the coding around either of them */
export function askBackground(
  { candidates, edge, area }: Extract<Background, { candidates: readonly number[] }>,
  codingOf: (background: number) => Coding,
  write: (value: number) => string = String,
): Verdict {
  const [one, other] = candidates.map(write);
  return asked(
    `Which value is the background of the masks, ${one} or ${other}? ${one} has ${percent(edge)} of their edges and ` +
      `${percent(area)} of their pixels.`,
    candidates.map((value) => ({
      means: `${write(value)} is the background`,
      coding: codingOf(value),
      numbered: false,
      because: edgeText(one, edge),
    })),
  );
}

/** Reads grey values or palette numbers that are class numbers or stand for one class each. */
export function readLabelMap(tally: MaskTally): Verdict {
  const values = [...tally.values.keys()];
  const { numbers, ignored } = splitIgnored(values);
  if (ignored !== undefined && (areNumbers(numbers) || isThin(tally.values.get(ignored) as ValueFacts)))
    return readIgnored(tally, numbers, ignored);
  const numbered = values[0] === 0 && areNumbers(values);
  if (numbered && values.length > 2) return known(byNumber(values), true);
  const found = backgroundOf(tally, values);
  const codingOf = (background: number) =>
    numbered && background === 0 ? byNumber(values) : inOrder(outwards(values, background));
  if ("candidates" in found) {
    const even = [found.edge, found.area].every((share) => Math.abs(share - 0.5) <= evenly);
    if (!numbered || even) return askBackground(found, codingOf);
    return known(codingOf(0), true, `class numbers begin with the background; ${edgeText(0, found.edge)}`);
  }
  return known(codingOf(found.value), numbered && found.value === 0, edgeText(found.value, found.edge));
}
