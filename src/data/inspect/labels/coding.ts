/** How masks code classes, by class number (0 is the background): what a `labels` rule says before classes have names. */
import type { LabelRuleInput } from "../../schema.js";
import { colourDistance } from "./tally.js";

/** Each grey value or palette number is a class. */
export interface ValueCoding {
  readonly kind: "values";
  readonly map: ReadonlyMap<number, number>;
  readonly ignore: readonly number[];
}

/** Each range of grey levels is a class. */
export interface LevelCoding {
  readonly kind: "levels";
  /** Class of the levels below the first limit, from there to the second, and so on. */
  readonly classes: readonly number[];
  /** Ascending, one less than classes. */
  readonly limits: readonly number[];
}

/** Each colour 0xRRGGBB is a class. */
export interface ColourCoding {
  readonly kind: "colours";
  readonly map: ReadonlyMap<number, number>;
  readonly ignore: readonly number[];
  /** Whether other colours count as the nearest of these. */
  readonly nearest: boolean;
}

export type Coding = ValueCoding | LevelCoding | ColourCoding;

/** `#rrggbb` of 0xRRGGBB. */
export function hexOf(colour: number): string {
  return `#${colour.toString(16).padStart(6, "0")}`;
}

function nearestOf(colours: readonly number[], colour: number): number {
  return colours.reduce((best, one) => (colourDistance(one, colour) < colourDistance(best, colour) ? one : best));
}

/** The class of a value; undefined where it is ignored or unknown. */
export function classOf(coding: Coding, value: number): number | undefined {
  if (coding.kind === "levels") return coding.classes[coding.limits.filter((limit) => value >= limit).length];
  if (coding.kind === "values" || !coding.nearest) return coding.map.get(value);
  return coding.map.get(nearestOf([...coding.map.keys(), ...coding.ignore], value));
}

/** How many classes a coding tells apart, the background among them; at least the highest class number and one. */
export function classCount(coding: Coding): number {
  const classes = coding.kind === "levels" ? coding.classes : [...coding.map.values()];
  return 1 + Math.max(1, ...classes);
}

function levelClasses({ classes, limits }: LevelCoding, names: readonly string[]) {
  const ranges = classes.flatMap((number, i) => {
    if (number === 0) return [];
    const [atLeast, next] = [limits[i - 1], limits[i]];
    const range = {
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(next === undefined ? {} : { atMost: next - 1 }),
    };
    return [[names[number], range] as const];
  });
  return Object.fromEntries(ranges);
}

/** The rule of a `dataset.yaml`. @param names of the classes, background first */
export function ruleOf(coding: Coding, names: readonly string[]): LabelRuleInput {
  if (coding.kind === "levels") return { kind: "thresholds", classes: levelClasses(coding, names) };
  const ordered = [...coding.map].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  if (coding.kind === "values") {
    const map = Object.fromEntries(ordered.map(([value, number]) => [String(value), names[number]]));
    return { kind: "values", map, ...(coding.ignore.length > 0 ? { ignore: [...coding.ignore] } : {}) };
  }
  return {
    kind: "colours",
    map: Object.fromEntries(ordered.map(([colour, number]) => [hexOf(colour), names[number]])),
    ...(coding.nearest ? { nearest: true } : {}),
    ...(coding.ignore.length > 0 ? { ignore: coding.ignore.map(hexOf) } : {}),
  };
}

/** What a coding says, in words. */
export function codingText(coding: Coding, names: readonly string[]): string {
  if (coding.kind === "levels") return levelText(coding, names);
  const write = coding.kind === "colours" ? hexOf : String;
  const ordered = [...coding.map].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const ignored = coding.ignore.map((value) => `${write(value)} is left out (ignore)`);
  return [...ordered.map(([value, number]) => `${write(value)} is ${names[number]}`), ...ignored].join(", ");
}

function levelText({ classes, limits }: LevelCoding, names: readonly string[]): string {
  const parts = classes.map((number, i) => {
    const [from, next] = [limits[i - 1], limits[i]];
    const range =
      from === undefined ? `up to ${next - 1}` : next === undefined ? `from ${from} up` : `${from} to ${next - 1}`;
    return { number, text: `${names[number]} is ${range}` };
  });
  return parts
    .filter(({ number }) => number > 0)
    .map(({ text }) => text)
    .join(", ");
}
