/**
 * What is counted where a network and its members are asked about a case: everything that signals are made of, in a few
 * hundred numbers a part, so that volumes need no more memory than pictures and a signal can be computed anew (at another
 * temperature, say) without asking again.
 */
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { addShape, noShape, type ShapeSums } from "./mask-shape.js";

/** Kinds of members that a network's answer is held against. */
export const memberKinds = ["mirror", "teacher", "appearance", "checkpoint", "other"] as const;
/** One of {@link memberKinds}. */
export type MemberKind = (typeof memberKinds)[number];

/** Two masks in numbers. */
export interface Overlap {
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
}

/** Pixels by the logit of the part's probability, {@link logitBins} of them. */
export type LogitCounts = Float64Array;

/** One part of one case. */
export interface PartObservation {
  /** Of what is predicted, and of the reference; that one is of nothing where there is none. */
  readonly shape: ShapeSums;
  readonly heldShape: ShapeSums;
  /** All pixels, those where the part is predicted, and those where the reference holds it, by logit. */
  readonly all: LogitCounts;
  readonly inside: LogitCounts;
  readonly held: LogitCounts;
  /** The network's mask (prediction) against that of each member of a kind; none of kinds that were not asked. */
  readonly members: Readonly<Record<MemberKind, readonly Overlap[]>>;
  /** Against the reference; null where there is none. */
  readonly truth: Overlap | null;
  /** Of the grid that is predicted, in pixels. */
  readonly diagonal: number;
  /** HD95 against the reference in pixels; NaN where there is none, or one of the two masks is empty. */
  readonly hd95: number;
  /** As `reverseDice` has it. */
  readonly reverse: number;
  /** As `restyledDice` has it. */
  readonly restyled: number;
}

/** What is summed up over the slices of a case; the rest is known when all were seen. */
export type SummedPart = Omit<PartObservation, "diagonal" | "hd95" | "reverse" | "restyled">;

/** One case. */
export interface CaseObservation {
  /** In the data set's order. */
  readonly parts: readonly PartObservation[];
  /** Pooled bottleneck features [d]. */
  readonly feature: Float32Array;
}

/** Bins of {@link LogitCounts} between −mostLogit and mostLogit; float32 probabilities of 1 have no larger one. */
export const logitBins = 512;
const mostLogit = 16;

/** The logit in the middle of a bin. */
export function binLogit(bin: number): number {
  return ((bin + 0.5) / logitBins) * 2 * mostLogit - mostLogit;
}

function binOf(probability: number): number {
  const logit = Math.log(probability / (1 - probability));
  return Math.min(logitBins - 1, Math.max(0, Math.floor(((logit + mostLogit) / (2 * mostLogit)) * logitBins)));
}

const nothing = (): Overlap => ({ truePositive: 0, falsePositive: 0, falseNegative: 0 });

/**
 * A part of which nothing has been seen yet.
 * @param members how many there are of each kind
 * @param hasReference whether the case has a mask
 */
export function emptyObservation(members: Readonly<Record<MemberKind, number>>, hasReference: boolean): SummedPart {
  const counts = () => new Float64Array(logitBins);
  return {
    ...{ shape: noShape(), heldShape: noShape(), all: counts(), inside: counts(), held: counts() },
    members: Object.fromEntries(
      memberKinds.map((kind) => [kind, Array.from({ length: members[kind] }, nothing)]),
    ) as unknown as PartObservation["members"],
    truth: hasReference ? nothing() : null,
  };
}

function addOverlap(sum: Overlap, prediction: Uint8Array, other: Uint8Array): void {
  const { truePositive, falsePositive, falseNegative } = confusionCounts(prediction, other);
  sum.truePositive += truePositive;
  sum.falsePositive += falsePositive;
  sum.falseNegative += falseNegative;
}

/** What is said of one part in one picture, masks of 0 and 1 and probabilities, each of as many values as it has pixels. */
export interface SeenPart {
  /** Rows and columns, of a volume after its slices. */
  readonly extent: readonly number[];
  readonly mask: Uint8Array;
  readonly probabilities: Float32Array;
  readonly members: Readonly<Record<MemberKind, readonly Uint8Array[]>>;
  readonly reference: Uint8Array | null;
}

/** Adds a picture, or a slice or the whole of a volume. */
export function addSeen(sum: SummedPart, { extent, mask, probabilities, members, reference }: SeenPart): void {
  addShape(sum.shape, mask, extent);
  if (reference) addShape(sum.heldShape, reference, extent);
  for (let i = 0; i < mask.length; i++) {
    const bin = binOf(probabilities[i]);
    sum.all[bin]++;
    if (mask[i] !== 0) sum.inside[bin]++;
    if (reference?.[i]) sum.held[bin]++;
  }
  for (const kind of memberKinds)
    members[kind].forEach((theirs, i) => {
      addOverlap(sum.members[kind][i], mask, theirs);
    });
  if (sum.truth && reference) addOverlap(sum.truth, mask, reference);
}

/** Dice of two masks in [0, 1]; NaN where both are empty. */
export function diceOf(overlap: Overlap): number {
  return dice({ ...overlap, trueNegative: 0 });
}

/** The case's Dice against its reference; NaN where there is none, or neither mask holds the part. */
export function trueDice({ truth }: PartObservation): number {
  return truth ? diceOf(truth) : Number.NaN;
}

/**
 * The Dice that the probabilities behind a mask expect of it: 2 Σ p·ŷ / (Σ p + Σ ŷ) (soft Dice confidence: Borges et al.,
 * 2402.10665).
 * @param temperature by which logits are divided; 1 leaves them alone
 */
export function expectedDice({ all, inside, shape }: PartObservation, temperature: number): number {
  let [within, total] = [0, 0];
  for (let bin = 0; bin < all.length; bin++) {
    const p = 1 / (1 + Math.exp(-binLogit(bin) / temperature));
    within += p * inside[bin];
    total += p * all[bin];
  }
  return (2 * within) / (total + shape.area);
}
