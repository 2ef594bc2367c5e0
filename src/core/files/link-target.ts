/** Links that lead nowhere, as in a container that mounts a folder of links but not the disk that they point to. */
import { lstatSync, readlinkSync } from "node:fs";

/** What a link points to; undefined for what is no link or not there. */
export function linkTarget(path: string): string | undefined {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  return readlinkSync(path);
}
