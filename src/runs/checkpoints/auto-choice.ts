/**
 * Which checkpoint `auto` means in a run, with the reasons, as a file of the run (`quality/auto.json`). It holds as long as
 * the checkpoints are those that it was chosen among.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { TrainingConfig } from "../../config/config.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { refuseLinks } from "../../core/files/refuse-links.js";
import type { RunFolder } from "../run-folder.js";
import { studentFile } from "./checkpoint-contents.js";
import { CheckpointStore } from "./checkpoint-store.js";
import { spacedSteps } from "./spaced-steps.js";

/** A checkpoint that may be chosen. */
export interface AutoCandidate {
  readonly step: number;
  /** SHA-256 of its student. */
  readonly student: string;
}

/** What decides; a choice by another rule, of an earlier version, is made anew. */
export const choiceRule = "labelled images in other looks";

const schema = z.strictObject({
  dimseg: z.string(),
  by: z.literal(choiceRule),
  /** One sentence. */
  reason: z.string(),
  chosen: z.int().min(0),
  /** How many images of each domain lent their looks. */
  images: z.record(z.string(), z.int().min(1)),
  candidates: z
    .array(
      z.strictObject({
        step: z.int().min(0),
        student: z.string(),
        /** In [0, 1], of labelled images as they are and by domain; none where there was nothing to choose by. */
        score: z.number().optional(),
        labelled: z.number().optional(),
        domains: z.record(z.string(), z.number()).optional(),
      }),
    )
    .min(1),
});

/** What was chosen, and why. */
export type AutoChoice = z.output<typeof schema>;

const fileName = "auto.json";

/**
 * The checkpoints among which `auto` chooses, oldest first: the spaced ones, the last one and the one that is best on the
 * validation images; never one for what the test labels say of it. A run keeps the same ones whether or not it was
 * interrupted.
 * @throws DamagedCheckpoint when one does not say what it holds
 */
export function autoCandidates({ checkpoints }: RunFolder, config: TrainingConfig): AutoCandidate[] {
  const store = new CheckpointStore(checkpoints, { keep: 1, warn: () => {} });
  const all = store.steps();
  const wanted = new Set([...spacedSteps(config), all[0], store.stepNamed("best")]);
  return all
    .filter((step) => wanted.has(step))
    .reverse()
    .map((step) => ({ step, student: store.hashOf(step, studentFile) ?? "" }));
}

function isAmong(choice: AutoChoice, candidates: readonly AutoCandidate[]): boolean {
  const key = (some: readonly AutoCandidate[]) => JSON.stringify(some.map(({ step, student }) => [step, student]));
  return key(choice.candidates) === key(candidates);
}

/**
 * What was chosen among the run's present checkpoints; undefined where nothing was, or among others.
 * @throws DamagedCheckpoint as {@link autoCandidates}
 */
export function readAutoChoice(run: RunFolder, config: TrainingConfig): AutoChoice | undefined {
  const path = join(run.quality, fileName);
  if (!existsSync(path)) return undefined;
  try {
    const { success, data } = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    return success && isAmong(data, autoCandidates(run, config)) ? data : undefined;
  } catch (error) {
    // A file that is damaged is made anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps a choice. @throws ResourceError when it cannot be written; UsageError when the file is a link */
export function writeAutoChoice({ quality }: RunFolder, choice: AutoChoice): void {
  refuseLinks(quality, [fileName]);
  writeFileAtomic(join(quality, fileName), `${JSON.stringify(choice, null, 2)}\n`);
}
