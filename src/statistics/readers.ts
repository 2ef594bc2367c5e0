/**
 * One mask from those of several readers: by majority, or by STAPLE (Warfield, Zou & Wells, IEEE TMI 2004), which
 * estimates how reliable each reader is and what was there together, by expectation maximisation. Masks are flat, of one
 * size, nonzero where a reader saw the object; overlapping or several classes are combined one by one. Where a reader
 * labelled nothing, the others decide.
 */
import { UsageError } from "../core/errors.js";

/** What STAPLE makes of the masks. */
export interface StapleEstimate {
  /** Probability of the object at each pixel. */
  readonly probability: Float64Array;
  /** Of each reader: the share of the object that was marked, and of the rest that was not. NaN where there is none. */
  readonly readers: readonly { readonly sensitivity: number; readonly specificity: number }[];
}

/** Votes are the bits of a number. */
const mostReaders = 30;
/** Both are far beyond what moves a mask. */
const [tolerance, mostIterations] = [1e-9, 10_000];
/** Where the iteration begins: readers are nearly always right (Warfield 2004, section III-B). */
const initialReliability = 0.99999;

/** @throws UsageError when there is no mask, there are too many, or they differ in size */
function checkMasks(caller: string, masks: readonly Uint8Array[]): void {
  if (masks.length === 0 || masks.length > mostReaders) {
    throw new UsageError(`${caller}: there are ${masks.length} masks; pass 1 to ${mostReaders}`);
  }
  const other = masks.findIndex(({ length }) => length !== masks[0].length);
  if (other < 0) return;
  throw new UsageError(
    `${caller}: mask ${other} has ${masks[other].length} pixels but mask 0 has ${masks[0].length}; pass masks of one image`,
  );
}

/** One bit a reader, set where its mask is not zero. */
function bitsAt(masks: readonly Uint8Array[], pixel: number): number {
  let bits = 0;
  for (let reader = 0; reader < masks.length; reader++) if (masks[reader][pixel] !== 0) bits |= 1 << reader;
  return bits;
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The bits of all readers. */
function allBits(masks: readonly Uint8Array[]): number {
  return 2 ** masks.length - 1;
}

/**
 * 1 where more than half of the readers marked the object, else 0; a tie is not the object.
 * @param labelled nonzero where a reader labelled the pixel at all; everywhere, if left out
 * @throws UsageError when there is no mask or they differ in size
 */
export function majorityMask(masks: readonly Uint8Array[], labelled?: readonly Uint8Array[]): Uint8Array {
  checkMasks("majorityMask", masks);
  if (labelled) checkMasks("majorityMask", [masks[0], ...labelled]);
  return masks[0].map((_, i) => {
    const voters = labelled ? bitsAt(labelled, i) : allBits(masks);
    return 2 * bitCount(bitsAt(masks, i) & voters) > bitCount(voters) ? 1 : 0;
  });
}

/** Who marked the object at a pixel, and who labelled it at all, one bit a reader, and how often that occurs. */
interface Pattern {
  readonly votes: number;
  readonly voters: number;
  count: number;
}

/** The pixels' patterns, and the number of each pixel's. */
function patternsOf(masks: readonly Uint8Array[], labelled: readonly Uint8Array[] | undefined) {
  const numbers = new Map<number, Map<number, number>>();
  const patterns: Pattern[] = [];
  const places = new Uint32Array(masks[0].length);
  for (let i = 0; i < places.length; i++) {
    const voters = labelled ? bitsAt(labelled, i) : allBits(masks);
    const votes = bitsAt(masks, i) & voters;
    const ofVoters = numbers.get(voters) ?? new Map<number, number>();
    let number = ofVoters.get(votes);
    if (number === undefined) {
      number = patterns.push({ votes, voters, count: 0 }) - 1;
      numbers.set(voters, ofVoters.set(votes, number));
    }
    patterns[number].count++;
    places[i] = number;
  }
  return { patterns, places };
}

const has = (bits: number, reader: number): boolean => ((bits >> reader) & 1) === 1;

/**
 * STAPLE of one image. The share of the object among all votes is the prior, as in the paper; crop masks to the region
 * of the object where background is most of the image, or every reader seems specific.
 * @param labelled nonzero where a reader labelled the pixel at all; everywhere, if left out
 * @throws UsageError when there is no mask, there are more than 30, or they differ in size
 * @example const mask = staple([first, second, third]).probability.map((p) => (p >= 0.5 ? 1 : 0));
 */
export function staple(masks: readonly Uint8Array[], labelled?: readonly Uint8Array[]): StapleEstimate {
  checkMasks("staple", masks);
  if (labelled) checkMasks("staple", [masks[0], ...labelled]);
  const { patterns, places } = patternsOf(masks, labelled);
  const everyone = masks.map((_, reader) => reader);
  const sum = (value: (pattern: Pattern, number: number) => number) =>
    patterns.reduce((total, pattern, number) => total + pattern.count * value(pattern, number), 0);
  const prior = sum(({ votes }) => bitCount(votes)) / sum(({ voters }) => bitCount(voters));
  let readers = everyone.map(() => ({ sensitivity: initialReliability, specificity: initialReliability }));
  let weights = patterns.map(() => Number.NaN);
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    const before = weights;
    weights = patterns.map((pattern) => {
      const likelihood = (ofMark: (reader: number) => number) =>
        everyone.reduce((all, reader) => {
          if (!has(pattern.voters, reader)) return all;
          return all * (has(pattern.votes, reader) ? ofMark(reader) : 1 - ofMark(reader));
        }, 1);
      const object = prior * likelihood((reader) => readers[reader].sensitivity);
      const rest = (1 - prior) * likelihood((reader) => 1 - readers[reader].specificity);
      // Where nothing, or all, was marked, one of the reliabilities is of no pixel, and the prior is certain.
      return object + rest > 0 ? object / (object + rest) : prior;
    });
    readers = everyone.map((reader) => {
      const among = (value: (n: number, isMarked: boolean) => number) =>
        sum(({ votes, voters }, n) => (has(voters, reader) ? value(n, has(votes, reader)) : 0));
      return {
        sensitivity: among((n, isMarked) => (isMarked ? weights[n] : 0)) / among((n) => weights[n]),
        specificity: among((n, isMarked) => (isMarked ? 0 : 1 - weights[n])) / among((n) => 1 - weights[n]),
      };
    });
    if (weights.every((weight, n) => Math.abs(weight - before[n]) <= tolerance)) break;
  }
  return { probability: Float64Array.from(places, (number) => weights[number]), readers };
}
