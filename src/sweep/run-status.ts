/** How far a run of a sweep is, for displays and forecasts. */
import type { PlannedRun } from "./plan.js";

/** Where a run of a sweep is. */
export type RunState = "waiting" | "training" | "evaluating" | "done" | "skipped" | "failed" | "stopped";

/** A time in milliseconds, and how many steps were done then. */
export interface Moment {
  readonly time: number;
  readonly step: number;
}

/** A run as a display shows it. */
export interface RunStatus {
  readonly run: PlannedRun;
  state: RunState;
  step: number;
  /** Newest or best validation Dice. */
  dice: number | null;
  /** Why it failed, or waits once its turn has come. */
  error: string;
  /** When and at which step this process began to train it. */
  begun: Moment | null;
  /** When its first step was seen, from which its pace is measured: reading images comes before it, and it is a slow one. */
  stepped: Moment | null;
  /** What this process has trained of it before, for the pace of runs like it. */
  trained: { milliseconds: number; steps: number };
}
