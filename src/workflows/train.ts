/** Training a network as a configuration says, or going on with a run. */
import { existsSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { loadConfig, type WantedConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import { type Communicator, openWorld } from "../distributed/index.js";
import { freshProgress } from "../runs/checkpoints/checkpoint-contents.js";
import { assistRun } from "../training/assist-run.js";
import { type RunObserver, resumeRun, startRun } from "../training/run.js";
import type { TrainingOutcome } from "../training/trainer.js";

/** What is to be trained: a configuration, or a run to go on with. */
export interface TrainInput {
  readonly config?: string | undefined;
  /** Folder of the new run; default: one below `runs/` named after the configuration. */
  readonly out?: string | undefined;
  /** Overrides of single keys, as in `training.seed=7`. */
  readonly set: readonly string[];
  readonly resume?: string | undefined;
  /** Where the data set of the run to go on with lies now. */
  readonly data?: string | undefined;
  /** An earlier run whose weights a new one begins with. */
  readonly from?: string | undefined;
  /** Processes on this machine that share each batch; default: one, or those that this one was started beside. */
  readonly processes?: number | undefined;
}

/** How training ended, and where. */
export interface Trained extends TrainingOutcome {
  /** Null in a process that trained beside the first, which alone writes, and in one that was stopped before all came. */
  readonly run: string | null;
  /** That trained it together. */
  readonly processes: number;
}

/** A folder under runs/ named after the configuration that does not exist yet. */
function freshFolder(config: string): string {
  const name = basename(config, extname(config));
  const candidates = [name, ...Array.from({ length: 999 }, (_, i) => `${name}-${i + 2}`)];
  const free = candidates.map((candidate) => join("runs", candidate)).find((path) => !existsSync(path));
  if (!free) throw new UsageError(`runs/ holds 1000 runs named ${name}; choose a folder with --out`);
  return free;
}

/** A configuration that begins with an earlier run, wherever its own file says that it begins. */
function beginningWith(config: WantedConfig, from: string | undefined): WantedConfig {
  if (from === undefined) return config;
  return { ...config, initial: { checkpoint: "last", network: "student", ...config.initial, run: resolve(from) } };
}

/**
 * Trains until the configured end, or until the observer asks to stop; a checkpoint is saved either way.
 * @throws UsageError unless there is either a configuration or a run; what startRun and resumeRun throw
 * @throws PeerError when one of several processes ends before
 */
export async function train(input: TrainInput, observer: RunObserver): Promise<Trained> {
  const world = await openWorld(input.processes, observer.stopRequested);
  if (world === null) return { run: null, progress: freshProgress, finished: false, trained: 0, processes: 1 };
  try {
    const trained =
      world.rank === 0
        ? await trainFirst(input, observer, world)
        : { run: null, ...(await assistRun(world, observer.stopRequested)) };
    await world.leave();
    return { ...trained, processes: world.size };
  } catch (error) {
    world.fail(error);
    throw error;
  }
}

async function trainFirst(
  { config, out, set, resume, data, from }: TrainInput,
  observer: RunObserver,
  world: Communicator,
): Promise<Omit<Trained, "processes">> {
  if (resume === undefined && data !== undefined) {
    throw new UsageError(
      "--data says where the data set of a run lies now; to train on another one give --set dataset=FILE",
    );
  }
  if (resume === undefined && config !== undefined) {
    const run = out ?? freshFolder(config);
    return { run, ...(await startRun(run, beginningWith(loadConfig(config, [...set]), from), observer, world)) };
  }
  if (resume === undefined || config !== undefined) {
    throw new UsageError(
      "give either a configuration (dimseg train CONFIG) or a run to go on with (dimseg train --resume RUN)",
    );
  }
  if (set.length > 0 || out !== undefined || from !== undefined) {
    throw new UsageError(
      "--resume goes on with a run's own settings and folder; leave out --set, --out and --from, and to train longer begin a " +
        "new run with more training.iterations, which the learning rate and the ramps depend on",
    );
  }
  return { run: resume, ...(await resumeRun(resume, observer, data, world)) };
}
