/** Observations made of masks and probabilities given by hand. */
import { evaluateMask } from "../../src/evaluation/evaluate-mask.js";
import {
  addSeen,
  emptyObservation,
  type MemberKind,
  memberKinds,
  type PartObservation,
} from "../../src/quality/observation.js";

/** What is given of a part; rows of a mask as text, `#` where it is. */
export interface Given {
  readonly mask: readonly string[];
  /** Of the part at each pixel; default: 0.9 inside and 0.1 outside. */
  readonly probabilities?: readonly number[];
  readonly reference?: readonly string[];
  readonly members?: Partial<Record<MemberKind, readonly (readonly string[])[]>>;
  readonly reverse?: number;
  readonly restyled?: number;
}

export function drawn(rows: readonly string[]): Uint8Array {
  return Uint8Array.from([...rows.join("")].map((sign) => (sign === "#" ? 1 : 0)));
}

/** A picture as it is observed. */
export function observed({
  mask,
  probabilities,
  reference,
  members = {},
  reverse = 0.5,
  restyled = 0.9,
}: Given): PartObservation {
  const lists = Object.fromEntries(memberKinds.map((kind) => [kind, (members[kind] ?? []).map(drawn)])) as Record<
    MemberKind,
    Uint8Array[]
  >;
  const counts = Object.fromEntries(memberKinds.map((kind) => [kind, lists[kind].length])) as Record<
    MemberKind,
    number
  >;
  const own = drawn(mask);
  const part = emptyObservation(counts, reference !== undefined);
  addSeen(part, {
    extent: [mask.length, mask[0].length],
    mask: own,
    probabilities: Float32Array.from(probabilities ?? own, (value) => (probabilities ? value : value ? 0.9 : 0.1)),
    members: lists,
    reference: reference ? drawn(reference) : null,
  });
  const shape = [mask.length, mask[0].length];
  const held = reference && drawn(reference);
  const both = held?.includes(1) && own.includes(1);
  const hd95 = both ? evaluateMask(own, held as Uint8Array, { shape, convention: "midss" }).hd95 : Number.NaN;
  return { ...part, diagonal: Math.hypot(...shape), hd95, reverse, restyled };
}
