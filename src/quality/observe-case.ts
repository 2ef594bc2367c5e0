/** Asks a network and its members about one case. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import { picturesOf } from "../data/volumes/case-slices.js";
import { viewOf } from "../data/volumes/patches.js";
import { stackSlices } from "../data/volumes/stacked-planes.js";
import type { ConventionName } from "../evaluation/conventions.js";
import { evaluateMask } from "../evaluation/evaluate-mask.js";
import { voxelCount } from "../grid/grid.js";
import { type AskedOptions, inferCaseAnswer } from "../inference/infer-case.js";
import { classMask, withoutIgnored } from "../inference/label-map.js";
import { pooledFeatures } from "../inference/pooled-features.js";
import { requireFinite } from "../inference/predict.js";
import { predictCase } from "../inference/predict-case.js";
import type { SegmentationNetwork } from "../nn/index.js";
import {
  addSeen,
  type CaseObservation,
  emptyObservation,
  type MemberKind,
  memberKinds,
  type SeenPart,
} from "./observation.js";
import { restyledDice } from "./restyling.js";
import { type LabelledView, pixelFeatures, type ReverseReference, reverseDice } from "./reverse.js";

/** Somebody whose answer is held against the network's. */
export interface Member {
  readonly kind: MemberKind;
  readonly network: SegmentationNetwork;
  /** How it sees the case; default: as it is. The geometry stays. */
  readonly see?: (decoded: DecodedCase) => DecodedCase;
}

/** Who is asked, and how. */
export interface Asked extends Omit<AskedOptions, "testTimeFlips"> {
  readonly network: SegmentationNetwork;
  readonly members: readonly Member[];
  /** Of HD95. */
  readonly convention: ConventionName;
  /** Labelled views that reverse classifiers are tried on, and that are restyled; none of the case's own subject. */
  readonly references: readonly ReverseReference[];
}

/** What observing has to know of a data set. */
export type ObservedSet = Pick<Dataset, "target" | "outputs" | "parts" | "slices">;

/** Label map and probabilities `[K, S]` of one picture, or of a whole volume. */
interface Answer {
  readonly labels: Uint8Array;
  readonly probabilities: Float32Array;
}

async function answer(
  network: SegmentationNetwork,
  picture: DecodedCase,
  dataset: ObservedSet,
  asked: Asked,
  what: string,
): Promise<Answer> {
  if (asked.patch) return inferCaseAnswer(network, picture, dataset, asked, what);
  return predictCase(network, picture, dataset, asked, ({ labels, probabilities }) => {
    requireFinite(probabilities, what);
    return { labels, probabilities: probabilities.toTypedArray() as Float32Array };
  });
}

/** The same for each member, one list a kind. */
function byKind<T>(members: readonly Member[], make: (member: Member, index: number) => T): Record<MemberKind, T[]> {
  const made = members.map((member, i) => ({ kind: member.kind, value: make(member, i) }));
  return Object.fromEntries(
    memberKinds.map((kind) => [kind, made.filter((one) => one.kind === kind).map(({ value }) => value)]),
  ) as Record<MemberKind, T[]>;
}

/**
 * Asks about a case: of a volume slice by slice, or whole where the network is of volumes. Ignored pixels are of no part.
 * @param what the case, for messages
 * @throws NumericError when an answer holds NaN
 */
export async function observeCase(
  decoded: DecodedCase,
  dataset: ObservedSet,
  asked: Asked,
  what: string,
): Promise<CaseObservation> {
  const { network, members, patch } = asked;
  const counts = byKind(members, () => 0);
  const sizes = Object.fromEntries(memberKinds.map((kind) => [kind, counts[kind].length])) as Record<
    MemberKind,
    number
  >;
  const parts = dataset.parts.map(() => emptyObservation(sizes, decoded.label !== undefined));
  const pictures = (seen: DecodedCase) => (patch ? [seen] : picturesOf(seen, dataset));
  const views = members.map(({ see }) => (see ? pictures(see(decoded)) : null));
  const said: Uint8Array[] = [];
  for (const [p, picture] of pictures(decoded).entries()) {
    const pixels = voxelCount(picture.working);
    const own = await answer(network, picture, dataset, asked, what);
    const answers: Answer[] = [];
    for (const [m, member] of members.entries())
      answers.push(await answer(member.network, views[m]?.[p] ?? picture, dataset, asked, what));
    const theirs = byKind(members, (_, m) => answers[m]);
    const reference = picture.label ?? null;
    const judged = (labels: Uint8Array) => (reference ? withoutIgnored(labels, reference) : labels);
    dataset.parts.forEach(({ index }, part) => {
      const mask = (labels: Uint8Array) => classMask(judged(labels), index, dataset.target, pixels);
      const seen: SeenPart = {
        extent: picture.working.shape,
        mask: mask(own.labels),
        probabilities: own.probabilities.subarray(index * pixels, (index + 1) * pixels),
        members: Object.fromEntries(
          memberKinds.map((kind) => [kind, theirs[kind].map(({ labels }) => mask(labels))]),
        ) as Record<MemberKind, Uint8Array[]>,
        reference: reference && classMask(reference, index, dataset.target, pixels),
      };
      addSeen(parts[part], seen);
    });
    said.push(own.labels);
    // Lets signals in: a case of many slices takes long.
    await nextTurn();
  }
  const planes = dataset.target === "softmax" ? 1 : dataset.outputs;
  const whole = { ...decoded, label: stackSlices(said, planes) };
  // What stands for a volume is where most was predicted, whether or not it has a mask.
  const view = viewOf(whole, dataset, patch ?? null);
  const features = pixelFeatures(view);
  const restyled = restyledDice(network, view, dataset, asked, asked.references);
  return {
    parts: parts.map((counted, part) => ({
      ...counted,
      diagonal: Math.hypot(...decoded.working.shape),
      hd95: decoded.label ? hausdorffOf(whole, decoded.label, dataset, part, asked.convention) : Number.NaN,
      reverse: reverseDice(features, partMask(view, dataset, part), part, asked.references),
      restyled: restyled[part],
    })),
    feature: pooledFeatures(network, [view], asked),
  };
}

/** HD95 of a part in pixels; NaN where one of the masks is empty. @param reference labels on the same grid */
function hausdorffOf(
  predicted: DecodedCase & { readonly label: Uint8Array },
  reference: Uint8Array,
  dataset: ObservedSet,
  part: number,
  convention: ConventionName,
): number {
  const judged = { ...predicted, label: withoutIgnored(predicted.label, reference) };
  const masks = [judged, { ...predicted, label: reference }].map((one) => partMask(one, dataset, part));
  if (!masks.every((mask) => mask.includes(1))) return Number.NaN;
  return evaluateMask(masks[0], masks[1], { shape: predicted.working.shape, convention }).hd95;
}

/** 0/1 of a part on the working grid of a case with labels. */
function partMask({ label, working }: DecodedCase, dataset: ObservedSet, part: number): Uint8Array {
  return classMask(label as Uint8Array, dataset.parts[part].index, dataset.target, voxelCount(working));
}

/** What a network sees of a labelled case where one input has to stand for it. */
export function labelledView(
  decoded: DecodedCase,
  dataset: ObservedSet,
  patch: readonly number[] | null,
): LabelledView {
  const view = viewOf(decoded, dataset, patch);
  const masks = dataset.parts.map((_, part) => partMask(view, dataset, part));
  return { view: { ...view, label: view.label as Uint8Array }, masks };
}

/** What reverse classifiers are tried on of a labelled case, and what is restyled. */
export function reverseReference(
  decoded: DecodedCase,
  dataset: ObservedSet,
  patch: readonly number[] | null,
  subject: string,
): ReverseReference {
  const labelled = labelledView(decoded, dataset, patch);
  return { subject, ...labelled, features: pixelFeatures(labelled.view) };
}
