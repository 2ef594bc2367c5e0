/**
 * When a run will end, from what its own steps and stops have taken so far. A stop is what happens every
 * `evaluation.every` steps: validation, preview and checkpoint.
 */

/** What of a run decides how much of it is left. */
export interface PacedRun {
  /** Steps that were done before this process. */
  readonly from: number;
  readonly iterations: number;
  /** Steps between two stops. */
  readonly every: number;
  /** Steps of which one costs more than the others, as it is logged. */
  readonly period: number;
  /** What a step of a 0-based iteration takes, in units of its own. Default: all take the same. */
  readonly work?: (iteration: number) => number;
}

/** When a run will end, in seconds from now, and what that rests on. */
export interface Ending {
  readonly secondsLeft: number;
  readonly stepSeconds: number;
  readonly stopSeconds: number;
  /** Whether something else was said before. */
  readonly isCorrection: boolean;
}

/** Steps are timed for so long, and at least over one period. */
const enoughSeconds = 3;
/** Where steps are slow, so long has to do. */
const mostSeconds = 30;
const fewestSteps = 3;
/** What was said is corrected where the whole run turns out to take so much more or less, and so many seconds. */
const worthSaying = { share: 0.15, seconds: 20 };

/** Stops after steps `done`: one after every `every`-th step, and one at the end. */
export function stopsLeft(done: number, { iterations, every }: Pick<PacedRun, "iterations" | "every">): number {
  return (
    Math.ceil(iterations / every) - Math.floor(done / every) - (done >= iterations && iterations % every > 0 ? 1 : 0)
  );
}

/** The clock of one process that trains a run. Seconds are told to it, so that it can be tried without waiting. */
export class Pace {
  private isFirst = true;
  /** Of the steps since the last stop, or the beginning. */
  private counted = 0;
  private worked = 0;
  private total = 0;
  private elapsed = 0;
  private stops: number[] = [];
  private isAfterStop = false;
  /** Seconds from the beginning to the end as it was said last. */
  private said: number | undefined;

  /** Steps that were done. */
  private done: number;

  constructor(private readonly run: PacedRun) {
    this.done = run.from;
  }

  private work(iteration: number): number {
    return this.run.work?.(iteration) ?? 1;
  }

  step(seconds: number): void {
    this.elapsed += seconds;
    this.done++;
    // The first builds what the others use again.
    if (this.isFirst) {
      this.isFirst = false;
      return;
    }
    if (this.isAfterStop) [this.counted, this.worked, this.total, this.isAfterStop] = [0, 0, 0, false];
    this.counted++;
    this.worked += this.work(this.done - 1);
    this.total += seconds;
  }

  stop(seconds: number): void {
    this.elapsed += seconds;
    this.stops.push(seconds);
    this.isAfterStop = true;
  }

  /** What took time and was neither. */
  other(seconds: number): void {
    this.elapsed += seconds;
  }

  /** Whether a stop was seen, so that nobody has to guess what the next ones take. */
  get knowsStops(): boolean {
    return this.stops.length > 0;
  }

  /** Whether enough is known to say something at all, and it is worth it. */
  isTelling(): boolean {
    const { done } = this;
    if (done >= this.run.iterations) return false;
    if (this.said !== undefined) return this.isAfterStop;
    if (2 * done > this.run.iterations + this.run.from || this.counted < fewestSteps) return false;
    return this.elapsed >= mostSeconds || (this.total >= enoughSeconds && this.counted >= this.run.period);
  }

  /**
   * When the run will end; null where that was said already, near enough.
   * @param guessedStop seconds of a stop as long as none was seen
   */
  ending(guessedStop: number): Ending | null {
    const { done } = this;
    const stepSeconds = this.total / this.counted;
    const stopSeconds = this.knowsStops ? this.stops.reduce((sum, one) => sum + one) / this.stops.length : guessedStop;
    let ahead = 0;
    for (let iteration = done; iteration < this.run.iterations; iteration++) ahead += this.work(iteration);
    const secondsLeft = ahead * (this.total / this.worked) + stopsLeft(done, this.run) * stopSeconds;
    const whole = this.elapsed + secondsLeft;
    const isCorrection = this.said !== undefined;
    const { share, seconds } = worthSaying;
    if (this.said !== undefined && Math.abs(whole - this.said) <= Math.max(share * this.said, seconds)) return null;
    this.said = whole;
    return { secondsLeft, stepSeconds, stopSeconds, isCorrection };
  }
}
