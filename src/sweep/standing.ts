/** How far a planned run is, by what lies in its folder. Reads only. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readResolvedConfig } from "../config/config.js";
import { type AutoChoice, readAutoChoice } from "../runs/checkpoints/auto-choice.js";
import { isFinished, type Progress, peekProgress } from "../runs/checkpoints/checkpoint-contents.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { readEvaluation } from "../runs/evaluation-files.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import type { EvaluateSection } from "./grid-file.js";
import { checkSameSettings, type PlannedRun } from "./plan.js";

/** One `dimseg evaluate`. */
export interface Evaluation {
  checkpoint: string;
  network: string;
}

/** How far a run is. */
export interface Standing {
  /** `new`: no run there; `begun`: it trains on; `trained`: evaluations are missing; `finished`: nothing is left to do. */
  stage: "new" | "begun" | "trained" | "finished";
  /** Optimiser steps done at the newest checkpoint. */
  step: number;
  /** Best Dice on the validation cases so far. */
  dice: number | null;
  /** Evaluations still to be made once training has ended. */
  missing: Evaluation[];
}

function storeOf(run: RunFolder): CheckpointStore {
  return new CheckpointStore(run.checkpoints, { keep: 1, warn: () => {} });
}

/** The step that an evaluation was made at; null when there is none or it is incomplete. */
function evaluatedStep({ evaluation }: RunFolder, { checkpoint, network }: Evaluation): number | null {
  try {
    const texts = readEvaluation(join(evaluation, `${checkpoint}-${network}`));
    return texts && JSON.parse(texts.summary).checkpoint.step;
  } catch {
    return null;
  }
}

/** The step of a checkpoint of a run that has ended. */
function checkpointStep(
  name: string,
  { iteration, best, bestOnTest }: Progress,
  auto: AutoChoice | undefined,
): number | undefined {
  return { last: iteration, best: best?.iteration, "best-on-test": bestOnTest?.iteration, auto: auto?.chosen }[name];
}

/**
 * Looks at a run's folder.
 * @throws UsageError when it holds a run with other settings, or is no run folder
 */
export function standingOf(run: PlannedRun, { checkpoints, networks }: EvaluateSection): Standing {
  if (!existsSync(join(run.folder, "config.yaml"))) return { stage: "new", step: 0, dice: null, missing: [] };
  const folder = openRunFolder(run.folder);
  checkSameSettings(run, folder.config);
  const step = storeOf(folder).steps()[0];
  const newest = step === undefined ? undefined : join(folder.checkpoints, `step-${step}`);
  const progress = newest === undefined ? null : peekProgress(newest);
  if (newest === undefined || progress === null) return { stage: "begun", step: 0, dice: null, missing: [] };
  const kept = networks.filter((network) => existsSync(join(newest, `${network}.safetensors`)));
  const auto = checkpoints.includes("auto") ? readAutoChoice(folder, readResolvedConfig(folder.config)) : undefined;
  const missing = checkpoints
    .flatMap((checkpoint) => kept.map((network) => ({ checkpoint, network })))
    .filter((one) => evaluatedStep(folder, one) !== checkpointStep(one.checkpoint, progress, auto));
  const trained = isFinished(progress, run.config.training.iterations);
  const stage = !trained ? "begun" : missing.length > 0 ? "trained" : "finished";
  return { stage, step: progress.iteration, dice: progress.best?.dice ?? null, missing };
}
