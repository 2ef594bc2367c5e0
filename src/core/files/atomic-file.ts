/**
 * Writing without ever leaving half a file: write beside, fsync, rename, fsync the folder.
 * Every file a user may read later goes through here.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ResourceError } from "../errors.js";

const explanations: Record<string, string> = {
  ENOSPC: "the disk is full; free some space",
  EDQUOT: "the disk quota is used up; free some space",
  EACCES: "permission denied; choose a folder you may write to",
  EPERM: "permission denied; choose a folder you may write to",
  EROFS: "the file system is read-only; choose another folder",
  ENOENT: "the folder is not there and cannot be made; choose another one",
  EEXIST: "something that is no folder stands in the path; choose another path",
  ENAMETOOLONG: "the name is longer than the file system allows; shorten it",
  ELOOP: "it is a link; remove it",
  ENOTDIR: "a part of the path is a file, not a folder; choose another path",
};

/** Turns a failed file operation into a {@link ResourceError} that says what to do. */
export function writeFailure(path: string, cause: unknown): ResourceError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const reason = explanations[code] ?? (cause as Error).message;
  return new ResourceError(`cannot write ${path}: ${reason}`, { cause });
}

/**
 * Makes a folder and those above it, unless they exist. The recursive `mkdirSync` of Node tries for ever where the
 * system makes no folders, as below /proc.
 * @throws the system's error; {@link writeFailure} puts it into words
 */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (cause) {
    // Another process may have made it in the meantime.
    if (!existsSync(folder)) throw cause;
  }
}

/** Makes a folder's entries durable. Does nothing where the platform cannot open folders. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes what a failed write may have left; the failure itself is what the caller must hear of. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Nothing was written where nothing can be removed.
  }
}

/** Writes all bytes to an open file; a write may be partial. */
function writeAll(handle: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(handle, bytes, done);
}

/** Bytes of a file's own name in that of its temporary neighbour, which has 23 more and may have 255 in all. */
const mostNameBytes = 200;

/** How the names of the temporary neighbours of `path` begin. */
function temporaryStart(path: string): string {
  const name = Buffer.from(basename(path))
    .subarray(0, mostNameBytes)
    .toString("utf8")
    .replace(/\ufffd$/, "");
  return `.${name}.`;
}

/** A name beside `path` that no other process takes; it begins as the file's own does. */
function temporaryBeside(path: string): string {
  return join(dirname(path), `${temporaryStart(path)}${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
}

/** How those names end. */
const temporaryEnd = /^\d+\.[0-9a-f]{8}\.tmp$/;

/** Removes a folder that nobody put anything into. */
function removeEmptyQuietly(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is not there, or somebody's.
  }
}

/**
 * Says early whether files may be written to a folder, which need not be there; leaves nothing behind.
 * @throws ResourceError as {@link writeFileAtomic}
 */
export function checkWritable(folder: string): void {
  const missing: string[] = [];
  for (let place = resolve(folder); !existsSync(place); place = dirname(place)) missing.push(place);
  const probe = temporaryBeside(join(folder, "probe"));
  try {
    inWords(folder, () => {
      makeFolder(folder);
      closeSync(openSync(probe, "wx"));
    });
  } finally {
    removeQuietly(probe);
    for (const made of missing) removeEmptyQuietly(made);
  }
}

/**
 * Removes what processes that were killed while they wrote `path` left beside it. Nobody else may be writing it.
 * @throws ResourceError when the folder cannot be changed
 */
export function removeUnfinished(path: string): void {
  const [folder, start] = [dirname(path), temporaryStart(path)];
  try {
    for (const name of readdirSync(folder))
      if (name.startsWith(start) && temporaryEnd.test(name.slice(start.length))) rmSync(join(folder, name));
  } catch (cause) {
    throw writeFailure(folder, cause);
  }
}

/** What a file is to hold, whole or in parts. */
export type FileContents = string | Uint8Array | Iterable<Uint8Array>;

/**
 * Replaces `path` by `chunks` in one step: readers see the old file or the whole new one.
 * Creates missing folders.
 * @throws ResourceError when the disk is full, read-only or not permitted; `path` is then untouched
 */
export function writeFileAtomic(path: string, chunks: FileContents): void {
  writeFilesAtomic([[path, chunks]]);
}

/**
 * Replaces several files that belong together: none is, unless there was room for all. A process that is killed between
 * their renames leaves some new ones, so one of them should tell what the others are.
 * @throws ResourceError as {@link writeFileAtomic}; all files are then untouched
 */
export function writeFilesAtomic(files: readonly (readonly [path: string, contents: FileContents])[]): void {
  const written: string[] = [];
  try {
    for (const [path, contents] of files) written.push(writeBeside(path, contents));
    files.forEach(([path], i) => {
      inWords(path, () => {
        renameSync(written[i], path);
        syncFolder(dirname(path));
      });
    });
  } catch (error) {
    for (const temporary of written) removeQuietly(temporary);
    throw error;
  }
}

/** Smaller parts are written together: a call of the system for each number of an ONNX file takes longer than the disk. */
const gatheredBytes = 2 ** 16;

/** The same bytes in parts that are not small, but for those before a large one and at the end. A part holds until the next. */
function* gathered(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Buffer | undefined;
  let count = 0;
  for (const part of parts) {
    if (count > 0 && count + part.length > gatheredBytes) {
      yield (waiting as Buffer).subarray(0, count);
      count = 0;
    }
    if (part.length >= gatheredBytes) yield part;
    else {
      waiting ??= Buffer.allocUnsafe(gatheredBytes);
      waiting.set(part, count);
      count += part.length;
    }
  }
  if (count > 0) yield (waiting as Buffer).subarray(0, count);
}

/** Writes a durable file beside the one that it is to replace. @returns its path */
function writeBeside(path: string, contents: FileContents): string {
  const temporary = temporaryBeside(path);
  const whole = typeof contents === "string" ? [Buffer.from(contents)] : contents;
  const parts = whole instanceof Uint8Array ? [whole] : whole;
  let handle: number | undefined;
  try {
    return inWords(path, () => {
      makeFolder(dirname(path));
      handle = openSync(temporary, "wx");
      for (const part of gathered(parts)) writeAll(handle, part);
      fsyncSync(handle);
      return temporary;
    });
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** @throws ResourceError that names the file, for a failure of the system */
function inWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}
