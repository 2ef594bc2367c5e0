/** Paths as files name each other. */
import { isAbsolute, relative, sep } from "node:path";

/** A path as seen from a folder, with forward slashes; absolute only where no relative one exists. */
export function seenFrom(folder: string, path: string): string {
  const result = relative(folder, path);
  return (isAbsolute(result) ? path : result).split(sep).join("/");
}
