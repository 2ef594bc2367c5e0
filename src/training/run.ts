/** Starting, resuming and reopening runs: the order in which locks, logs and checkpoints are opened matters. */
import { engineInfo, threads } from "../torch/index.js";
import { CheckpointStore } from "./checkpoint-store.js";
import { formatConfig, readResolvedConfig, type TrainingConfig } from "./config.js";
import { writeDatasetFacts } from "./dataset-facts.js";
import { resolveEngine } from "./engine-settings.js";
import { collectEnvironment } from "./environment.js";
import { MetricsLog } from "./metrics-log.js";
import { createRunFolder, openRunFolder, type RunFolder } from "./run-folder.js";
import { acquireRunLock, type RunLock } from "./run-lock.js";
import { openModel, openTraining, type TrainingSession } from "./session.js";
import { EventLog } from "./tensorboard.js";
import { Trainer, type TrainingObserver, type TrainingOutcome } from "./trainer.js";
import { freshProgress, type Progress, restoreState } from "./training-state.js";

function storeOf(run: RunFolder, config: TrainingConfig, warn: (message: string) => void): CheckpointStore {
  return new CheckpointStore(run.checkpoints, { keep: config.logging.keepCheckpoints, warn });
}

/** Prepares the data, showing how far it is. */
async function decodeAll(session: TrainingSession, onDecoded: (done: number, total: number) => void): Promise<void> {
  const { split, usesUnlabelled, cache, dataset, config } = session;
  const test = config.evaluation.monitorTest ? dataset.domains.flatMap((domain) => domain.cases("test")) : [];
  const needed = [...split.labelled, ...split.validation, ...(usesUnlabelled ? split.unlabelled : []), ...test];
  await cache.prepare(needed, (done) => onDecoded(done, needed.length));
}

/** What a caller of {@link startRun} and {@link resumeRun} is told. */
export interface RunObserver extends TrainingObserver {
  decoding(done: number, total: number): void;
  begun(run: RunFolder, session: TrainingSession, progress: Progress): void;
}

async function trainIn(
  run: RunFolder,
  lock: RunLock,
  session: TrainingSession,
  observer: RunObserver,
  progressOf: (store: CheckpointStore) => Progress,
): Promise<TrainingOutcome> {
  try {
    const store = storeOf(run, session.config, observer.warn);
    store.recover();
    const progress = progressOf(store);
    const metrics = new MetricsLog(run.metrics);
    const events = new EventLog(run.events);
    try {
      metrics.truncateTo(progress.metricsOffset);
      events.truncateTo(progress.eventsOffset);
      observer.begun(run, session, progress);
      await decodeAll(session, observer.decoding);
      return await new Trainer(session, { store, metrics, events }, observer, progress).run();
    } finally {
      metrics.close();
      events.close();
    }
  } finally {
    lock.release();
  }
}

/**
 * Begins a run in a new or empty folder and trains it.
 * @throws UsageError, DataError before anything is written; NumericError, ResourceError while training
 */
export async function startRun(path: string, wanted: TrainingConfig, observer: RunObserver): Promise<TrainingOutcome> {
  const config = { ...wanted, training: resolveEngine(wanted.training) };
  const session = openTraining(openModel(config, observer.warn));
  const environment = collectEnvironment({ ...engineInfo(), threads: threads() });
  const { run, lock } = createRunFolder(path, formatConfig(config), environment, observer.warn);
  return trainIn(run, lock, session, observer, () => {
    writeDatasetFacts(run.dataset, session.dataset);
    return freshProgress;
  });
}

/**
 * Goes on with a run from its newest intact checkpoint; a run that had none begins anew.
 * @throws UsageError when the folder is no run, ResourceError when another process works on it
 */
export async function resumeRun(path: string, observer: RunObserver): Promise<TrainingOutcome> {
  const run = openRunFolder(path);
  const lock = acquireRunLock(run.path, observer.warn);
  let session: TrainingSession;
  try {
    session = openTraining(openModel(readResolvedConfig(run.config), observer.warn));
  } catch (error) {
    lock.release();
    throw error;
  }
  return trainIn(run, lock, session, observer, (store) =>
    store.steps().length === 0 ? freshProgress : restoreState(session, store.load()),
  );
}
