/**
 * Reading a whole file into memory with an error that names it. Unlike `readFileSync` it has no 2 GiB limit and
 * always returns memory of its own, so that typed-array views on the result start aligned.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DataError, type DimsegError } from "../errors.js";
import { linkTarget } from "./link-target.js";

/** Largest piece asked of the system at once; a single read is limited to 2 GiB. */
const pieceBytes = 2 ** 30;

const explanations: Record<string, string> = {
  ENOENT: "it does not exist; check the path",
  ENOTDIR: "a part of the path is a file, not a folder; check the path",
  EISDIR: "it is a folder; give a file",
  EACCES: "permission denied; change its permissions or run as its owner",
  EPERM: "permission denied; change its permissions or run as its owner",
};

/** Why a file could not be read, as the end of a sentence that began with its name. */
export function readFailureReason(cause: unknown): string {
  const { code = "", path } = cause as NodeJS.ErrnoException;
  const target = code === "ENOENT" && path !== undefined ? linkTarget(path) : undefined;
  if (target !== undefined) return `it is a link to ${target}, which is not there; mount or mend its target`;
  return explanations[code] ?? (cause as Error).message;
}

function readAll(path: string): Uint8Array {
  const handle = openSync(path, "r");
  try {
    const bytes = new Uint8Array(fstatSync(handle).size);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(handle, bytes, done, Math.min(pieceBytes, bytes.length - done), done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(handle);
  }
}

/**
 * All bytes of a file.
 * @param kind class of the error thrown, for files whose failure has its own exit code
 * @throws DataError (or `kind`) naming the file and the reason when it cannot be read
 */
export function readBytes(
  path: string,
  kind: new (message: string, options?: ErrorOptions) => DimsegError = DataError,
) {
  try {
    return readAll(path);
  } catch (cause) {
    throw new kind(`cannot read ${path}: ${readFailureReason(cause)}`, { cause });
  }
}
