/** Where the runs of a folder stand, looked at again and again without reading again what has not changed. */
import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { readResolvedConfig, type TrainingConfig } from "../../config/config.js";
import { DimsegError, UsageError } from "../../core/errors.js";
import { runState } from "../../reporting/run-state.js";
import { openRunFolder, type RunFolder } from "../../runs/run-folder.js";
import { isRunInUse } from "../../runs/run-lock.js";
import { MetricsTail } from "../../sweep/metrics-tail.js";
import { findRunFolders, isRun } from "./find-run-folders.js";
import type { RunBeginning } from "./shown/labelling.js";
import type { RunList, RunOverview, RunStage } from "./shown/runs.js";
import type { TrainingStanding, Trainings } from "./trainings.js";

/** A name for addresses that nothing of what it stands for can be read from. */
export function idOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Changes whenever a file does. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** One run that is looked at again and again. */
class WatchedRun {
  private readonly run: RunFolder;
  private readonly config: TrainingConfig;
  private readonly tail: MetricsTail;
  private known: { sign: string; step: number; finished: boolean } | undefined;
  /** When and at which step it was first seen to train. */
  private begun: { time: number; step: number } | undefined;

  /** @throws DimsegError when the folder is no run, or its configuration cannot be read */
  constructor(path: string) {
    this.run = openRunFolder(path);
    this.config = readResolvedConfig(this.run.config);
    this.tail = new MetricsTail(this.run.metrics);
  }

  /** Where its checkpoints say that it stands. */
  private standing(loggedSteps: number): { step: number; finished: boolean } {
    const sign = `${changedAt(this.run.checkpoints)} ${changedAt(this.run.metrics)}`;
    if (this.known?.sign !== sign) {
      const { state } = runState(this.run, this.config, loggedSteps);
      this.known = { sign, step: state.step ?? 0, finished: state.stage === "finished" };
    }
    return this.known;
  }

  private secondsLeft(stage: RunStage, step: number): number | null {
    if (stage !== "running") {
      this.begun = undefined;
      return null;
    }
    const now = performance.now();
    // A resumed run goes back to its checkpoint.
    if (this.begun === undefined || step < this.begun.step) this.begun = { time: now, step };
    const steps = step - this.begun.step;
    if (steps <= 0) return null;
    return ((this.config.training.iterations - step) * (now - this.begun.time)) / steps / 1000;
  }

  overview(root: string, training: TrainingStanding | undefined): RunOverview {
    const { path, metrics } = this.run;
    const { step: logged, dice } = this.tail.read();
    const { step: saved, finished } = this.standing(logged);
    const inUse = isRunInUse(path);
    const stage = stageOf(finished, inUse, training);
    // What was logged after the last checkpoint of a killed run is made again.
    const step = finished || stage === "stopped" ? saved : Math.max(saved, logged);
    const { method, optimizer, model, labelled, dataset, training: settings } = this.config;
    return {
      ...{ id: idOf(path), place: relative(root, path) || ".", stage, step, iterations: settings.iterations, dice },
      secondsLeft: this.secondsLeft(stage, step),
      ...{ method: method.name, optimizer: optimizer.name, model: model.name },
      ...{ labelledDomain: labelled.domain, dataset: relative(root, dataset) },
      changed: new Date(changedAt(metrics) || changedAt(path)).toISOString(),
      ours: training !== undefined && training.state !== "ended",
      failure: training?.failure ?? null,
    };
  }
}

function stageOf(finished: boolean, inUse: boolean, training: TrainingStanding | undefined): RunStage {
  if (training?.state === "stopping") return "stopping";
  if (training?.state === "working") return inUse ? "running" : "starting";
  if (finished) return "finished";
  return inUse ? "running" : "stopped";
}

/** The runs of a folder. */
export class WatchedRuns {
  /** Absolute. */
  readonly root: string;
  private readonly runs = new Map<string, WatchedRun>();
  private readonly paths = new Map<string, string>();

  constructor(
    folder: string,
    private readonly trainings: Trainings,
  ) {
    this.root = resolve(folder);
  }

  /** All of them, those that changed last first. */
  list(): RunList {
    const unreadable: string[] = [];
    const runs = findRunFolders(this.root).flatMap((path) => {
      this.paths.set(idOf(path), path);
      try {
        return this.overviewOf(path);
      } catch (error) {
        if (!(error instanceof DimsegError)) throw error;
        unreadable.push(error.message);
        return [];
      }
    });
    runs.sort((a, b) => (a.changed < b.changed ? 1 : -1));
    return { folder: this.root, runs, unreadable };
  }

  /** The folder of a run. @throws UsageError for an id that stands for none */
  folderOf(id: string): string {
    if (!this.paths.has(id)) this.list();
    const path = this.paths.get(id);
    if (path !== undefined && existsSync(join(path, "config.yaml"))) return path;
    throw new UsageError("there is no such run (any more); go back to the list of runs");
  }

  /** One run. @throws UsageError as {@link folderOf}; DimsegError when it cannot be read */
  overview(id: string): RunOverview {
    return this.overviewOf(this.folderOf(id));
  }

  /**
   * Trains a configuration into a folder that does not exist yet.
   * @returns what stands for the run, also before its folder is there
   * @throws UsageError for a folder outside of the studio's, or when that is under way already
   */
  begin(config: string, folder: string): string {
    const place = relative(this.root, folder);
    if (place === "" || place.split(sep)[0] === "..")
      throw new UsageError("a new run lies beside the studio's folder; start the studio on the folder above");
    const id = idOf(folder);
    this.trainings.begin(config, folder, id);
    this.paths.set(id, folder);
    return id;
  }

  /** How a run stands that was begun here. @throws UsageError for an id that stands for none */
  beginning(id: string): RunBeginning {
    const path = this.paths.get(id);
    if (path === undefined) throw new UsageError("no such run was begun here; go back to the list of runs");
    const there = isRun(path);
    const standing = this.trainings.standingOf(path);
    // A training that was told to stop before its folder was there leaves nothing behind.
    const ended = standing === undefined || standing.state === "ended";
    const failure = there || !ended ? null : (standing?.failure ?? "it was stopped before it began");
    return { id, place: relative(this.root, path), there, failure };
  }

  private overviewOf(path: string): RunOverview {
    const run = this.runs.get(path) ?? new WatchedRun(path);
    this.runs.set(path, run);
    return run.overview(this.root, this.trainings.standingOf(path));
  }
}
