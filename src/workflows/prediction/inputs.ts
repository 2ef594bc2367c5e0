/** Which images `dimseg predict` is asked for, what their results are called, and what must not be overwritten. */
import { type Dirent, existsSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { DataError, UsageError } from "../../core/errors.js";
import { readFailureReason } from "../../core/files/read-file.js";
import type { DicomVolume } from "../../data/dicom/volumes.js";
import { compareBytes, isImageName, withoutEnding } from "../../data/file-patterns.js";
import { formatNames } from "../../data/formats/registry.js";
import { fileOf } from "../../data/inside-file.js";
import { isMaskFolder } from "../../data/inspect/words.js";
import { isSystemFile, isSystemFolder, isSystemPreview, type SystemPictures } from "../../data/system-names.js";

/** An image to segment. */
export interface InputImage {
  /** As given, or below the folder that was given; for messages and reading. */
  readonly path: string;
  /** Files of the other channels of an image that lies in several; `path` holds the first. */
  readonly furtherChannels?: readonly string[];
  /** Path of its results below each output folder, without extension. */
  readonly name: string;
  /** Whether it was given itself, rather than found in a folder. */
  readonly given: boolean;
  /** What it is made of, where it is a volume of DICOM files; `path` is then its folder and name. */
  readonly series?: DicomVolume;
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw new DataError(`${path}: cannot be read: ${readFailureReason(cause)}`, { cause });
  }
}

/** Refuses paths that are not there, before anything is opened. @throws DataError naming the first */
export function refuseMissing(paths: readonly string[]): void {
  for (const path of paths) statOf(fileOf(path));
}

/** Where an image can be read again: a series by the folder that all of its files lie in. */
export function placeOf({ path, series }: InputImage): string {
  if (!series || existsSync(path)) return path;
  const folders = new Set(series.slices.map(({ file }) => dirname(file)));
  return folders.size === 1 ? [...folders][0] : path;
}

/**
 * Refuses series that cannot be read again by their folder alone.
 * @throws UsageError naming the first
 */
export function refuseSharedFolders(inputs: readonly InputImage[]): void {
  const places = inputs.flatMap((image) => (image.series ? [placeOf(image)] : []));
  const shared = places.find((place, i) => !existsSync(place) || places.indexOf(place) !== i);
  if (shared !== undefined)
    throw new UsageError(
      `${shared}: series share this folder, where the quality of none can be estimated; give each a folder of its own, or predict without --quality`,
    );
}

function withoutExtension(path: string): string {
  return isImageName(basename(path)) ? withoutEnding(path) : path;
}

/** @throws DataError when the folder cannot be read */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new DataError(`${folder}: cannot be read: ${readFailureReason(cause)}`, { cause });
  }
}

/** A folder, also through a link; null for anything else. */
function folderBehind(entry: Dirent, path: string): string | null {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) return null;
  const target = statSync(path, { throwIfNoEntry: false });
  return target?.isDirectory() ? realpathSync(path) : null;
}

/** What a walk found. */
interface Found {
  readonly images: string[];
  /** Pictures of systems and servers, which are left out. */
  readonly system: string[];
}

/**
 * The images in a folder and below it, in byte order; what systems keep there is told apart. Links to folders are
 * followed, each folder once, so that a loop ends.
 */
function walk(folder: string, found: Found, isSystem = false, seen = new Set([realpathSync(folder)])): Found {
  const entries = isSystem ? readableEntries(folder) : entriesOf(folder);
  for (const entry of entries.sort((a, b) => compareBytes(a.name, b.name))) {
    const path = join(folder, entry.name);
    const real = folderBehind(entry, path);
    if (real !== null) {
      if (!seen.has(real)) walk(path, found, isSystem || isSystemFolder(entry.name), seen.add(real));
      continue;
    }
    const isSystems = isSystem || isSystemFile(entry.name);
    if (!isImageName(isSystems ? entry.name.replace(/^\.+/, "") : entry.name) && !isSystemPreview(entry.name)) continue;
    // A dangling link is kept, so that reading it names it.
    const target = statSync(path, { throwIfNoEntry: false });
    if (target?.isFile() ?? true) found[isSystems ? "system" : "images"].push(path);
  }
  return found;
}

/** A system's own folder, such as lost+found, may be closed to us. */
function readableEntries(folder: string): Dirent[] {
  try {
    return entriesOf(folder);
  } catch {
    return [];
  }
}

function listOne(path: string, system: string[], mayBeEmpty: boolean): InputImage[] {
  const file = fileOf(path);
  if (!statOf(file).isDirectory()) return [{ path, name: withoutExtension(basename(file)), given: true }];
  const found = walk(path, { images: [], system });
  if (found.images.length === 0 && !mayBeEmpty) throw new DataError(`${path}: holds no ${formatNames()} image`);
  return found.images.map((image) => ({ path: image, name: withoutExtension(relative(path, image)), given: false }));
}

/** What is to be segmented, and what was found beside it. */
export interface ChosenImages {
  readonly images: readonly InputImage[];
  /** Masks of the run's data set, masks in folders that are called so, and results of earlier calls. */
  readonly leftOut: readonly InputImage[];
}

/**
 * Leaves out what was found in folders but is no image to segment: masks of the data set, what an earlier call wrote, and
 * files in a folder with a mask's name that hold few values as masks do. Files that were given themselves stay.
 * @param masks   mask files of the run's data set
 * @param outputs folders that results go to
 * @param isMask  whether a file's pixels are those of a mask; asked of files in folders with a mask's name alone
 * @throws DataError when nothing is left
 */
export async function leaveOutMasks(
  inputs: readonly InputImage[],
  masks: readonly string[],
  outputs: readonly string[],
  isMask: (path: string) => Promise<boolean>,
): Promise<ChosenImages> {
  const known = new Set(masks.flatMap((path) => identity(path) ?? []));
  const folders = outputs.map((folder) => `${resolve(folder)}${sep}`);
  const images: InputImage[] = [];
  const leftOut: InputImage[] = [];
  for (const image of inputs) {
    const { path, name, given } = image;
    const isKnown = folders.some((folder) => resolve(path).startsWith(folder)) || known.has(identity(path) ?? "");
    const isNamed = dirname(name).split(sep).some(isMaskFolder);
    const isNone = !given && (isKnown || (isNamed && (await isMask(path))));
    (isNone ? leftOut : images).push(image);
  }
  if (images.length > 0) return { images, leftOut };
  throw new DataError(
    `${inputs[0].path} and the others found are masks or earlier results; give the folder of the images, or the files themselves`,
  );
}

/**
 * Lists the images to segment: files as given, folders with everything below them. A file given twice counts once.
 * @param mayBeEmpty whether a folder may hold no file that is called as images are
 * @throws DataError when a path does not exist or a folder holds no image
 */
export function listInputs(
  paths: readonly string[],
  mayBeEmpty: (folder: string) => boolean = () => false,
): { images: InputImage[]; system: SystemPictures } {
  const byPath = new Map<string, InputImage>();
  const system: string[] = [];
  for (const image of paths.flatMap((path) => listOne(path, system, mayBeEmpty(path)))) {
    const key = resolve(image.path);
    if (!byPath.has(key)) byPath.set(key, image);
  }
  const own = new Set(system.map((path) => resolve(path)));
  return { images: [...byPath.values()], system: { count: own.size, first: system[0] ?? "" } };
}

/**
 * Refuses images that would be written to the same files.
 * @param extension of the masks
 * @throws UsageError naming the two
 */
export function refuseCollisions(inputs: readonly InputImage[], extension: string): void {
  const byName = new Map<string, InputImage>();
  for (const image of inputs) {
    const other = byName.get(image.name);
    if (other) {
      throw new UsageError(
        `${other.path} and ${image.path} would both give ${image.name}.${extension}; predict them into different folders`,
      );
    }
    byName.set(image.name, image);
  }
}

/** What tells a file from all others, also under another name or through a link; undefined when there is none. */
function identity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Refuses to replace files that were given, or that the run's data set is made of.
 * @throws UsageError naming the file
 */
export function refuseOverwriting(outputs: readonly string[], precious: readonly string[]): void {
  const existing = outputs.flatMap((path) => {
    const found = identity(path);
    return found === undefined ? [] : [{ path, found }];
  });
  if (existing.length === 0) return;
  const kept = new Set(precious.flatMap((path) => identity(path) ?? []));
  const hit = existing.find(({ found }) => kept.has(found));
  if (hit) throw new UsageError(`${hit.path} is an input and would be overwritten; choose another folder with --out`);
}
