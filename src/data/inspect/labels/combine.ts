/**
 * One rule for the domains of a set, as far as one reads them all. Each domain was understood by itself; where two code
 * alike, or differently and yet without contradiction, they share a rule, else the domain gets one of its own.
 */
import { type Coding, classCount, classOf } from "./coding.js";
import { areDense, inOrder } from "./numbers.js";
import type { MaskTally } from "./tally.js";
import type { Reading } from "./verdict.js";

/** A domain whose masks are understood. */
export interface ReadDomain {
  readonly name: string;
  readonly tally: MaskTally;
  readonly reading: Reading;
}

/** How all domains are read. */
export interface Plan {
  readonly shared: Coding;
  /** Whether the values are class numbers in every domain that the shared rule reads. */
  readonly numbered: boolean;
  /** Rules of domains that code otherwise. */
  readonly own: ReadonlyMap<string, Coding>;
  /** Classes of all, the background among them. */
  readonly classes: number;
  /** Domains of two classes of which nobody knows which of the shared ones theirs is. */
  readonly unclear: readonly string[];
}

/** Of the pixels of a class this share has to be read alike; soft borders differ by a level. */
const readAlike = 0.98;

/** The classes under one coding, by what they are under another; undefined where one splits. */
function mapping({ tally, reading }: ReadDomain, shared: Coding): Map<number, number> | undefined {
  const votes = new Map<number, Map<number, number>>();
  for (const [value, { count }] of tally.values) {
    const own = classOf(reading.coding, value) ?? -1;
    const theirs = classOf(shared, value) ?? (isIgnored(shared, value) ? -1 : -2);
    const ofClass = votes.get(own) ?? new Map<number, number>();
    votes.set(own, ofClass.set(theirs, (ofClass.get(theirs) ?? 0) + count));
  }
  const found = new Map<number, number>();
  for (const [own, ofClass] of votes) {
    const all = [...ofClass.values()].reduce((sum, one) => sum + one, 0);
    const [theirs, most] = [...ofClass].reduce((best, one) => (one[1] > best[1] ? one : best));
    const needed = reading.coding.kind === "levels" ? readAlike : 1;
    if (most < needed * all || ofClass.has(-2)) return undefined;
    found.set(own, theirs);
  }
  return found;
}

function isIgnored(coding: Coding, value: number): boolean {
  return coding.kind !== "levels" && coding.ignore.includes(value);
}

/**
 * Domains of class numbers with one map for all of them: a number is the same class everywhere, also where it is missing,
 * and numbers that no mask of the sample holds are classes where only a few are left out.
 * @param named how many class numbers a file names
 */
export function alignNumbers(domains: readonly ReadDomain[], named: number): ReadDomain[] {
  const found = domains.flatMap(({ reading: { coding, numbered } }) =>
    numbered && coding.kind === "values" ? [...coding.map.keys()] : [],
  );
  const numbers = [...new Set([0, ...found])].sort((a, b) => a - b);
  const most = Math.max(1, numbers[numbers.length - 1]);
  const all = named > most || areDense(numbers) ? Array.from({ length: most + 1 }, (_, i) => i) : numbers;
  return domains.map((one) => {
    const { coding, numbered } = one.reading;
    if (!numbered || coding.kind !== "values") return one;
    return { ...one, reading: { ...one.reading, coding: inOrder(all, coding.ignore) } };
  });
}

/** Whether a coding reads a domain as it understands itself: the same background, and no two classes as one. */
export function reads(shared: Coding, domain: ReadDomain): boolean {
  if ((shared.kind === "colours") !== domain.tally.coloured) return false;
  const found = mapping(domain, shared);
  if (!found) return false;
  const alike = [...found].every(([own, theirs]) => (own <= 0 || theirs <= 0 ? own === theirs : true));
  return alike && new Set(found.values()).size === found.size;
}

/** The values of a class. */
function valuesOf(map: ReadonlyMap<number, number>, number: number): number[] {
  return [...map].filter(([, one]) => one === number).map(([value]) => value);
}

/** One map for two, where no value contradicts: class numbers, colours, or one object that is coded in two ways. */
function merged(a: Coding, b: Coding, numbered: boolean): Coding | undefined {
  if (a.kind === "levels" || b.kind === "levels" || a.kind !== b.kind) return undefined;
  const pair = classCount(a) === 2 && classCount(b) === 2;
  const sameGround = valuesOf(b.map, 0).every((value) => a.map.get(value) === 0);
  if (!sameGround || !(numbered || (pair && a.kind === "values"))) return undefined;
  const clash =
    [...b.map].some(([value, number]) => isIgnored(a, value) || (a.map.get(value) ?? number) !== number) ||
    b.ignore.some((value) => a.map.has(value));
  if (clash) return undefined;
  const map = new Map([...a.map, ...b.map]);
  const ignore = [...new Set([...a.ignore, ...b.ignore])];
  return { ...a, map, ignore } as Coding;
}

/** The coding with its object, of two classes, as another class. */
export function asClass(coding: Coding, number: number): Coding {
  const renumber = (one: number) => (one === 0 ? 0 : number);
  if (coding.kind === "levels") return { ...coding, classes: coding.classes.map(renumber) };
  return { ...coding, map: new Map([...coding.map].map(([value, one]) => [value, renumber(one)])) };
}

/** Reads all domains by one of their codings as far as it goes. */
function around(base: ReadDomain, domains: readonly ReadDomain[]): Plan {
  let { coding: shared, numbered } = base.reading;
  const own = new Map<string, Coding>();
  const unclear: string[] = [];
  for (const domain of domains) {
    const { reading, name } = domain;
    if (reads(shared, domain)) continue;
    const both = merged(shared, reading.coding, numbered && reading.numbered);
    if (both) {
      shared = both;
      numbered &&= reading.numbered;
      continue;
    }
    own.set(name, reading.coding);
    if (classCount(reading.coding) === 2 && classCount(shared) > 2) unclear.push(name);
  }
  const classes = Math.max(classCount(shared), ...[...own.values()].map(classCount));
  return { shared, numbered, own, classes, unclear };
}

/** The plan that gives the fewest domains a rule of their own. @param domains at least one */
export function combine(domains: readonly ReadDomain[]): Plan {
  const plans = domains.map((base) => around(base, domains));
  return plans.reduce((best, plan) => (plan.own.size < best.own.size ? plan : best));
}
