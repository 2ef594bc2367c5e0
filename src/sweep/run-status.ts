/** How far a run of a sweep is, for displays and forecasts. */
import type { PlannedRun } from "./plan.js";

/** Where a run of a sweep is. */
export type RunState = "waiting" | "training" | "evaluating" | "done" | "skipped" | "failed" | "stopped";

/** A run as a display shows it. */
export interface RunStatus {
  readonly run: PlannedRun;
  state: RunState;
  step: number;
  /** Newest or best validation Dice. */
  dice: number | null;
  /** Why it failed, or waits once its turn has come. */
  error: string;
  /** When and at which step this process began to train it, for the remaining time. */
  begun: { time: number; step: number } | null;
  /** What this process has trained of it before, for the pace of runs like it. */
  trained: { milliseconds: number; steps: number };
}
