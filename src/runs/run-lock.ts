/**
 * One process per run folder. The lock names its owner, so that a lock left by a killed process is recognised. A process
 * of another machine or container cannot be looked up; it is known to live by its heartbeat, the time that it sets on the
 * lock.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ResourceError } from "../core/errors.js";
import { writeFailure } from "../core/files/atomic-file.js";
import { isAlive, isLocal, parseOwner, thisProcess } from "../core/process-owner.js";

/** Name of the lock inside a run folder. */
export const lockName = "run.lock";

/** A lock whose content is incomplete is being written; after this long its writer must have died. */
const unfinishedMilliseconds = 5000;
const lookAgainMilliseconds = 50;

/** How often the lock may change hands under us before we give up. */
const attempts = 10;

/** How often the owner sets the time on its lock, and for how long after it an owner elsewhere is believed to live. */
const heartbeatMilliseconds = 20_000;
const lifeMinutes = 10;

/** A held lock. */
export interface RunLock {
  /** Gives the folder free; harmless when it was already. */
  release(): void;
}

/** The lock's content, `undefined` when there is no lock. */
function readLock(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile()) {
    throw new ResourceError(`${path} is no lock but a ${found.isDirectory() ? "folder" : "link"}; remove it`);
  }
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ResourceError(`cannot read the lock ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Makes the lock if there is none. */
function create(path: string, text: string): boolean {
  let handle: number;
  try {
    handle = openSync(path, "wx");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw writeFailure(path, cause);
  }
  try {
    writeFileSync(handle, text, { flush: true });
  } catch (cause) {
    rmSync(path, { force: true });
    throw writeFailure(path, cause);
  } finally {
    closeSync(handle);
  }
  // Had we been stopped before the content was written, another process may have taken over.
  return readLock(path) === text;
}

/** Milliseconds since a lock was written, or its owner last gave a sign. */
function ageOf(path: string): number {
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
}

/**
 * The lock's content when its writer has finished it, or must have died: one that was killed between making the lock and
 * writing it would else refuse whoever goes on with the run at once.
 */
function readFinished(path: string): string | undefined {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  // A share's clock may be ahead of ours, and a lock on it young for ever.
  const until = Date.now() + unfinishedMilliseconds;
  const isYoung = () => ageOf(path) <= unfinishedMilliseconds && Date.now() <= until;
  let text = readLock(path);
  while (text !== undefined && parseOwner(text) === undefined && isYoung()) {
    Atomics.wait(clock, 0, 0, lookAgainMilliseconds);
    text = readLock(path);
  }
  return text;
}

/** What a lock with this content says: free to be taken over, and why, or in use, perhaps by a process that cannot be seen. */
function standing(
  text: string,
  path: string,
  folder: string,
): { stale: string } | { inUse: string; isElsewhere?: boolean } {
  const owner = parseOwner(text);
  const age = ageOf(path);
  if (owner === undefined) {
    if (age > unfinishedMilliseconds) return { stale: "it was never finished" };
    return { inUse: `run folder ${folder} is just being taken by another process; try again in a few seconds` };
  }
  const { pid, host } = owner;
  if (isLocal(owner)) {
    if (!isAlive(owner)) return { stale: `its process ${pid} has ended` };
    return { inUse: `run folder ${folder} is in use by process ${pid}; wait for it to end or choose another folder` };
  }
  const place = host === hostname() ? `${host}, in another container or before a restart` : host;
  if (age > lifeMinutes * 60_000)
    return { stale: `process ${pid} on ${place} gave no sign for ${lifeMinutes} minutes` };
  return {
    inUse:
      `run folder ${folder} is in use by process ${pid} on ${place}; if that has ended, delete ${path}, or wait: ` +
      `it is taken over ${lifeMinutes} minutes after its last sign`,
    isElsewhere: true,
  };
}

/** A run that a process of another machine or container holds, or held when it was killed. */
export interface HeldElsewhere {
  /** A sentence that names it. */
  readonly inUse: string;
  /** Its last sign of life; a later one shows that it lives. */
  readonly sign: number;
}

/** Who works on a run where that cannot be looked up; null: nobody, or a process that can. @throws ResourceError */
export function heldElsewhere(folder: string): HeldElsewhere | null {
  const path = join(folder, lockName);
  const text = readLock(path);
  if (text === undefined) return null;
  const sign = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const state = standing(text, path, folder);
  return "inUse" in state && state.isElsewhere ? { inUse: state.inUse, sign } : null;
}

/** Whether a process works on a run now. */
export function isRunInUse(folder: string): boolean {
  const path = join(folder, lockName);
  try {
    const text = readLock(path);
    return text !== undefined && "inUse" in standing(text, path, folder);
  } catch (error) {
    if (error instanceof ResourceError) return false;
    throw error;
  }
}

/** Removes the lock judged stale; false when another process was quicker. */
function removeStale(path: string, text: string): boolean {
  // Renaming, not removing: only one process can win, and a lock made since can be put back.
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readLock(aside) !== text) {
      renameSync(aside, path);
      return false;
    }
    rmSync(aside, { force: true });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw writeFailure(path, cause);
  }
}

/** Sets the present time on our own lock; one that cannot be reached now is tried again. */
function beat(path: string, mine: string): void {
  try {
    const now = new Date();
    if (readLock(path) === mine) utimesSync(path, now, now);
  } catch {
    // A file system that is away for a moment does not end a training.
  }
}

/**
 * Takes the run folder for this process.
 * @param note told when a lock left by an ended process was taken over
 * @throws ResourceError naming the owner's process id and the folder when it is in use, or when it cannot be written
 */
export function acquireRunLock(folder: string, note: (message: string) => void): RunLock {
  const path = join(folder, lockName);
  const mine = `${JSON.stringify(thisProcess())}\n`;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (create(path, mine)) {
      const heartbeat = setInterval(() => beat(path, mine), heartbeatMilliseconds).unref();
      return {
        release() {
          clearInterval(heartbeat);
          if (readLock(path) === mine) rmSync(path, { force: true });
        },
      };
    }
    const found = readFinished(path);
    if (found === undefined) continue;
    const state = standing(found, path, folder);
    if ("inUse" in state) throw new ResourceError(state.inUse);
    if (removeStale(path, found)) note(`taking over the lock of ${folder}: ${state.stale}`);
  }
  throw new ResourceError(`run folder ${folder} keeps being taken by other processes; choose another folder`);
}
