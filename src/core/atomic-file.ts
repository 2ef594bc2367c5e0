/**
 * Writing without ever leaving half a file: write beside, fsync, rename, fsync the folder.
 * Every file a user may read later goes through here.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ResourceError } from "./errors.js";

const explanations: Record<string, string> = {
  ENOSPC: "the disk is full; free some space and run the command again",
  EDQUOT: "the disk quota is used up; free some space and run the command again",
  EACCES: "permission denied; choose a folder you may write to",
  EPERM: "permission denied; choose a folder you may write to",
  EROFS: "the file system is read-only; choose another folder",
  ENOTDIR: "a part of the path is a file, not a folder; choose another path",
};

/** Turns a failed file operation into a {@link ResourceError} that says what to do. */
export function writeFailure(path: string, cause: unknown): ResourceError {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const reason = explanations[code] ?? (cause as Error).message;
  return new ResourceError(`cannot write ${path}: ${reason}`, { cause });
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

/**
 * Replaces `path` by `chunks` in one step: readers see the old file or the whole new one.
 * Creates missing folders.
 * @throws ResourceError when the disk is full, read-only or not permitted; `path` is then untouched
 */
export function writeFileAtomic(path: string, chunks: string | Uint8Array | Iterable<Uint8Array>): void {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
  const parts = typeof chunks === "string" ? [Buffer.from(chunks)] : chunks instanceof Uint8Array ? [chunks] : chunks;
  let handle: number | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    handle = openSync(temporary, "wx");
    for (const part of parts) writeAll(handle, part);
    fsyncSync(handle);
    closeSync(handle);
    handle = undefined;
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    if (handle !== undefined) closeSync(handle);
    removeQuietly(temporary);
    throw writeFailure(path, cause);
  }
}
