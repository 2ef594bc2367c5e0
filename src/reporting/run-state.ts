/** How far a run is, by what lies in its folder, and at which step its checkpoints stand. Reads only. */
import { join } from "node:path";
import type { TrainingConfig } from "../config/config.js";
import { counted } from "../core/counted.js";
import { readAutoChoice } from "../runs/checkpoints/auto-choice.js";
import { isFinished, type Progress, peekProgress } from "../runs/checkpoints/checkpoint-contents.js";
import { type CheckpointName, stepOfName } from "../runs/checkpoints/checkpoint-names.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import type { RunFolder } from "../runs/run-folder.js";
import { isRunInUse } from "../runs/run-lock.js";
import type { RunState } from "./data.js";

/** Where training stood at the newest checkpoint whose record can be read; null when there is none. */
function newestProgress(run: RunFolder): Progress | null {
  const store = new CheckpointStore(run.checkpoints, { keep: 1, warn: () => {} });
  for (const step of store.steps()) {
    const progress = peekProgress(join(run.checkpoints, `step-${step}`));
    if (progress) return progress;
  }
  return null;
}

/** A run's state, and the step at which each of its checkpoints stands. */
export function runState(
  run: RunFolder,
  config: TrainingConfig,
  loggedSteps: number,
): { state: RunState; stepOf(name: CheckpointName): number | undefined } {
  const { iterations } = config.training;
  const progress = newestProgress(run);
  const step = progress?.iteration ?? null;
  // A run folder that was copied without its checkpoints is finished when its log is.
  const done = progress ? isFinished(progress, iterations) : loggedSteps >= iterations;
  const stage = done ? "finished" : isRunInUse(run.path) ? "running" : "stopped";
  const chosen: Partial<Record<CheckpointName, number | undefined>> = progress
    ? { last: progress.iteration, best: progress.best?.iteration, "best-on-test": progress.bestOnTest?.iteration }
    : {};
  const auto = () => readAutoChoice(run, config)?.chosen;
  const stepOf = (name: CheckpointName) => (name === "auto" ? auto() : (stepOfName(name) ?? chosen[name]));
  return { state: { stage, step, iterations }, stepOf };
}

/** How far a run is, in a few words. */
export function stateText({ state: { stage, step, iterations } }: { readonly state: RunState }): string {
  if (stage === "finished") return `finished, ${counted(iterations, "step")}`;
  return `${stage} at step ${step ?? 0} of ${iterations}`;
}
