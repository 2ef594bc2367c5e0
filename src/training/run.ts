/** Starting, resuming and reopening runs: the order in which locks, logs and checkpoints are opened matters. */

import { formatConfig, readResolvedConfig, type TrainingConfig } from "../config/config.js";
import { ResourceError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { freshProgress, type Progress } from "../runs/checkpoint-contents.js";
import { CheckpointStore } from "../runs/checkpoint-store.js";
import { checkDatasetFacts, formatDatasetFacts } from "../runs/dataset-facts.js";
import { collectEnvironment } from "../runs/environment.js";
import { MetricsLog } from "../runs/metrics-log.js";
import { openModel } from "../runs/model.js";
import { checkRunFolder, createRunFolder, openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { acquireRunLock } from "../runs/run-lock.js";
import { checkSplit, formatSplit } from "../runs/split-record.js";
import { EventLog } from "../runs/tensorboard.js";
import { UsageRecord } from "../runs/usage.js";
import { engineInfo, OutOfMemoryError, threads, useEngine } from "../torch/index.js";
import { resolveEngine } from "./engine-settings.js";
import { Preview } from "./preview/preview.js";
import { openTraining, type TrainingSession } from "./session.js";
import { Trainer, type TrainingObserver, type TrainingOutcome } from "./trainer.js";
import { restoreState } from "./training-state.js";

function storeOf(run: RunFolder, config: TrainingConfig, warn: (message: string) => void): CheckpointStore {
  return new CheckpointStore(run.checkpoints, { keep: config.logging.keepCheckpoints, warn });
}

/** What a caller of {@link startRun} and {@link resumeRun} is told. */
export interface RunObserver extends TrainingObserver {
  /** Images decoded so far, before the first step. */
  decoding(done: number, total: number): void;
  /** Everything is open and the first step is next. */
  begun(run: RunFolder, session: TrainingSession, progress: Progress): void;
}

/** Cases decoded between two looks at whether to stop. */
const decodedAtOnce = 32;

/**
 * Decodes all images that training needs, so that a broken one is found before anything is written.
 * @returns false when told to stop before the end
 */
async function decodeAll(session: TrainingSession, observer: RunObserver): Promise<boolean> {
  const { split, usesUnlabelled, cache, dataset, config } = session;
  const test = config.evaluation.monitorTest ? dataset.domains.flatMap((domain) => domain.cases("test")) : [];
  const needed = [...split.labelled, ...split.validation, ...(usesUnlabelled ? split.unlabelled : []), ...test];
  for (let first = 0; first < needed.length; first += decodedAtOnce) {
    if (observer.stopRequested()) return false;
    const report = (done: number) => observer.decoding(first + done, needed.length);
    await cache.prepare(needed.slice(first, first + decodedAtOnce), report);
  }
  return !observer.stopRequested();
}

/** Whether a full disk or a used-up quota is behind an error. */
function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || isFull(error.cause);
}

/** Adds how to go on once there is room again: the same command would be refused, as the folder holds a run by now. */
function withRemedy(error: unknown, { path }: RunFolder): unknown {
  if (!(error instanceof ResourceError)) return error;
  const resume = `go on with \`dimseg train --resume ${shellWord(path)}\``;
  if (error instanceof OutOfMemoryError)
    return new ResourceError(`${error.message}; begin a new run with smaller batches, or free memory and ${resume}`, {
      cause: error,
    });
  return isFull(error) ? new ResourceError(`${error.message}; afterwards ${resume}`, { cause: error }) : error;
}

async function trainIn(
  run: RunFolder,
  store: CheckpointStore,
  session: TrainingSession,
  observer: RunObserver,
  progress: Progress,
): Promise<TrainingOutcome> {
  const metrics = new MetricsLog(run.metrics);
  const events = new EventLog(run.events);
  try {
    metrics.truncateTo(progress.metricsOffset);
    events.truncateTo(progress.eventsOffset);
    const preview = session.config.evaluation.preview ? new Preview(session, run, observer.warn) : null;
    preview?.goBackTo(progress.iteration);
    const usage = new UsageRecord(run.usage, progress.iteration);
    observer.begun(run, session, progress);
    return await new Trainer(session, { store, metrics, events, usage, preview }, observer, progress).run();
  } catch (cause) {
    throw withRemedy(cause, run);
  } finally {
    metrics.close();
    events.close();
  }
}

/**
 * Begins a run in a new or empty folder and trains it. Told to stop while it still decodes images, it writes nothing.
 * @throws UsageError, DataError before anything is written; NumericError, ResourceError while training
 */
export async function startRun(path: string, wanted: TrainingConfig, observer: RunObserver): Promise<TrainingOutcome> {
  checkRunFolder(path);
  const config = { ...wanted, training: resolveEngine(wanted) };
  useEngine(config.training);
  const session = openTraining(openModel(config, observer.warn));
  if (!(await decodeAll(session, observer))) return { progress: freshProgress, finished: false, trained: 0 };
  const contents = {
    config: formatConfig(config),
    dataset: formatDatasetFacts(session.dataset),
    split: formatSplit(session.split),
    environment: collectEnvironment({ ...engineInfo(), threads: threads() }),
  };
  const { run, lock } = createRunFolder(path, contents, observer.warn);
  try {
    return await trainIn(run, storeOf(run, config, observer.warn), session, observer, freshProgress);
  } finally {
    lock.release();
  }
}

/**
 * Goes on with a run from its newest intact checkpoint; a run that had none begins anew, one that is finished is left
 * as it is.
 * @throws UsageError when the folder is no run, ResourceError when another process works on it, DataError when the
 *   data set is not the one that the run began with
 */
export async function resumeRun(path: string, observer: RunObserver): Promise<TrainingOutcome> {
  const run = openRunFolder(path);
  const lock = acquireRunLock(run.path, observer.warn);
  try {
    const resolved = readResolvedConfig(run.config);
    // A run moved to another machine may name a device that is not there.
    const config = { ...resolved, training: resolveEngine(resolved) };
    useEngine(config.training);
    const session = openTraining(openModel(config, observer.warn));
    checkDatasetFacts(run.dataset, session.dataset);
    checkSplit(run.split, session.split, session.dataset.path);
    const store = storeOf(run, config, observer.warn);
    store.recover();
    const progress = store.steps().length === 0 ? freshProgress : restoreState(session, store.load());
    if (progress.iteration >= config.training.iterations) return { progress, finished: true, trained: 0 };
    if (!(await decodeAll(session, observer))) return { progress, finished: false, trained: 0 };
    return await trainIn(run, store, session, observer, progress);
  } finally {
    lock.release();
  }
}
