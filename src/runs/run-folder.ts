/**
 * The layout of a run folder, in one place:
 *
 *     config.yaml          the resolved configuration; written last, it makes the folder a run
 *     dataset.json         classes, channels and intensities, so that the run predicts without its data set
 *     split.json           the cases it learns from: labelled, validation, unlabelled
 *     environment.json     versions, machine and command line of the run's start
 *     metrics.jsonl        one line a step or validation
 *     events.out.tfevents.dimseg   the same for TensorBoard
 *     usage.json           time and memory of each process that trained it
 *     checkpoints/         step-N/ folders, see CheckpointStore
 *     evaluation/          results of `dimseg evaluate`
 *     quality/             estimates of `dimseg estimate`, and what they rest on
 *     preview.png          what the student sees and says over time
 *     preview/             step-N.json files that it is drawn from
 *     export/              what `dimseg export` writes
 */
import { existsSync, mkdtempSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../core/errors.js";
import { makeFolder, removeUnfinished, writeFailure, writeFileAtomic } from "../core/files/atomic-file.js";
import { refuseLinks } from "../core/files/refuse-links.js";
import { shellWord } from "../core/shell-word.js";
import type { Environment } from "./environment.js";
import { acquireRunLock, lockName, type RunLock } from "./run-lock.js";

/** Absolute paths of everything in a run folder. */
export interface RunFolder {
  path: string;
  config: string;
  dataset: string;
  split: string;
  environment: string;
  metrics: string;
  events: string;
  usage: string;
  checkpoints: string;
  evaluation: string;
  quality: string;
  preview: string;
  previewSteps: string;
}

function layout(folder: string): RunFolder {
  const path = resolve(folder);
  return {
    path,
    config: join(path, "config.yaml"),
    dataset: join(path, "dataset.json"),
    split: join(path, "split.json"),
    environment: join(path, "environment.json"),
    metrics: join(path, "metrics.jsonl"),
    events: join(path, "events.out.tfevents.dimseg"),
    usage: join(path, "usage.json"),
    checkpoints: join(path, "checkpoints"),
    evaluation: join(path, "evaluation"),
    quality: join(path, "quality"),
    preview: join(path, "preview.png"),
    previewSteps: join(path, "preview"),
  };
}

/** Whether an entry may lie in a folder where a run begins: our lock, and what a run killed at its start left. */
function isOurs(name: string): boolean {
  return (
    name === lockName ||
    name.startsWith(`${lockName}.`) ||
    name === "environment.json" ||
    name === "dataset.json" ||
    name === "split.json" ||
    (name.startsWith(".") && name.endsWith(".tmp"))
  );
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw writeFailure(folder, cause);
  }
}

function refuseOccupied(run: RunFolder): void {
  if (!existsSync(run.path)) return;
  if (existsSync(run.config)) {
    throw new UsageError(
      `${run.path} already holds a run; go on with \`dimseg train --resume ${shellWord(run.path)}\` or choose another folder`,
    );
  }
  const foreign = entriesOf(run.path).find((name) => !isOurs(name));
  if (foreign !== undefined) {
    throw new UsageError(`${run.path} is not empty (it holds ${foreign}); choose a new or empty folder for the run`);
  }
}

/**
 * Says early whether a run can begin in a folder; leaves nothing there.
 * @throws UsageError when it holds a run or anything else
 * @throws ResourceError when it cannot be made or written
 */
export function checkRunFolder(path: string): void {
  const run = layout(path);
  refuseOccupied(run);
  let nearest = run.path;
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    // Permissions alone do not tell, as to an administrator or of file systems such as /proc.
    rmdirSync(mkdtempSync(join(nearest, `${lockName}.`)));
  } catch (cause) {
    throw writeFailure(run.path, cause);
  }
}

/**
 * Removes what a killed process had half written in the place of the run's own files. Call it while holding the lock.
 * @throws ResourceError when the folder cannot be changed
 */
export function clearUnfinished({ config, dataset, split, environment, usage, preview }: RunFolder): void {
  for (const path of [config, dataset, split, environment, usage, preview]) removeUnfinished(path);
}

/** What a run folder holds from its beginning. */
export interface RunContents {
  /** The resolved configuration as YAML. */
  config: string;
  /** The data set's facts as JSON. */
  dataset: string;
  /** The training cases by use as JSON. */
  split: string;
  environment: Environment;
}

/**
 * Begins a run in a new or empty folder and takes its lock.
 * @param note told when the lock of an ended process was taken over
 * @throws UsageError when the folder holds a run or anything else; nothing is written then
 * @throws ResourceError when it cannot be written or another process is beginning a run there
 */
export function createRunFolder(
  path: string,
  { config, dataset, split, environment }: RunContents,
  note: (message: string) => void,
): { run: RunFolder; lock: RunLock } {
  const run = layout(path);
  try {
    makeFolder(run.path);
  } catch (cause) {
    throw writeFailure(run.path, cause);
  }
  refuseOccupied(run);
  const lock = acquireRunLock(run.path, note);
  try {
    refuseOccupied(run);
    clearUnfinished(run);
    writeFileAtomic(run.environment, `${JSON.stringify(environment, null, 2)}\n`);
    writeFileAtomic(run.dataset, dataset);
    writeFileAtomic(run.split, split);
    writeFileAtomic(run.config, config);
    return { run, lock };
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

/** Runs that are named. */
const mostNamed = 4;

/** Whether a folder holds a run, as {@link openRunFolder} asks; it may be damaged. */
export function isRunFolder(path: string): boolean {
  const { config, environment } = layout(path);
  return existsSync(config) && existsSync(environment);
}

/** The runs that lie in a folder, as advice; undefined where there is none. */
function runsInside(folder: string): string | undefined {
  const isRun = (name: string) => isRunFolder(join(folder, name));
  const found = entriesOf(folder).filter(isRun).sort();
  if (found.length === 0) return undefined;
  const more = found.length > mostNamed ? ` and ${found.length - mostNamed} more` : "";
  return `it holds the runs ${found.slice(0, mostNamed).join(", ")}${more}, give one of them: ${join(folder, found[0])}`;
}

/**
 * The paths of an existing run; writes nothing and takes no lock.
 * @throws UsageError when the folder is not a run, saying what is missing and which verb makes one, or holds links
 */
export function openRunFolder(path: string): RunFolder {
  const run = layout(path);
  const found = statSync(run.path, { throwIfNoEntry: false });
  const remedy = "give a run folder, as made by `dimseg train CONFIG`";
  if (found === undefined) throw new UsageError(`${run.path} does not exist; ${remedy}`);
  if (!found.isDirectory()) throw new UsageError(`${run.path} is a file; ${remedy}`);
  for (const [name, file] of [
    ["config.yaml", run.config],
    ["environment.json", run.environment],
  ]) {
    if (existsSync(file)) continue;
    throw new UsageError(`${run.path} is not a run folder: it has no ${name}; ${runsInside(run.path) ?? remedy}`);
  }
  const { path: _, ...entries } = run;
  refuseLinks(run.path, [...Object.values(entries).map((entry) => basename(entry)), "report", "export"]);
  return run;
}
