/** All signals, by the names that stand in files. */
import type { PartReference } from "../reference.js";
import { appearanceAgreement } from "./appearance-agreement.js";
import { checkpointAgreement } from "./checkpoint-agreement.js";
import { featureNearness } from "./feature-nearness.js";
import { mirrorAgreement } from "./mirror-agreement.js";
import { restyledDice } from "./restyled-dice.js";
import { reverseClassification } from "./reverse-classification.js";
import { runAgreement } from "./run-agreement.js";
import { shapeLikeness } from "./shape-likeness.js";
import type { Signal } from "./signal.js";
import { softDice } from "./soft-dice.js";
import { teacherAgreement } from "./teacher-agreement.js";

/** What is known of a mask without its reference, by name; each in a file of its own. */
export const signals = {
  mirrorAgreement,
  teacherAgreement,
  appearanceAgreement,
  checkpointAgreement,
  runAgreement,
  softDice,
  featureNearness,
  shapeLikeness,
  reverseClassification,
  restyledDice,
} satisfies Record<string, Signal>;

/** Name of a signal. */
export type SignalName = keyof typeof signals;

/** Whether a signal can be trusted with a part. */
export function appliesTo(name: SignalName, { many }: Pick<PartReference, "many">): boolean {
  const { sameExtent }: Signal = signals[name];
  return !(many && sameExtent);
}

/** Names of all signals, in their order. */
export const signalNames = Object.keys(signals) as SignalName[];
