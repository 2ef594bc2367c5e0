/** A folder of a data set that appears complete or not at all. */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.js";
import { makeFolder, syncFolder, writeFailure } from "../core/files/atomic-file.js";

/**
 * Makes a folder by filling another one that takes its name at the end.
 * @param fill writes into the folder whose path it gets
 * @returns the folder's path
 * @throws UsageError when it exists already; ResourceError when it cannot be written, and what `fill` throws; nothing is
 *   left behind then
 */
export async function writeWholeFolder(
  out: string,
  name: string,
  fill: (partial: string) => Promise<void>,
): Promise<string> {
  const folder = join(out, name);
  if (existsSync(folder)) throw new UsageError(`${folder}: exists already; choose another folder or remove it first`);
  const partial = join(out, `.${name}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    makeFolder(partial);
  } catch (cause) {
    throw writeFailure(folder, cause);
  }
  try {
    await fill(partial);
    renameSync(partial, folder);
    syncFolder(out);
  } catch (cause) {
    rmSync(partial, { recursive: true, force: true });
    if ((cause as NodeJS.ErrnoException).syscall !== undefined) throw writeFailure(folder, cause);
    throw cause;
  }
  return folder;
}
