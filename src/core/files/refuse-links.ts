/** A run or report that came from somebody else may hold links; what is written or removed through them lies elsewhere. */
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.js";
import { writeFailure } from "./atomic-file.js";

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch (cause) {
    // Below a file nothing exists, and whoever writes there is told so.
    if ((cause as NodeJS.ErrnoException).code === "ENOTDIR") return false;
    throw writeFailure(path, cause);
  }
}

/**
 * Makes sure that entries of a folder are its own. The folder itself may be reached through a link.
 * @param names plain names; those that do not exist are let through
 * @throws UsageError naming the first that is a link; ResourceError when one cannot be looked at
 */
export function refuseLinks(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    if (!isLink(path)) continue;
    throw new UsageError(
      `${path} is a link, and dimseg follows none inside a run or report; put the file or folder there`,
    );
  }
}
