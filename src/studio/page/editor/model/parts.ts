/**
 * How one byte a pixel says which parts lie there, for both kinds of data sets. With "softmax" a pixel has one part and
 * the byte is its class number. With "sigmoid" parts may overlap, such as a cup inside a disc, and the byte is a bit set
 * of class numbers: bit 0 is class 0. In both, 255 is a pixel that nobody labelled. Whatever a tool does to a pixel is a
 * table from the byte that stands there to the byte that shall, so that no tool knows of the two kinds.
 */
import { UsageError } from "../../../../core/errors.js";
import { ignoredLabel, type TargetKind } from "../../../../core/target-kind.js";

/** A part that can be painted. */
export interface Part {
  readonly name: string;
  /** Class number of the data set, or 255 for what nobody labelled. */
  readonly value: number;
  /** "#rrggbb". */
  readonly colour: string;
  /** With "sigmoid": name of the part that this one lies in, as a cup in a disc. */
  readonly inside?: string | undefined;
}

/** What painting and erasing a part do, from byte to byte. */
export interface PartTables {
  /** 1 for bytes of pixels where the part is. */
  readonly holds: Uint8Array;
  readonly paint: Uint8Array;
  /** Takes the part away and leaves all others, but for those that lie in it. */
  readonly erase: Uint8Array;
}

/** Bits below the one that sets what is ignored apart. */
export const mostOverlapping = 7;

function tableOf(value: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => value(code));
}

function exclusiveTables(value: number): PartTables {
  return {
    holds: tableOf((code) => Number(code === value)),
    paint: tableOf(() => value),
    erase: tableOf((code) => (code === value ? 0 : code)),
  };
}

/** The parts that a part lies in, itself first. */
export function withOuterParts(part: Part, parts: readonly Part[]): Part[] {
  const chain: Part[] = [];
  for (let one: Part | undefined = part; one && !chain.includes(one); ) {
    const { inside }: Part = one;
    chain.push(one);
    one = inside === undefined ? undefined : parts.find(({ name }) => name === inside);
  }
  return chain;
}

function bitsOf(parts: readonly Part[]): number {
  return parts.reduce((bits, { value }) => bits | (1 << value), 0);
}

function overlappingTables(part: Part, parts: readonly Part[]): PartTables {
  const added = bitsOf(withOuterParts(part, parts));
  const removed = bitsOf(parts.filter((one) => withOuterParts(one, parts).includes(part)));
  const own = 1 << part.value;
  return {
    holds: tableOf((code) => Number(code !== ignoredLabel && (code & own) !== 0)),
    paint: tableOf((code) => (code === ignoredLabel ? added : code | added)),
    erase: tableOf((code) => (code === ignoredLabel ? code : code & ~removed)),
  };
}

/**
 * The tables of a part.
 * @param parts all parts of the data set, for those that lie in each other
 * @throws UsageError for overlapping parts that a byte has no room for
 */
export function partTables(part: Part, parts: readonly Part[], target: TargetKind): PartTables {
  if (target === "softmax" || part.value === ignoredLabel) return exclusiveTables(part.value);
  if (part.value >= mostOverlapping)
    throw new UsageError(
      `the editor shows up to ${mostOverlapping} overlapping parts, but "${part.name}" is number ${part.value + 1}`,
    );
  return overlappingTables(
    part,
    parts.filter(({ value }) => value !== ignoredLabel),
  );
}
