/** Which checkpoint of a run is meant: the newest, the one chosen by a rule, or the one of a step; `auto` is chosen when it is asked for. */
import { UsageError } from "../../core/errors.js";

const keptNames = ["last", "best", "best-on-test"] as const;

/** A checkpoint that a run's folder finds by itself: by what it was called when it was saved, or by its step. */
export type KeptCheckpoint = (typeof keptNames)[number] | `step-${number}`;

/** A checkpoint as it is asked for; auto: the one that `auto-choice.ts` remembers. */
export type CheckpointName = KeptCheckpoint | "auto";

/** All names but those of steps. */
export const checkpointNames = [...keptNames, "auto"] as const;

/** The step that a name such as `step-500` gives; undefined for the names of rules. */
export function stepOfName(name: CheckpointName): number | undefined {
  const digits = /^step-(0|[1-9][0-9]{0,14})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A name as people type it. @throws UsageError when it is none */
export function parseCheckpointName(text: string): CheckpointName {
  const name = text as CheckpointName;
  if ((checkpointNames as readonly string[]).includes(text) || stepOfName(name) !== undefined) return name;
  throw new UsageError(
    `--checkpoint ${text}: take ${checkpointNames.join(", ")}, or step-N for the checkpoint of that step`,
  );
}

/** Which of a run's networks is meant; the teacher is the averaged one that some methods keep. */
export const networkNames = ["student", "teacher"] as const;
export type NetworkName = (typeof networkNames)[number];
