/** What can be undone and done again. */
import type { Change } from "./mask-document.js";

/** Steps that are kept. */
export const mostSteps = 100;

/**
 * Bytes that the steps may take together. A hundred whole masks of 2048 x 2048 that change in every second pixel would
 * take more; the oldest go then.
 */
export const mostBytes = 256 * 2 ** 20;

/** A change that can be undone. */
export interface Step extends Change {
  /** Whether it put the model's mask in place. */
  readonly isModel: boolean;
}

/** Changes in their order, and where among them the mask stands. */
export class History {
  private done: Step[] = [];
  private undone: Step[] = [];

  constructor(private readonly limits: { steps: number; bytes: number } = { steps: mostSteps, bytes: mostBytes }) {}

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Takes a new change up; what was undone before it is gone. */
  push(change: Step): void {
    this.undone = [];
    this.done.push(change);
    let bytes = this.done.reduce((sum, { runs }) => sum + runs.length, 0);
    while (this.done.length > this.limits.steps || (bytes > this.limits.bytes && this.done.length > 1))
      bytes -= (this.done.shift() as Step).runs.length;
  }

  /** The change to undo, which then can be done again. */
  undo(): Step | undefined {
    const change = this.done.pop();
    if (change) this.undone.push(change);
    return change;
  }

  /** The change to do again. */
  redo(): Step | undefined {
    const change = this.undone.pop();
    if (change) this.done.push(change);
    return change;
  }
}
