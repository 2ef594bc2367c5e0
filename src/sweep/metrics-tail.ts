/** Where a run stands by the metrics that another process writes. */
import { LogFollower } from "../runs/logs/follow-log.js";

/** Where a followed run stands. */
export interface TailReading {
  /** Optimiser steps done at the newest line. */
  step: number;
  /** Newest student Dice on the validation cases. */
  dice: number | null;
}

export class MetricsTail {
  private readonly log: LogFollower;
  private reading: TailReading = { step: 0, dice: null };

  constructor(path: string) {
    this.log = new LogFollower(path);
  }

  /** Passes over what is there: of steps after the last checkpoint, which are made again. */
  skip(): void {
    this.log.read();
  }

  /** The latest numbers; those of before while the file cannot be read. */
  read(): TailReading {
    for (const line of this.log.read().lines) this.take(line);
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
    // A step, which has a task loss, counts from 0; a validation, with or without cases, counts the steps done.
    const step = Number(record.iteration) + ("task" in record ? 1 : 0);
    this.reading = {
      step: Number.isFinite(step) ? step : this.reading.step,
      dice: validated ? dice : this.reading.dice,
    };
  }
}
