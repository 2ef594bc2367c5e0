/**
 * One process per run folder. The lock names its owner by process id and start time, so that a lock left by a
 * killed process is recognised even when its id was given to another program since.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { writeFailure } from "../core/atomic-file.js";
import { ResourceError } from "../core/errors.js";

/** Name of the lock inside a run folder. */
export const lockName = "run.lock";

/** A lock whose content is incomplete is being written; after this long its writer must have died. */
const unfinishedMilliseconds = 5000;

/** How often the lock may change hands under us before we give up. */
const attempts = 10;

interface Owner {
  pid: number;
  /** Clock ticks from boot to the process's start; `null` where the system does not tell. */
  startTime: string | null;
  host: string;
}

/** A held lock. */
export interface RunLock {
  /** Gives the folder free; harmless when it was already. */
  release(): void;
}

/** State letter and start time of a process from /proc/PID/stat (fields 3 and 22), where there is one. */
function processFacts(pid: number): { state: string; startTime: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the command's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0], startTime: fields[19] };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startTime }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = processFacts(pid);
  if (now === undefined) return true;
  // A zombie has ended; only nobody has asked for its exit code, as is usual in containers.
  return now.state !== "Z" && (startTime === null || now.startTime === startTime);
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

/** The lock's content, `undefined` when there is no lock. */
function readLock(path: string): string | undefined {
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

/** Why a lock with this content may be taken over. @throws ResourceError when it may not */
function staleness(text: string, path: string, folder: string): string {
  const owner = parseOwner(text);
  if (owner === undefined) {
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > unfinishedMilliseconds) return "it was never finished";
    throw new ResourceError(`run folder ${folder} is just being taken by another process; try again in a few seconds`);
  }
  if (owner.host !== hostname()) {
    throw new ResourceError(
      `run folder ${folder} is in use by process ${owner.pid} on ${owner.host}; if that has ended, delete ${path}`,
    );
  }
  if (isAlive(owner)) {
    throw new ResourceError(
      `run folder ${folder} is in use by process ${owner.pid}; wait for it to end or choose another folder`,
    );
  }
  return `its process ${owner.pid} has ended`;
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

/**
 * Takes the run folder for this process.
 * @param note told when a lock left by an ended process was taken over
 * @throws ResourceError naming the owner's process id and the folder when it is in use, or when it cannot be written
 */
export function acquireRunLock(folder: string, note: (message: string) => void): RunLock {
  const path = join(folder, lockName);
  const owner: Owner = { pid: process.pid, startTime: processFacts(process.pid)?.startTime ?? null, host: hostname() };
  const mine = `${JSON.stringify(owner)}\n`;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (create(path, mine)) {
      return {
        release() {
          if (readLock(path) === mine) rmSync(path, { force: true });
        },
      };
    }
    const found = readLock(path);
    if (found === undefined) continue;
    const reason = staleness(found, path, folder);
    if (removeStale(path, found)) note(`taking over the lock of ${folder}: ${reason}`);
  }
  throw new ResourceError(`run folder ${folder} keeps being taken by other processes; choose another folder`);
}
