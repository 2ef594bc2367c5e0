/** Bytes of files that may be anything: pipes and devices are refused before they are read, and nothing waits. */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import { fileOf } from "./inside-file.js";

/** Largest piece asked of the system at once; a single read is limited to 2 GiB. */
const pieceBytes = 2 ** 30;

/** What is no regular file, in words. Reading from one could wait or go on for ever. */
function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a named pipe";
  return stats.isDirectory() ? "a folder" : "a device";
}

/**
 * Opens a file for a task, also one that the path goes on inside. A pipe does not make it wait.
 * @param task gets the file, and how many bytes it has when it is opened
 * @throws DataError when it is missing, unreadable or no regular file (also behind links)
 */
export async function withFile<T>(file: string, task: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(fileOf(file), constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new DataError(`${file}: cannot be read: it is ${kindOf(stats)}; give a file`);
    return await task(handle, stats.size);
  } catch (cause) {
    if (cause instanceof DataError || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw new DataError(`${file}: cannot be read: ${readFailureReason(cause)}`, { cause });
  } finally {
    await handle?.close();
  }
}

/** The first bytes of an open file, fewer where it ends before. They are memory of their own, so that views are aligned. */
export async function readStart(handle: FileHandle, count: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(count);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(pieceBytes, bytes.length - done), done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** The first bytes of a file, fewer where it ends before. @throws DataError as {@link withFile} */
export function startOf(file: string, count: number): Promise<Buffer> {
  return withFile(file, (handle, size) => readStart(handle, Math.min(size, count)));
}
