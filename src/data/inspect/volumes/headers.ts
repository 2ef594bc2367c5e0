/** The headers of all volumes of a folder; the values of none are read. */
import { join } from "node:path";
import { DataError } from "../../../core/errors.js";
import type { ImageHeader } from "../../formats/format.js";
import { readHeader } from "../../images/read-image.js";
import { mapLimited } from "../../limited.js";
import type { Progress } from "../progress.js";

/** Files that are open at the same time. */
const readAtOnce = 8;

/** Headers by absolute path, and a sentence for each file that has none. */
export interface VolumeHeaders {
  readonly headers: ReadonlyMap<string, ImageHeader>;
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * @param paths  relative to `root`
 * @param inside what a path goes on with to its image, where the file is not enough
 */
export async function readHeaders(
  root: string,
  paths: readonly string[],
  progress: Progress,
  inside: (path: string) => string = (path) => path,
): Promise<VolumeHeaders> {
  const headers = new Map<string, ImageHeader>();
  const broken = new Map<string, string>();
  let done = 0;
  await mapLimited(paths, readAtOnce, async (path) => {
    const file = join(root, path);
    try {
      headers.set(file, await readHeader(inside(file)));
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      broken.set(file, cause.message);
    }
    progress("reading headers", ++done, paths.length);
  });
  return { headers, broken };
}
