/**
 * File name patterns with one `{id}`: which files of a folder they match, in byte order.
 */
import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { formats } from "./formats/registry.js";

/** A name without the ending of an image format, upper or lower case; undefined where it has none. */
function withoutExtension(name: string): string | undefined {
  const lower = name.toLowerCase();
  const found = Object.values(formats)
    .flatMap(({ extensions }) => extensions)
    .find((extension) => lower.endsWith(`.${extension}`));
  return found && name.slice(0, -found.length - 1);
}

/** True for a visible file whose name ends like an image. */
export function isImageName(name: string): boolean {
  return withoutExtension(name) !== undefined && !name.startsWith(".");
}

/** Orders names by the bytes of their UTF-8 form, as the split rule of the protocol demands. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The id that a file name holds under a pattern's file name, if it matches. */
export function matchId(fileName: string, patternName: string): string | undefined {
  if (fileName.startsWith(".")) return undefined;
  const [before, after] = patternName.split("{id}");
  const wildcard = after.endsWith(".*");
  const name = wildcard ? withoutExtension(fileName) : fileName;
  if (name === undefined) return undefined;
  const end = wildcard ? after.slice(0, -2) : after;
  if (name.length <= before.length + end.length || !name.startsWith(before) || !name.endsWith(end)) return undefined;
  return name.slice(before.length, name.length - end.length);
}

/**
 * The files that a pattern matches, keyed by id and ordered by the bytes of their file names.
 * @param root    folder that a relative pattern starts from
 * @param pattern for example `images/{id}.png`; `{id}.*` takes every image extension
 * @param what    what is looked for, for the error message
 * @throws DataError when the folder is missing or unreadable, or two files share an id
 */
export function listPattern(root: string, pattern: string, what: string): Map<string, string> {
  const folder = resolve(root, dirname(pattern));
  const found = new Map<string, string>();
  for (const name of readFolder(folder, what).sort(compareBytes)) {
    const id = matchId(name, basename(pattern));
    if (id === undefined) continue;
    const earlier = found.get(id);
    if (earlier)
      throw new DataError(
        `${what}: ${basename(earlier)} and ${name} in ${folder} have the same id; remove one of them`,
      );
    found.set(id, join(folder, name));
  }
  return found;
}

function readFolder(folder: string, what: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "it does not exist; correct the pattern" : readFailureReason(cause);
    throw new DataError(`${what}: cannot read the folder ${folder}: ${reason}`, { cause });
  }
}
