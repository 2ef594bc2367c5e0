/** What can be undone and done again, over all masks that are shown one at a time. */
import type { Change } from "./mask-document.js";

/** Steps that are kept. */
export const mostSteps = 100;

/**
 * Bytes that the steps may take together. A hundred whole masks of 2048 x 2048 that change in every second pixel would
 * take more; the oldest go then.
 */
export const mostBytes = 256 * 2 ** 20;

/** Which of the masks a step changed: a slice of a volume, by its plane. */
export interface StepPlace {
  readonly plane: number;
  readonly index: number;
}

/** A change that can be undone. */
export interface Step extends Change, StepPlace {
  /** Where it put the model's mask in place, what predicted that. */
  readonly model?: string | undefined;
}

/** Back by a step, or on again. */
export type StepWay = "undo" | "redo";

/**
 * Changes in their order, and where among them the masks stand. Masks may cross each other, as slices of two planes do: the
 * newest change of all is always undone first.
 */
export class History {
  private done: Step[] = [];
  private undone: Step[] = [];
  private sought: { step: Step; way: StepWay } | null = null;

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

  /** The change that is next on a way. */
  next(way: StepWay): Step | undefined {
    return (way === "undo" ? this.done : this.undone).at(-1);
  }

  /** Takes the next change on a way, which then is the next one on the other. */
  take(way: StepWay): Step | undefined {
    const [from, to] = way === "undo" ? [this.done, this.undone] : [this.undone, this.done];
    const change = from.pop();
    if (change) to.push(change);
    return change;
  }

  /** Remembers that the next change on a way waits for its mask to be shown. */
  seek(way: StepWay): void {
    const step = this.next(way);
    this.sought = step ? { step, way } : null;
  }

  /** The way of the change that waited for a mask to be shown; undefined where none did, or others were made since. */
  found({ plane, index }: StepPlace): StepWay | undefined {
    const { sought } = this;
    this.sought = null;
    const isHere = sought && sought.step.plane === plane && sought.step.index === index;
    return isHere && this.next(sought.way) === sought.step ? sought.way : undefined;
  }
}
