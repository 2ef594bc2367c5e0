/** A run or report that came from somebody else may hold links; what is written or removed through them lies elsewhere. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./errors.js";

/**
 * Makes sure that entries of a folder are its own. The folder itself may be reached through a link.
 * @param names plain names; those that do not exist are let through
 * @throws UsageError naming the first that is a link
 */
export function refuseLinks(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    throw new UsageError(
      `${path} is a link, and dimseg follows none inside a run or report; put the file or folder there`,
    );
  }
}
