/**
 * File name patterns with `{id}`: which files they match, in byte order. Names are compared in one Unicode form, and the
 * fixed text of a pattern in either case, as disks of Macs and Windows machines do.
 */
import { readdirSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/files/read-file.js";
import { formats } from "./formats/registry.js";
import { fileOf, insideOf } from "./inside-file.js";
import { isSystemFile, isSystemFolder } from "./system-names.js";

/** The ending of an image format with its dot, of `.nii` and `.nii.gz` the longer one; "" where there is none. */
function imageEnding(name: string): string {
  const lower = name.toLowerCase();
  let length = 0;
  for (const { extensions } of Object.values(formats))
    for (const ending of extensions) if (lower.endsWith(`.${ending}`)) length = Math.max(length, ending.length + 1);
  return length === 0 ? "" : name.slice(-length);
}

/** What a name or path ends with from its dot on: as image formats have it, else from the last dot. */
export function endingOf(path: string): string {
  return imageEnding(path) || extname(path);
}

/** A name or path without {@link endingOf}. */
export function withoutEnding(path: string): string {
  return path.slice(0, path.length - endingOf(path).length);
}

/** True for a file whose name ends like an image and that is no system's own. */
export function isImageName(name: string): boolean {
  return imageEnding(name) !== "" && !isSystemFile(name);
}

/** True for a file whose name ends like one of a format of volumes. */
export function isVolumeName(name: string): boolean {
  const ending = imageEnding(name).slice(1).toLowerCase();
  return Object.values(formats).some(
    (format) => format.maxFileBytes !== undefined && format.extensions.includes(ending),
  );
}

/** Whether a file's name says that it is DICOM, or says nothing, as that of most of its files. */
export function mayBeDicom(name: string): boolean {
  const ending = extname(name).slice(1).toLowerCase();
  return !/[a-z]/.test(ending) || formats.dicom.extensions.includes(ending);
}

/** Orders names by the bytes of their UTF-8 form, as the split rule of the protocol demands. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
  // Halves of surrogate pairs come after all other units in UTF-8, but not in UTF-16.
  if (x >= 0xd800 && y >= 0xd800) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return i < length ? x - y : a.length - b.length;
}

/** A name as names are compared where upper and lower case do not count. */
export function foldCase(name: string): string {
  const lower = name.toLowerCase();
  // A few letters change their number; positions in such a name would not be those of the original.
  return lower.length === name.length ? lower : name;
}

/** One part of a pattern between slashes. */
interface PartPattern {
  readonly text: string;
  /** Folded text before `{id}`; undefined where the part has no `{id}`. */
  readonly before?: string;
  /** Folded texts after `{id}`, or of the whole part, with a `*` between each two. */
  readonly pieces: readonly string[];
  /** Whether any image ending follows. */
  readonly anyEnding: boolean;
}

const compiled = new Map<string, PartPattern>();

function compilePart(text: string): PartPattern {
  const known = compiled.get(text);
  if (known) return known;
  const anyEnding = text.endsWith(".*");
  const folded = foldCase((anyEnding ? text.slice(0, -2) : text).normalize("NFC"));
  const at = folded.indexOf("{id}");
  const pieces = (at < 0 ? folded : folded.slice(at + 4)).split("*");
  const part = { text, ...(at < 0 ? {} : { before: folded.slice(0, at) }), pieces, anyEnding };
  compiled.set(text, part);
  return part;
}

/** Whether `name` from `start` on is the pieces with anything between them. */
function fits(name: string, start: number, pieces: readonly string[]): boolean {
  const [first, ...rest] = pieces;
  if (!name.startsWith(first, start)) return false;
  if (rest.length === 0) return start + first.length === name.length;
  let from = start + first.length;
  for (const piece of rest.slice(0, -1)) {
    const found = name.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  const last = rest[rest.length - 1];
  return name.length - last.length >= from && name.endsWith(last);
}

/** Which ids there are, where a `*` leaves open where an id ends. */
export interface KnownIds {
  has(id: string): boolean;
}

/**
 * What a part of a path holds as `{id}`: "" for a part without `{id}` that matches; undefined where it does not match.
 */
function matchPart(given: string, { before, pieces, anyEnding }: PartPattern, known?: KnownIds): string | undefined {
  if (anyEnding && imageEnding(given) === "") return undefined;
  const name = (anyEnding ? withoutEnding(given) : given).normalize("NFC");
  const folded = foldCase(name);
  if (before === undefined) return fits(folded, 0, pieces) ? "" : undefined;
  if (!folded.startsWith(before)) return undefined;
  const start = before.length;
  if (pieces.length === 1) {
    const end = name.length - pieces[0].length;
    return end > start && folded.endsWith(pieces[0]) ? name.slice(start, end) : undefined;
  }
  const ends: number[] = [];
  for (let end = start + 1; end <= name.length; end++) if (fits(folded, end, pieces)) ends.push(end);
  const longest = ends.reverse().find((end) => known?.has(name.slice(start, end)));
  const end = longest ?? ends.at(-1);
  return end === undefined ? undefined : name.slice(start, end);
}

/** The id that a file name holds under a pattern's file name, if it matches, in Unicode's composed form. */
export function matchId(fileName: string, patternName: string, known?: KnownIds): string | undefined {
  return isSystemFile(fileName) ? undefined : matchPart(fileName, compilePart(patternName), known);
}

/** The parts of a pattern: the folder that is always there, and what has to be looked for in it. */
function splitPattern(pattern: string): { folder: string; parts: readonly string[] } {
  const parts = fileOf(pattern).split("/");
  const open = parts.findIndex((part) => /\{id\}|\*/.test(part));
  const at = open < 0 ? parts.length - 1 : open;
  return { folder: parts.slice(0, at).join("/") || (pattern.startsWith("/") ? "/" : "."), parts: parts.slice(at) };
}

/** The folder that a pattern's files and folders are looked for in. */
export function patternFolder(root: string, pattern: string): string {
  return resolve(root, splitPattern(pattern).folder);
}

/**
 * All files that a pattern matches, by id; ids and the files of each in byte order of their paths.
 * @param root    folder that a relative pattern starts from
 * @param pattern for example `images/{id}.png`; `{id}.*` takes every image extension, `{id}_mask*.png` and
 *   `{id}/masks/*.png` several files of an id, `{id}.h5/label` a data set in each
 * @param what    what is looked for, for the error message
 * @param known   the ids of the images, where a pattern with `*` could find others in the same name
 * @throws DataError when the folder is missing or unreadable
 */
export function listFiles(root: string, pattern: string, what: string, known?: KnownIds): Map<string, string[]> {
  const { folder, parts } = splitPattern(pattern);
  const inside = insideOf(pattern);
  const pathOf = (file: string) => (inside === undefined ? file : join(file, inside));
  const found = new Map<string, string[]>();
  const visit = (at: string, depth: number, id: string) => {
    const part = compilePart(parts[depth]);
    const isFile = depth === parts.length - 1;
    for (const name of readFolder(at, what, depth > 0).sort(compareBytes)) {
      if (isFile ? isSystemFile(name) : isSystemFolder(name)) continue;
      const matched = matchPart(name, part, known);
      if (matched === undefined || (matched !== "" && id !== "" && matched !== id)) continue;
      const next = matched || id;
      if (!isFile) visit(join(at, name), depth + 1, next);
      else if (next !== "") {
        const files = found.get(next);
        if (files) files.push(pathOf(join(at, name)));
        else found.set(next, [pathOf(join(at, name))]);
      }
    }
  };
  visit(resolve(root, folder), 0, "");
  return found;
}

/**
 * The one file of each id that a pattern matches, in byte order of the paths.
 * @throws DataError as {@link listFiles}, and when two files share an id
 */
export function listPattern(root: string, pattern: string, what: string): Map<string, string> {
  return new Map(
    [...listFiles(root, pattern, what)].map(([id, [file, other]]) => {
      if (other === undefined) return [id, file];
      const folder = file.slice(0, file.length - basename(file).length - 1);
      throw new DataError(
        `${what}: ${basename(file)} and ${basename(other)} in ${folder} have the same id; remove one of them`,
      );
    }),
  );
}

/** @param below whether files among the folders are passed over, as a pattern's folder may stand beside them */
function readFolder(folder: string, what: string, below: boolean): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (below && (code === "ENOENT" || code === "ENOTDIR")) return [];
    const reason = code === "ENOENT" ? "it does not exist; correct the pattern" : readFailureReason(cause);
    throw new DataError(`${what}: cannot read the folder ${folder}: ${reason}`, { cause });
  }
}
