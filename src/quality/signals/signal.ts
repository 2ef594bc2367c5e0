/** The contract of a signal; see the files beside this one, and registry.ts. */
import { mean } from "../../statistics/mean.js";
import { diceOf, type MemberKind, type PartObservation } from "../observation.js";
import type { PartReference } from "../reference.js";

/** One part of one case, of which something was predicted. */
export interface Seen {
  readonly part: PartObservation;
  readonly feature: ArrayLike<number>;
  /** Of a labelled case, so that it is not compared with itself; null for all others. */
  readonly subject: string | null;
}

/** A number that rises with the quality of a mask and needs no reference of it. */
export interface Signal {
  /** What it is, in one line. */
  readonly summary: string;
  readonly source: string;
  /** Passes of a network beside the one that makes the mask. */
  readonly cost: string;
  /**
   * Whether it takes images for as large a piece of the world as the labelled ones are. Imagined scanners change what things
   * look like and neither their number nor their size, so that it seems surer than it is where a part is many things.
   */
  readonly sameExtent?: true;
  /** The number; NaN where it cannot be told, as no such member was asked. */
  value(seen: Seen, reference: PartReference): number;
}

/** Mean Dice with the members of a kind; NaN without any. Where it is asked something was predicted, so it is defined. */
export function agreement({ part }: Seen, kind: MemberKind): number {
  return mean(part.members[kind].map(diceOf));
}
