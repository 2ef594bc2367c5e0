/**
 * The numbers of steps that nobody has read yet. Reading waits for the device, so those of all steps since the last log
 * line are read together with the line's own; a NaN or infinity is then found in the step that it began in.
 */
import type { NonFinite, StepReport, UnreadNumbers } from "../../optim/index.js";
import { persist, readTogether, type Tensor } from "../../torch/index.js";

/** What a read gave. */
export interface ReadNumbers {
  /** The measures asked for, by name. */
  measures: Record<string, number>;
  /** The first step whose numbers are not all finite; null: there is none. */
  broken: { iteration: number; what: NonFinite } | null;
}

export class UnreadSteps {
  private steps: { iteration: number; report: StepReport; unread: UnreadNumbers }[] = [];

  /** Whether there is nothing to read. */
  get isEmpty(): boolean {
    return this.steps.length === 0;
  }

  /** Remembers what a step left on the device, if anything. */
  keep(iteration: number, report: StepReport): void {
    const { unread } = report;
    if (!unread) return;
    persist(unread.values);
    this.steps.push({ iteration, report, unread });
  }

  /**
   * Reads everything in one wait and completes the steps' reports.
   * @param ofAll what is read in place of this process's own values
   * @param measures further scalars to read
   */
  read(ofAll: (own: Tensor) => Tensor, measures: Readonly<Record<string, Tensor>> = {}): ReadNumbers {
    const steps = this.steps.splice(0);
    try {
      const read = readTogether([...steps.map(({ unread }) => unread.values), ...Object.values(measures)], ofAll);
      for (const [i, { report, unread }] of steps.entries()) unread.note(read[i], report);
      const broken = steps.find(({ report }) => report.nonFinite);
      return {
        measures: Object.fromEntries(Object.keys(measures).map((name, i) => [name, read[steps.length + i][0]])),
        broken: broken ? { iteration: broken.iteration, what: broken.report.nonFinite as NonFinite } : null,
      };
    } finally {
      for (const { unread } of steps) unread.values.dispose();
    }
  }
}
