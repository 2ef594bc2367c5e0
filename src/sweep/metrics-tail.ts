/** Follows the metrics of a run that another process writes, reading only what is new. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Where a followed run stands. */
export interface TailReading {
  /** Optimiser steps done at the newest line. */
  step: number;
  /** Newest student Dice on the validation cases. */
  dice: number | null;
}

export class MetricsTail {
  private offset = 0;
  private rest = "";
  private reading: TailReading = { step: 0, dice: null };

  constructor(private readonly path: string) {}

  /** The latest numbers; those of before while the file cannot be read. */
  read(): TailReading {
    let handle: number;
    try {
      handle = openSync(this.path, "r");
    } catch {
      return this.reading;
    }
    try {
      const { size } = fstatSync(handle);
      // A resumed run cuts its log back to the checkpoint.
      if (size < this.offset) {
        this.offset = 0;
        this.rest = "";
      }
      const bytes = Buffer.alloc(size - this.offset);
      this.offset += readSync(handle, bytes, 0, bytes.length, this.offset);
      // Records are plain ASCII numbers and names, so that no character is cut in two.
      const lines = (this.rest + bytes.toString("latin1")).split("\n");
      this.rest = lines.pop() ?? "";
      for (const line of lines) this.take(line);
    } finally {
      closeSync(handle);
    }
    return this.reading;
  }

  private take(line: string): void {
    let record: Record<string, unknown>;
    try {
      record = JSON.parse(line);
    } catch {
      return;
    }
    const dice = record["validation.student.dice"];
    const validated = typeof dice === "number";
    // A validation counts the steps done, a step its own number from 0.
    const step = Number(record.iteration) + (validated ? 0 : 1);
    this.reading = {
      step: Number.isFinite(step) ? step : this.reading.step,
      dice: validated ? dice : this.reading.dice,
    };
  }
}
