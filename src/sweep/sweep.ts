/**
 * Runs a plan, some runs side by side, each in processes of its own: a run that fails, even by a crash of the engine,
 * does not stop the others. Nothing is remembered outside the run folders, so that a sweep can be stopped at any
 * time and goes on where it was.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DimsegError } from "../core/errors.js";
import type { DiskNeed } from "../runs/disk-need.js";
import type { ChildEnd, Children } from "./child.js";
import { diskOf, imagesPerSecond, imagesTrained, stepsLeft, timeLeft } from "./forecast.js";
import { awaitHolder } from "./held-run.js";
import { MetricsTail } from "./metrics-tail.js";
import type { PlannedRun, SweepPlan } from "./plan.js";
import type { RunState, RunStatus } from "./run-status.js";
import { jobsByCores, jobsByMemory, type Machine } from "./side-by-side.js";
import { type Standing, standingOf } from "./standing.js";
import { type Warning, Warnings } from "./warnings.js";

export type { RunState, RunStatus } from "./run-status.js";

/** What a sweep has ahead. */
export interface SweepForecast {
  /** Still to be trained. */
  steps: number;
  /** Until all runs are trained; null before the second step. */
  milliseconds: number | null;
  /** Of one run, the first that has a checkpoint; null before that. */
  disk: DiskNeed | null;
  /** Of all runs that are being trained now; null before the second step. */
  imagesPerSecond: number | null;
}

/** What was trained, and how fast. */
export interface Throughput {
  images: number;
  seconds: number;
}

/** How often `--jobs auto` looks whether the first run has made a step. */
const lookMilliseconds = 250;

/** How to run a sweep. */
export interface SweepOptions {
  /** How many runs at once; a machine: as many as it has room for beside the first. */
  jobs: number | Machine;
  children: Children;
  /** Told whenever a run's state changed. */
  onChange(status: RunStatus): void;
}

export class Sweep {
  /** In the plan's order. */
  readonly statuses: readonly RunStatus[];
  private readonly tails = new Map<RunStatus, MetricsTail>();
  private readonly warnings = new Warnings();
  private stopping = false;
  private disk: DiskNeed | null = null;
  /** How many runs go side by side; of `--jobs auto` at most, until the first run has been measured. */
  private jobs: number;
  private seconds = 0;

  /** @throws UsageError when a run folder holds a run with other settings */
  constructor(
    private readonly plan: SweepPlan,
    private readonly options: SweepOptions,
  ) {
    this.statuses = plan.runs.map((run) => {
      const { stage, step, dice } = this.standing(run);
      const state = stage === "finished" ? "skipped" : "waiting";
      return { run, state, step, dice, error: "", begun: null, stepped: null, trained: { milliseconds: 0, steps: 0 } };
    });
    const { jobs } = options;
    const configs = plan.runs.map(({ config }) => config);
    this.jobs = typeof jobs === "number" ? jobs : jobsByCores(configs, jobs.cores);
  }

  /** What is ahead of it now. */
  forecast(now: number): SweepForecast {
    for (const { run } of this.statuses) this.disk ??= diskOf(run);
    const milliseconds = timeLeft(this.statuses, now, this.jobs);
    const speed = imagesPerSecond(this.statuses, now);
    return { steps: stepsLeft(this.statuses), milliseconds, disk: this.disk, imagesPerSecond: speed };
  }

  /** Starts no further run and passes the signal on to those that are running. */
  stop(signal: NodeJS.Signals): void {
    this.stopping = true;
    this.options.children.signal(signal);
  }

  /** Brings the steps and Dice of training runs up to date. */
  poll(): void {
    for (const [status, tail] of this.tails) {
      const { step, dice } = tail.read();
      status.step = Math.max(status.step, step);
      status.dice = dice ?? status.dice;
      if (status.begun && status.step > status.begun.step) status.stepped ??= { time: Date.now(), step: status.step };
    }
  }

  /** What its runs have warned of since the last call, and none before. */
  takeWarnings(): Warning[] {
    return this.warnings.take();
  }

  /** Works until every run is done, failed or stopped. */
  async run(): Promise<void> {
    const queue = this.statuses.filter(({ state }) => state === "waiting");
    const worker = async () => {
      while (!this.stopping) {
        const next = queue.shift();
        if (!next) return;
        await this.make(next);
      }
    };
    const begun = Date.now();
    const first = worker();
    await this.measure(first);
    await Promise.all([first, ...Array.from({ length: Math.min(this.jobs - 1, queue.length) }, worker)]);
    this.seconds = (Date.now() - begun) / 1000;
  }

  /** What all runs together have trained since {@link run} began. */
  get throughput(): Throughput {
    return { images: imagesTrained(this.statuses), seconds: this.seconds };
  }

  /** Under `--jobs auto` waits for a step of the first run, and settles how many there is memory for beside it. */
  private async measure(first: Promise<void>): Promise<void> {
    const { jobs, children } = this.options;
    if (typeof jobs === "number" || this.jobs === 1) return;
    let over = false;
    const end = first.finally(() => {
      over = true;
    });
    // Whoever waits for the run hears of its failure.
    end.catch(() => {});
    while (!over) {
      this.poll();
      const status = this.statuses.find(({ begun, step }) => begun && step > begun.step);
      const [process] = children.processes;
      if (status && process !== undefined) {
        this.jobs = jobsByMemory(jobs.memory(process, status.run.config.training.device), this.jobs);
        return;
      }
      await Promise.race([end, delay(lookMilliseconds)]);
    }
  }

  private standing(run: PlannedRun): Standing {
    return standingOf(run, this.plan.evaluate);
  }

  private change(status: RunStatus, state: RunState, error = ""): void {
    status.state = state;
    status.error = error;
    this.options.onChange(status);
  }

  /** Trains and judges one run; whatever goes wrong is its own failure. */
  private async make(status: RunStatus): Promise<void> {
    try {
      const error = (await this.train(status)) ?? (await this.evaluate(status));
      if (error === null) this.change(status, "done");
      else this.change(status, this.stopping ? "stopped" : "failed", error);
    } catch (cause) {
      if (!(cause instanceof DimsegError)) throw cause;
      this.change(status, "failed", cause.message);
    }
  }

  private async train(status: RunStatus): Promise<string | null> {
    const { run } = status;
    const { stage, step } = this.standing(run);
    if (stage === "trained" || stage === "finished") return null;
    await awaitHolder(
      run.folder,
      () => !this.stopping,
      (holder) => this.change(status, "waiting", holder),
    );
    if (this.stopping) return "stopped before it was trained";
    status.begun = { time: Date.now(), step };
    const tail = new MetricsTail(join(run.folder, "metrics.jsonl"));
    tail.skip();
    this.tails.set(status, tail);
    this.change(status, "training");
    try {
      const { error } = await this.child(
        status,
        stage === "begun" ? ["train", "--resume", run.folder] : this.beginning(run),
      );
      if (error !== "") return error;
    } finally {
      this.poll();
      this.tails.delete(status);
      status.trained = { milliseconds: Date.now() - status.begun.time, steps: status.step - status.begun.step };
      status.begun = null;
      status.stepped = null;
    }
    const after = this.standing(run);
    status.step = after.step;
    status.dice = after.dice;
    return after.stage === "trained" || after.stage === "finished" ? null : "training ended early";
  }

  private async evaluate(status: RunStatus): Promise<string | null> {
    for (const { checkpoint, network } of this.standing(status.run).missing) {
      if (this.stopping) return "stopped before its evaluation";
      if (status.state !== "evaluating") this.change(status, "evaluating");
      const words = ["evaluate", status.run.folder, "--checkpoint", checkpoint, "--network", network];
      const { error } = await this.child(status, words);
      if (error !== "") return error;
    }
    return null;
  }

  /** The words that begin a run; cores are shared out unless the configuration or OMP_NUM_THREADS says how many it takes. */
  private beginning({ config, folder, assignments }: PlannedRun): string[] {
    const most = Number(process.env.OMP_NUM_THREADS) || Number.POSITIVE_INFINITY;
    const share = Math.max(1, Math.min(most, Math.floor(availableParallelism() / this.jobs)));
    const own = config.training.threads === undefined ? [`training.threads=${share}`] : [];
    const settings = [...assignments, ...own].flatMap((text) => ["--set", text]);
    return ["train", this.plan.base, "--out", folder, ...settings];
  }

  private child({ run }: RunStatus, words: string[]): Promise<ChildEnd> {
    const log = this.logPath(run);
    this.warnings.follow(run.id, log);
    return this.options.children.run(words, log);
  }

  /** Where a run's output goes: beside the run folders, for a run begins in an empty one. */
  logPath({ id }: PlannedRun): string {
    return join(this.plan.out, "logs", `${id}.log`);
  }
}
