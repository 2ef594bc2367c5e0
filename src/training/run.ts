/** Starting, resuming and reopening runs: the order in which locks, logs and checkpoints are opened matters. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { formatConfig, readResolvedConfig, type TrainingConfig, type WantedConfig } from "../config/config.js";
import { counted } from "../core/counted.js";
import { PeerError, ResourceError, UsageError } from "../core/errors.js";
import { evenly } from "../core/evenly.js";
import { writeFileAtomic } from "../core/files/atomic-file.js";
import { localProcesses } from "../core/local-processes.js";
import { shellWord } from "../core/shell-word.js";
import type { CaseContents } from "../data/cache/contents.js";
import { type Case, caseName, type ImageDepths } from "../data/dataset.js";
import { type StoredCase, squeezedText } from "../data/squeezed-text.js";
import { unseenParts } from "../data/unseen-parts.js";
import { alone, type Communicator } from "../distributed/index.js";
import { voxelCount } from "../grid/grid.js";
import { freshProgress, isFinished, type Progress } from "../runs/checkpoints/checkpoint-contents.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { spacedSteps } from "../runs/checkpoints/spaced-steps.js";
import { checkDatasetFacts, formatDatasetFacts, requireDataset } from "../runs/dataset-facts.js";
import { collectEnvironment } from "../runs/environment.js";
import { instructionsOf } from "../runs/instructions.js";
import { MetricsLog } from "../runs/logs/metrics-log.js";
import { EventLog } from "../runs/logs/tensorboard.js";
import { UsageRecord } from "../runs/logs/usage.js";
import { openModel } from "../runs/model.js";
import { refuseSquareOfPreset } from "../runs/preset-size.js";
import { checkRunFolder, clearUnfinished, createRunFolder, openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { acquireRunLock } from "../runs/run-lock.js";
import { type Conditions, changedConditions, readConditions, readUnchangedConfig } from "../runs/same-conditions.js";
import { type ContentsByCase, checkContents, checkSplit, formatSplit } from "../runs/split-record.js";
import { engineInfo, OutOfMemoryError, threads, useEngine } from "../torch/index.js";
import { drawsOf } from "./batches/draws.js";
import { beginWithEarlierRun, pinEarlierRun } from "./earlier-run.js";
import { resolveEngine, slowPrecisionText } from "./engine-settings.js";
import { forecastText } from "./forecast.js";
import { Preview } from "./preview/preview.js";
import { openTraining, type TrainingSession } from "./session.js";
import { beginTogether, checkShares } from "./shared-run.js";
import { checkCapture } from "./steps/capture-rules.js";
import { Trainer, type TrainingObserver, type TrainingOutcome } from "./trainer.js";
import { restoreState } from "./training-state.js";

function storeOf(run: RunFolder, config: TrainingConfig, warn: (message: string) => void): CheckpointStore {
  const keep = config.logging.keepCheckpoints;
  return new CheckpointStore(run.checkpoints, { keep, spaced: spacedSteps(config), warn });
}

/** What a caller of {@link startRun} and {@link resumeRun} is told. */
export interface RunObserver extends TrainingObserver {
  /** Images decoded so far, before the first step. */
  decoding(done: number, total: number): void;
  /** Everything is open and the first step is next. @param ahead what the run is about to do, for people */
  begun(run: RunFolder, session: TrainingSession, progress: Progress, ahead: string): void;
}

/** Cases decoded between two looks at whether to stop. */
const decodedAtOnce = 32;

/**
 * Decodes the images that training needs, so that a broken one is found before anything is written; all of them, unless the
 * configuration leaves those without labels until they are drawn.
 * @returns the hashes of the files; null when told to stop before the end
 */
async function decodeAll(session: TrainingSession, observer: RunObserver): Promise<ContentsByCase | null> {
  const { split, usesUnlabelled, cache, dataset, config } = session;
  const test = config.evaluation.monitorTest ? dataset.domains.flatMap((domain) => domain.cases("test")) : [];
  const asks = usesUnlabelled || config.evaluation.followUnlabelled;
  const needed = [...split.labelled, ...split.validation, ...(asks ? unlabelledFirst(session) : []), ...test];
  for (let first = 0; first < needed.length; first += decodedAtOnce) {
    if (observer.stopRequested()) return null;
    const report = (done: number) => observer.decoding(first + done, needed.length);
    await cache.prepare(needed.slice(first, first + decodedAtOnce), report);
  }
  const contents = new Map<string, CaseContents>();
  for (const one of needed) contents.set(caseName(one), await cache.contentsOf(one));
  return observer.stopRequested() ? null : contents;
}

/** Of images that are read when they are drawn, as many are looked at before the first step. */
const lookedAt = 64;

/** The unlabelled cases that are read before the first step. */
function unlabelledFirst({ split, config }: TrainingSession): readonly Case[] {
  return config.data.readFirst === "all" ? split.unlabelled : evenly(split.unlabelled, lookedAt);
}

/** The cases that a run learns from, or validates with, as far as they are read before the first step. */
function learntFirst(session: TrainingSession): readonly Case[] {
  const { split, usesUnlabelled } = session;
  return [...split.labelled, ...split.validation, ...(usesUnlabelled ? unlabelledFirst(session) : [])];
}

/** Of which depths the images are that a run learns from, or validates with. */
async function depthsOf(session: TrainingSession): Promise<ImageDepths> {
  const kinds = new Set<boolean>();
  for (const one of learntFirst(session)) kinds.add(await session.cache.isWide(one));
  if (kinds.size > 1) return "mixed";
  return kinds.has(true) ? "wide" : "narrow";
}

/** Whether a full disk or a used-up quota is behind an error. */
function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || isFull(error.cause);
}

/** Adds how to go on once there is room again: the same command would be refused, as the folder holds a run by now. */
function withRemedy(error: unknown, { path }: RunFolder): unknown {
  const resume = `go on with \`dimseg train --resume ${shellWord(path)}\``;
  if (error instanceof PeerError) return new PeerError(`${error.message}; ${resume}`, { cause: error });
  if (!(error instanceof ResourceError)) return error;
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
  world: Communicator,
): Promise<TrainingOutcome> {
  const metrics = new MetricsLog(run.metrics);
  const events = new EventLog(run.events);
  try {
    metrics.truncateTo(progress.metricsOffset);
    events.truncateTo(progress.eventsOffset);
    const preview = session.config.evaluation.preview ? new Preview(session, run, observer.warn) : null;
    preview?.goBackTo(progress.iteration);
    const usage = new UsageRecord(run.usage, progress.iteration);
    observer.begun(run, session, progress, forecastText(session));
    const outputs = { store, metrics, events, usage, preview };
    return await new Trainer(session, outputs, observer, progress, await drawsOf(session), world).run();
  } catch (cause) {
    throw withRemedy(cause, run);
  } finally {
    metrics.close();
    events.close();
  }
}

function environmentNow({ size }: Communicator) {
  const engine = engineInfo();
  const instructions = instructionsOf(engine.configuration);
  return collectEnvironment({ ...engine, threads: threads(), processes: size, instructions });
}

/**
 * Begins a run in a new or empty folder and trains it. Told to stop while it still decodes images, it writes nothing.
 * @param world the processes that train it with this one, the first; they come by assistRun
 * @throws UsageError, DataError before anything is written; NumericError, ResourceError, PeerError while training
 */
export async function startRun(
  path: string,
  wanted: WantedConfig,
  observer: RunObserver,
  world: Communicator = alone,
): Promise<TrainingOutcome> {
  checkRunFolder(path);
  const training = resolveEngine(wanted);
  warnOfSlowness({ training }, observer.warn);
  useEngine(training);
  const session = openTraining(openModel({ ...pinEarlierRun(wanted), training }, observer.warn));
  const { config } = session;
  refuseSquareOfPreset(config, session.dataset);
  beginWithEarlierRun(session);
  checkShares(session, world);
  checkCapture(session, world, observer.warn);
  const files = await decodeAll(session, observer);
  if (files === null) {
    await beginTogether(world, null);
    return { progress: freshProgress, finished: false, trained: 0 };
  }
  await warnOfUnseen(session, observer.warn);
  await warnOfSqueezed(session, observer.warn);
  await checkPatch(session, observer.warn);
  const contents = {
    config: formatConfig(config),
    dataset: formatDatasetFacts(session.dataset, await depthsOf(session)),
    split: formatSplit(session.split, files),
    environment: { ...environmentNow(world), config },
  };
  const { run, lock } = createRunFolder(path, contents, observer.warn);
  try {
    await beginTogether(world, { session, progress: freshProgress, files });
    return await trainIn(run, storeOf(run, config, observer.warn), session, observer, freshProgress, world);
  } finally {
    lock.release();
  }
}

/** Says which settings make steps far slower than they have to be on this machine. */
function warnOfSlowness(config: Pick<TrainingConfig, "training">, warn: (message: string) => void): void {
  warnOfThreads(config, warn);
  const precision = slowPrecisionText(config.training);
  if (precision !== null) warn(precision);
}

/** More threads than cores wait for each other: a step can take a hundred times as long. */
function warnOfThreads({ training }: Pick<TrainingConfig, "training">, warn: (message: string) => void): void {
  const [cores, processes] = [availableParallelism(), localProcesses()];
  const usable = Math.max(1, Math.floor(cores / processes));
  const wanted = training.threads ?? usable;
  if (wanted <= usable) return;
  const whose = processes === 1 ? "this process" : `each of ${processes} processes`;
  warn(
    `training.threads is ${wanted}, but ${whose} may use ${counted(usable, "core")}: steps take far longer than with ` +
      `${counted(usable, "thread")}; lower it, or leave it out of the configuration`,
  );
}

/** A patch may hold so many times the voxels of the largest volume before it is refused: it would be nearly all black. */
const mostBlack = 8;

/** @throws UsageError when the patch is far larger than every volume; somewhat larger ones are told */
async function checkPatch(session: TrainingSession, warn: (message: string) => void) {
  const { patch, split, usesUnlabelled, cache, student } = session;
  if (!patch) return;
  const largest = [0, 0, 0];
  for (const one of [...split.labelled, ...(usesUnlabelled ? unlabelledFirst(session) : [])])
    (await cache.shapeOf(one)).forEach((side, axis) => {
      largest[axis] = Math.max(largest[axis], side);
    });
  const needed = largest.map((side, axis) => Math.ceil(side / student.strides[axis]) * student.strides[axis]);
  if (patch.every((side, axis) => side <= needed[axis])) return;
  const enough = patch.map((side, axis) => Math.min(side, needed[axis]));
  const what =
    `patch is [${patch.join(", ")}], but no volume has more than [${largest.join(", ")}] slices, rows and columns, so part of it ` +
    `is always black; patch: [${enough.join(", ")}] shows as much in less time and memory`;
  if (voxelCount({ shape: patch }) > mostBlack * voxelCount({ shape: needed })) throw new UsageError(what);
  warn(what);
}

/** A part that no label shows is background to every loss; the network learns to find nothing there. */
async function warnOfUnseen({ dataset, split, cache, config }: TrainingSession, warn: (message: string) => void) {
  const unseen = await unseenParts(dataset, split.labelled, cache);
  if (unseen.length === 0) return;
  warn(
    `no labelled case of ${config.labelled.domain} shows ${unseen.join(" or ")}, so ` +
      `${unseen.length === 1 ? "it" : "they"} cannot be learnt`,
  );
}

/** A network learns the shapes that it is shown; that they are not those of the files nobody sees later. */
async function warnOfSqueezed(session: TrainingSession, warn: (message: string) => void) {
  const { patch, cache, size, dataset } = session;
  if (patch) return;
  const images: StoredCase[] = [];
  for (const one of learntFirst(session)) images.push({ one, grid: await cache.storedGrid(one) });
  const text = squeezedText(images, size, dataset, " read for training");
  if (text !== null) warn(text);
}

/** Says what of a run's record is not there, so that nothing can be compared with it. */
function warnOfMissing(run: RunFolder, warn: (message: string) => void): void {
  const missing = [run.dataset, run.split].filter((file) => !existsSync(file)).map((file) => basename(file));
  if (missing.length === 0) return;
  warn(`${run.path} has no ${missing.join(" and no ")}: whether its data set is the one it began with cannot be told`);
}

/** The run's settings, its data set where it lies now. */
function settingsNow(run: RunFolder, begun: Conditions | null, data: string | undefined, warn: RunObserver["warn"]) {
  const resolved = readUnchangedConfig(run, begun, warn);
  const dataset = data === undefined ? resolved.dataset : resolve(data);
  requireDataset(run, dataset);
  // A run moved to another machine may name a device that is not there.
  return { ...resolved, dataset, training: resolveEngine(resolved) };
}

/**
 * Makes sure that a run goes on with what it began with, then notes where its data set was found.
 * @returns the hashes of its files; null when told to stop before everything was looked at
 * @throws DataError naming files that are others now
 */
async function checkFiles(
  run: RunFolder,
  session: TrainingSession,
  observer: RunObserver,
): Promise<ContentsByCase | null> {
  const { config, dataset } = session;
  const files = await decodeAll(session, observer);
  if (files === null) return null;
  if (existsSync(run.split)) checkContents(run.split, files, dataset.path, observer.warn);
  const kept = readResolvedConfig(run.config);
  if (kept.dataset !== config.dataset) writeFileAtomic(run.config, formatConfig({ ...kept, dataset: config.dataset }));
  return files;
}

/** A run that has no checkpoint yet, with the weights that it begins with. */
function atBeginning(session: TrainingSession): Progress {
  beginWithEarlierRun(session);
  return freshProgress;
}

/**
 * Goes on with a run from its newest intact checkpoint; a run that had none begins anew, one that is finished is left
 * as it is.
 * @param data where the run's data set lies now, when it was moved; kept in the run once it was found to be the same
 * @param world as of {@link startRun}
 * @throws UsageError when the folder is no run or its settings were edited, ResourceError when another process works on
 *   it, DataError when the data set is not the one that the run began with
 */
export async function resumeRun(
  path: string,
  observer: RunObserver,
  data?: string,
  world: Communicator = alone,
): Promise<TrainingOutcome> {
  const run = openRunFolder(path);
  const lock = acquireRunLock(run.path, observer.warn);
  try {
    clearUnfinished(run);
    const begun = readConditions(run);
    const config = settingsNow(run, begun, data, observer.warn);
    warnOfSlowness(config, observer.warn);
    useEngine(config.training);
    const session = openTraining(openModel(config, observer.warn));
    checkShares(session, world);
    checkCapture(session, world, observer.warn);
    warnOfMissing(run, observer.warn);
    checkDatasetFacts(run.dataset, session.dataset, session.patch !== null);
    checkSplit(run.split, session.split, session.dataset.path);
    const store = storeOf(run, config, observer.warn);
    store.recover();
    store.nameNewest();
    const progress = store.steps().length === 0 ? atBeginning(session) : restoreState(session, store.load());
    const finished = isFinished(progress, config.training.iterations);
    // Killed after its last save, the run may still keep checkpoints that the save was about to remove.
    if (finished) store.prune(progress.iteration);
    const files = finished && data === undefined ? null : await checkFiles(run, session, observer);
    const begins = !finished && files !== null;
    await beginTogether(world, begins ? { session, progress, files } : null);
    if (!begins) return { progress, finished, trained: 0 };
    const changed = begun && changedConditions(begun, environmentNow(world), config.training.device);
    if (changed) observer.warn(changed);
    return await trainIn(run, store, session, observer, progress, world);
  } finally {
    lock.release();
  }
}
