/**
 * The training loop. Everything random is a function of (seed, iteration), so that a resumed run gives the same bits
 * as an uninterrupted one; what the loop remembers beside the tensors is in {@link Progress}. Several processes run it in
 * step, each on its part of every batch; the first of them judges, decides and writes.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { NumericError } from "../core/errors.js";
import { secondsOf } from "../core/seconds.js";
import { Stopped, turnUntil } from "../core/turns.js";
import type { Communicator } from "../distributed/index.js";
import { type NonFinite, passesOf, restore, type StepReport, save } from "../optim/index.js";
import { isFinished, type Progress } from "../runs/checkpoints/checkpoint-contents.js";
import type { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import type { MetricRecord, MetricsLog } from "../runs/logs/metrics-log.js";
import type { EventLog } from "../runs/logs/tensorboard.js";
import type { UsageRecord } from "../runs/logs/usage.js";
import { liveTensors, scope, type Tensor, worldAverages, worldMean } from "../torch/index.js";
import { Batches, type DecodedBatch } from "./batches/batches.js";
import type { TrainingDraws } from "./batches/draw-source.js";
import { followUnlabelled } from "./follow-unlabelled.js";
import { type Ending, Pace } from "./pace.js";
import type { Preview } from "./preview/preview.js";
import type { TrainingSession } from "./session.js";
import { CapturedSteps } from "./steps/captured-steps.js";
import { type StepResult, trainStep } from "./steps/step.js";
import { stepRecord } from "./steps/step-log.js";
import { UnreadSteps } from "./steps/unread-steps.js";
import { rehearseStop } from "./stop-rehearsal.js";
import { collectState } from "./training-state.js";
import { monitorTest, type Validation, validate } from "./validation.js";

/** Where a run writes. */
export interface RunOutputs {
  store: CheckpointStore;
  metrics: MetricsLog;
  events: EventLog;
  usage: UsageRecord;
  preview: Preview | null;
}

/** What the loop tells whoever watches. */
export interface TrainingObserver {
  /** After each step. @param note a few words for the progress line */
  step(done: number, note: string): void;
  /** After each validation, with its named numbers. */
  validation(iteration: number, record: MetricRecord): void;
  /** After a few steps, and again where that turns out wrong: when the run will end. */
  ending?(ending: Ending): void;
  /** Something that does not end the run. */
  warn(message: string): void;
  /** Whether to stop after the present step. */
  stopRequested(): boolean;
}

/** How training ended. */
export interface TrainingOutcome {
  progress: Progress;
  finished: boolean;
  /** Steps that this process trained; 0 of a run that was finished before. */
  trained: number;
}

export class Trainer {
  private readonly batches: Batches;
  private readonly buffers: Tensor[];
  private readonly unread = new UnreadSteps();
  /** Null where no step is captured. */
  private captured: CapturedSteps | null = null;
  /** A few words for the progress line. */
  private note = "";

  constructor(
    private readonly session: TrainingSession,
    /** Null in processes beside the first, which write nothing. */
    private readonly outputs: RunOutputs | null,
    private readonly observer: TrainingObserver,
    private progress: Progress,
    private readonly draws: TrainingDraws,
    private readonly world: Communicator,
  ) {
    const { config, dataset, augmenter, normalisation, device, usesUnlabelled, student, method } = session;
    const { iterations, labelledBatch, unlabelledBatch, seed } = config.training;
    this.batches = new Batches({
      dataset,
      draws,
      labelledBatch,
      unlabelledBatch: usesUnlabelled ? unlabelledBatch : 0,
      seed,
      augmenter,
      normalisation,
      device,
      share: world,
      ahead: { count: config.data.ahead, iterations },
    });
    const kept = [student, ...Object.values(method.networks)];
    this.buffers = kept.flatMap((network) => network.namedBuffers().map(([, buffer]) => buffer));
  }

  /** Trains to the configured end, or until told to stop; a checkpoint is saved either way. */
  async run(): Promise<TrainingOutcome> {
    if (!this.session.config.training.capture) return await this.toTheEnd();
    using captured = new CapturedSteps(this.session);
    this.captured = captured;
    return await this.toTheEnd();
  }

  private async toTheEnd(): Promise<TrainingOutcome> {
    const { config, minimizer } = this.session;
    const { iterations } = config.training;
    const { every } = config.evaluation;
    const begin = this.progress.iteration;
    const work = passesOf(minimizer, iterations);
    const pace = new Pace({ from: begin, iterations, every, period: config.logging.every, work });
    const saving = begin === 0 ? await secondsOf(() => this.saved()) : 0;
    if (this.progress.unvalidated) await this.validateAndSave();
    if (this.progress.unvalidated) return this.outcome(begin);
    while (this.progress.iteration < iterations) {
      pace.step(await secondsOf(() => this.trainOnce()));
      const done = this.progress.iteration;
      if (done % every === 0 || done === iterations) pace.stop(await secondsOf(() => this.validateAndSave()));
      // Lets signals and timers in: the steps themselves never leave the main thread.
      await nextTurn();
      if (!(await this.world.any(this.observer.stopRequested()))) {
        await this.tellEnding(pace, saving);
        continue;
      }
      if (done % every !== 0 && done !== iterations) await this.saved();
      return this.outcome(begin);
    }
    return this.outcome(begin);
  }

  /** One step, from its images to its report. */
  private async trainOnce(): Promise<void> {
    const batch = await this.batches.fetch(this.progress.iteration);
    // Who has its images late is waited for here, outside of the event loop, and not within the step.
    await this.world.any(false);
    const report = this.step(batch);
    this.progress = { ...this.progress, iteration: this.progress.iteration + 1 };
    this.note = noteOf(report) ?? this.note;
    this.observer.step(this.progress.iteration, this.note);
  }

  /** Says when the run will end, once that can be told, and whenever it turns out otherwise. */
  private async tellEnding(pace: Pace, saving: number): Promise<void> {
    const { observer, session } = this;
    if (!observer.ending || !pace.isTelling()) return;
    let judging = 0;
    if (!pace.knowsStops) {
      const turn = turnUntil(() => observer.stopRequested());
      try {
        pace.other(
          await secondsOf(async () => {
            judging = await rehearseStop(session, turn);
          }),
        );
      } catch (error) {
        // The loop sees to a stop, and the next validation to outputs that are NaN.
        if (!(error instanceof Stopped || error instanceof NumericError)) throw error;
      }
    }
    const ending = pace.ending(judging + saving);
    if (ending) observer.ending(ending);
  }

  private outcome(begin: number): TrainingOutcome {
    const { progress, session } = this;
    const finished = isFinished(progress, session.config.training.iterations);
    return { progress, finished, trained: progress.iteration - begin };
  }

  /** One optimiser step; nothing but logs, networks and optimiser state outlives it. */
  private step(decoded: DecodedBatch): StepReport {
    return this.world.together(() => this.stepOnOwnPart(decoded));
  }

  private stepOnOwnPart(decoded: DecodedBatch): StepReport {
    const { session, world } = this;
    const { iterations: maxIterations, seed, onNonFinite } = session.config.training;
    const { iteration } = decoded;
    return scope(() => {
      const saved = onNonFinite === "skip" ? save(this.buffers) : null;
      const measure = iteration % session.config.logging.every === 0 || iteration === maxIterations - 1;
      // Whether a step is to be skipped has to be known before its update; one that ends the run may be found later.
      const deferred = saved === null;
      const place = {
        ...{ seed, iteration, maxIterations, baseRate: session.config.base.rate, measure },
        ...{ rank: world.rank, first: this.batches.part("labelled").first },
        ...{ ownAscent: session.config.processes.sharpness === "local", deferred },
      };
      const batch = this.batches.assemble(decoded);
      const { captured } = this;
      if (captured && !measure) {
        const { report } = this.afterCause(() => ({ report: captured.step(batch, place) }));
        if (report.nonFinite) this.refuse(report.nonFinite, iteration, null);
        return this.kept(iteration, report);
      }
      const { prepared, rate, report } = this.afterCause(() => trainStep(session, batch, place));
      if (report.nonFinite) this.refuse(report.nonFinite, iteration, saved);
      this.kept(iteration, report);
      if (measure || report.nonFinite) {
        const measures = { ...prepared.measures, ...session.comparison?.estimator.measures?.() };
        const extra = { rate, rampUp: prepared.rampUp, measures: this.readNumbers(worldMean, measures) };
        this.log(iteration, stepRecord(iteration, report, extra));
      }
      return report;
    });
  }

  /** Remembers what a step left to be read. */
  private kept(iteration: number, report: StepReport): StepReport {
    this.unread.keep(iteration, report);
    return report;
  }

  /**
   * A step that fails, or finds a NaN by itself, may do so because of a NaN in an earlier one, which is then what ends
   * the run. Of this process alone, since the others may not have met it.
   */
  private afterCause<Result extends Pick<StepResult, "report">>(step: () => Result): Result {
    const readOwn = () => this.readNumbers((own) => own);
    let result: Result;
    try {
      result = step();
    } catch (error) {
      readOwn();
      throw error;
    }
    if (result.report.nonFinite) readOwn();
    return result;
  }

  /** Reads what steps have left on the device, and further scalars. @throws NumericError at the first NaN or infinity */
  private readNumbers(ofAll: (own: Tensor) => Tensor, measures?: Record<string, Tensor>): Record<string, number> {
    const { measures: numbers, broken } = this.unread.read(ofAll, measures);
    if (broken) this.refuse(broken.what, broken.iteration, null);
    return numbers;
  }

  /** Makes sure that the weights are fit to be judged and saved. @throws NumericError */
  private requireFinite(): void {
    if (this.unread.isEmpty) return;
    this.world.together(() => scope(() => this.readNumbers(worldMean)));
  }

  /** Ends the run on a NaN or infinity, or puts everything back as it was before the step. */
  private refuse({ pass, quantity }: NonFinite, iteration: number, saved: Tensor[] | null): void {
    const what = `step ${iteration}: ${quantity} is NaN or infinite in the ${pass} pass`;
    if (!saved) {
      throw new NumericError(
        `${what}; the weights are those of the last checkpoint; lower base.rate, take training.precision: fp32, or set training.onNonFinite: skip`,
      );
    }
    restore(this.buffers, saved);
    this.progress = { ...this.progress, skipped: this.progress.skipped + 1 };
    this.observer.warn(`${what}; skipped (${this.progress.skipped} so far)`);
  }

  private log(step: number, record: MetricRecord): void {
    if (!this.outputs) return;
    const { metrics, events } = this.outputs;
    metrics.append(record);
    for (const [name, value] of Object.entries(record)) {
      if (typeof value === "number" && name !== "iteration") events.scalar(step, name.replaceAll(".", "/"), value);
    }
  }

  /** Lets the first process save. */
  private async saved(): Promise<void> {
    await this.asJudged(() => this.save([]));
  }

  /** Lets the first process do something with the networks as they are judged and saved. */
  private async asJudged(act: () => void | Promise<void>): Promise<void> {
    const { statistics } = this.session;
    this.requireFinite();
    this.shareBuffers();
    await statistics?.settle(this.draws);
    this.progress = await this.world.first(async () => {
      await act();
      return this.progress;
    });
    statistics?.restore();
  }

  /** Statistics of BatchNorm that each process moved by its own images become their mean. */
  private shareBuffers(): void {
    if (this.session.config.processes.batchNorm === "synced") return;
    this.world.together(() => scope(() => restore(this.buffers, worldAverages(this.buffers))));
  }

  /** Lets the first process validate and save. */
  private async validateAndSave(): Promise<void> {
    await this.asJudged(() => this.validateAndSaveAlone());
  }

  /** Told to stop while it validates, it saves what was trained; the validation is made when the run goes on. */
  private async validateAndSaveAlone(): Promise<void> {
    const turn = turnUntil(() => {
      this.world.requireAll();
      return this.observer.stopRequested();
    });
    try {
      const validation = await this.judged(() => validate(this.session, turn));
      const test = await this.judged(() => monitorTest(this.session, turn));
      const followed = await this.judged(async () => ({
        record: await followUnlabelled(this.session, turn),
        dice: null,
      }));
      await this.keepValidation(validation, test, followed.record);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.progress = { ...this.progress, unvalidated: true };
      this.save([]);
    }
  }

  private async keepValidation(validation: Validation, test: Validation, followed: MetricRecord): Promise<void> {
    const { unvalidated: _, ...trained } = this.progress;
    const { iteration } = trained;
    const record = { iteration, ...validation.record, ...test.record, ...followed };
    this.log(iteration, record);
    this.outputs?.events.scalar(iteration, "engine/liveTensors", liveTensors());
    this.observer.validation(iteration, record);
    const best = better(this.progress.best, validation, iteration);
    const bestOnTest = better(this.progress.bestOnTest, test, iteration);
    const names = [
      ...(best !== this.progress.best ? ["best"] : []),
      ...(bestOnTest !== this.progress.bestOnTest ? ["best-on-test"] : []),
    ];
    this.progress = { ...trained, best, bestOnTest };
    // Before the checkpoint: a run that is resumed from it has the picture up to there.
    await this.outputs?.preview?.add(iteration);
    this.save(names);
  }

  /** A validation under the same policy as the steps: outputs that are NaN end the run, or are told and passed over. */
  private async judged(judge: () => Promise<Validation>): Promise<Validation> {
    try {
      return await judge();
    } catch (error) {
      if (!(error instanceof NumericError)) throw error;
      const what = `validation after step ${this.progress.iteration}: ${error.message}`;
      if (this.session.config.training.onNonFinite === "stop") throw new NumericError(what, { cause: error });
      this.observer.warn(what);
      return { record: {}, dice: null };
    }
  }

  private save(names: string[]): void {
    if (!this.outputs) return;
    const { metrics, events, store, usage } = this.outputs;
    metrics.sync();
    events.sync();
    this.progress = { ...this.progress, metricsOffset: metrics.offset(), eventsOffset: events.offset() };
    store.save(this.progress.iteration, collectState(this.session, this.progress), names);
    usage.update(this.progress.iteration);
  }
}

function better(before: Progress["best"], { dice }: Validation, iteration: number): Progress["best"] {
  if (dice === null || !Number.isFinite(dice)) return before;
  return before === null || dice > before.dice ? { iteration, dice } : before;
}

/** A step that was not measured has nothing to say, so the last one that was stays on the screen. */
function noteOf({ task, divergence, nonFinite }: StepReport): string | null {
  if (nonFinite) return "skipped";
  if (Number.isNaN(task)) return null;
  const distance = divergence === undefined ? "" : `, divergence ${divergence.toPrecision(2)}`;
  return `loss ${task.toFixed(3)}${distance}`;
}
