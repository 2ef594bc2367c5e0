/**
 * From a split's description in `dataset.yaml` to its cases in their fixed order. The order matters: "labelled"
 * means the first N of a list.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { linkTarget } from "../core/files/link-target.js";
import { readFailureReason } from "../core/files/read-file.js";
import { foldCase, isImageName, type KnownIds, listFiles, listPattern, withoutEnding } from "./file-patterns.js";
import { fileOf } from "./inside-file.js";
import type { LabelRule, ReaderRule, SplitSource } from "./schema.js";
import { ownSubject, type SubjectOf } from "./subjects.js";

/** The two parts of a domain. */
export type Split = "train" | "test";

/** One of several files that together are a case's mask. */
export interface MaskFile {
  readonly path: string;
  /** The class that the file shows; missing where the label rule reads all classes from its values. */
  readonly className?: string;
}

/** One image of a data set, with its mask where it has one. */
export interface Case {
  /** Unique within its domain and split; taken from the file name. */
  readonly id: string;
  readonly domain: string;
  readonly domainIndex: number;
  readonly split: Split;
  /**
   * The patient or specimen that the image is of: equal for the cases of one subject and for no others, of whatever
   * domain and split. `domain/split/id` where nothing says otherwise.
   */
  readonly subject: string;
  /** Of several channels in files of their own the first. */
  readonly imagePath: string;
  /** The files of the other channels, in their order; missing where one file holds the whole image. */
  readonly furtherChannels?: readonly string[];
  /** Missing for an unlabelled case; of several mask files the first. */
  readonly maskPath?: string;
  /** All files of the mask, where they are several or each shows one class; those of the first reader. */
  readonly maskFiles?: readonly MaskFile[];
  /** The mask files of each further reader of the image; missing where there is none. */
  readonly otherReaders?: readonly (readonly MaskFile[])[];
  /** How the readers' masks become one; missing where the first one's is the mask. */
  readonly readers?: ReaderRule;
  /** Of a case whose mask `data add-masks` added: its label rule, where it is not the domain's. */
  readonly added?: { readonly labels?: LabelRule };
}

/** The files that a case's image lies in: one, or one for each channel in their order. */
export function channelFilesOf({
  imagePath,
  furtherChannels = [],
}: Pick<Case, "imagePath" | "furtherChannels">): readonly string[] {
  return [imagePath, ...furtherChannels];
}

type CaseMasks = Pick<Case, "maskPath" | "maskFiles" | "otherReaders" | "readers">;

/** The mask files of every reader, the first one's first; none for a case that nobody marked. */
export function readersOf({ maskPath, maskFiles, otherReaders = [] }: CaseMasks): (readonly MaskFile[])[] {
  return [maskFiles ?? (maskPath === undefined ? [] : [{ path: maskPath }]), ...otherReaders].filter(
    (files) => files.length > 0,
  );
}

/** The files that a case's mask is made of, reader by reader where several count; none for an unlabelled case. */
export function maskFilesOf(one: CaseMasks): readonly MaskFile[] {
  if (one.maskPath === undefined) return [];
  const readers = readersOf(one);
  return one.readers === undefined ? readers[0] : readers.flat();
}

/** A case's masks as its keys, from the files that were found of each reader, the first one's first. */
function masksOf([own, ...others]: readonly (readonly MaskFile[])[], rule: ReaderRule | undefined): CaseMasks {
  const further = others.filter((files) => files.length > 0);
  // Where readers are combined, any of them is the first.
  if (own.length === 0 && further.length > 0 && rule !== undefined) return masksOf(further, rule);
  const readers =
    further.length === 0 ? {} : { otherReaders: further, ...(rule === undefined ? {} : { readers: rule }) };
  if (own.length === 0) return readers;
  const [{ path, className }] = own;
  return { maskPath: path, ...(own.length > 1 || className !== undefined ? { maskFiles: own } : {}), ...readers };
}

/** Where a split stands: what its cases have in common, and how messages name it. */
export interface SplitPlace {
  readonly root: string;
  readonly domain: string;
  readonly domainIndex: number;
  readonly split: Split;
  /** How masks of several readers become one; missing where the first one's counts. */
  readonly readers?: ReaderRule;
}

/** How a message names a split. */
export function placeText(place: Pick<SplitPlace, "domain" | "split">): string {
  return `domain ${place.domain}, ${place.split}`;
}

/** The ids of a list file, one a line; blank lines are skipped. */
export function readList(path: string, where: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch (cause) {
    throw new DataError(`${where}: cannot read the list ${path}: ${readFailureReason(cause)}`, { cause });
  }
}

/**
 * The images in the order of `ids`; an id may carry an image extension, as published lists do, and has any Unicode form.
 */
function pickIds(
  images: Map<string, string>,
  ids: readonly string[],
  source: string,
  pattern: string,
): [string, string][] {
  const seen = new Set<string>();
  return ids.map((given) => {
    const entry = given.normalize("NFC");
    const id = !images.has(entry) && isImageName(entry) ? withoutEnding(basename(entry)) : entry;
    const image = images.get(id);
    if (image === undefined)
      throw new DataError(
        `${source}: no image has the id "${given}": ${pattern.replaceAll("{id}", given)} is not there (any more); put it ` +
          `back, remove "${given}" from the list, or correct the pattern`,
      );
    if (seen.has(id)) throw new DataError(`${source}: the id "${id}" stands there twice; remove one`);
    seen.add(id);
    return [id, image];
  });
}

/** The mask files of a case that is given by its files. */
function explicitMask({ mask, joined, masksByClass }: NonNullable<SplitSource["cases"]>[number]): MaskFile[] {
  if (masksByClass) return Object.entries(masksByClass).map(([className, path]) => ({ path, className }));
  return [...(mask === undefined ? [] : [mask]), ...(joined ?? [])].map((path) => ({ path }));
}

/** Cases given one by one; the id is the image's name unless it is given. */
function explicitCases(cases: NonNullable<SplitSource["cases"]>, place: SplitPlace, subjectOf: SubjectOf): Case[] {
  const { root, readers: rule, ...shared } = place;
  const where = placeText(place);
  const seen = new Set<string>();
  return cases.map((one) => {
    const id = one.id ?? withoutEnding(basename(fileOf(one.image)));
    if (seen.has(id)) throw new DataError(`${where}: two cases have the id "${id}"; give one of them another id`);
    seen.add(id);
    const imagePath = resolve(root, one.image);
    const channels = (one.furtherChannels ?? []).map((path) => resolve(root, path));
    const others = (one.otherReaders ?? []).map((own) =>
      typeof own === "string" ? [{ path: own }] : explicitMask({ image: one.image, masksByClass: own }),
    );
    const readers = [explicitMask(one), ...others].map((files) =>
      files.map((file) => ({ ...file, path: resolve(root, file.path) })),
    );
    refuseOneDataset(imagePath, readers, where);
    for (const file of [imagePath, ...channels, ...readers.flat().map(({ path }) => path)])
      if (!existsSync(fileOf(file))) throw new DataError(`${where}: ${file} ${missingText(file)}`);
    const subject = subjectOf({ id, ...shared });
    return { id, ...shared, subject, ...imageOf(imagePath, channels), ...masksOf(readers, rule) };
  });
}

/** A file that holds several data sets, image and mask among them, has to be named with that of the mask. */
function refuseOneDataset(image: string, masks: readonly (readonly MaskFile[])[], where: string): void {
  if (!/\.(?:h5|hdf5)$/i.test(image) || !masks.flat().some(({ path }) => path === image)) return;
  throw new DataError(
    `${where}: ${image} is given as image and as mask; say which of its data sets is the mask, as ${basename(image)}/label`,
  );
}

function imageOf(imagePath: string, furtherChannels: readonly string[]): Pick<Case, "imagePath" | "furtherChannels"> {
  return { imagePath, ...(furtherChannels.length > 0 ? { furtherChannels } : {}) };
}

/** Finds the files of an image's further channels by its id. */
function channelFinder({ furtherChannels = [] }: SplitSource, root: string, where: string): (id: string) => string[] {
  const listed = furtherChannels.map((pattern) => ({
    pattern,
    files: listPattern(root, pattern, `${where} channels`),
  }));
  return (id) =>
    listed.map(({ pattern, files }, i) => {
      const file = files.get(id);
      if (file !== undefined) return file;
      throw new DataError(
        `${where}: ${id} has no file of its channel ${i + 2}: ${resolve(root, pattern.replaceAll("{id}", id))} is not there; ` +
          `put it back, correct the pattern in furtherChannels, or name "${id}" in except`,
      );
    });
}

/** Why a file of a case is not there. */
function missingText(file: string): string {
  const target = linkTarget(file);
  return target === undefined
    ? "does not exist; put it back, correct the path, or remove the case"
    : `is a link to ${target}, which is not there; mount or mend its target`;
}

/** The patterns of a split's mask files, with the class where each shows one. */
export function maskPatterns({ masks, joined, masksByClass }: SplitSource): { pattern: string; className?: string }[] {
  const whole = [...(masks === undefined ? [] : [masks]), ...(joined ?? [])].map((pattern) => ({ pattern }));
  return [...whole, ...Object.entries(masksByClass ?? {}).map(([className, pattern]) => ({ pattern, className }))];
}

/** The patterns of each reader's mask files, the first one's first. */
export function readerPatterns(source: SplitSource): ReturnType<typeof maskPatterns>[] {
  const others = source.otherReaders ?? [];
  const keys = others.map((one) => (typeof one === "string" ? { masks: one } : { masksByClass: one }));
  return [source, ...keys].map(maskPatterns);
}

/** The mask files of a split by id; of several readers those of the first. */
export function listMasks(source: SplitSource, root: string, where: string, known?: KnownIds): Map<string, MaskFile[]> {
  return listByPatterns(maskPatterns(source), root, where, known);
}

function listByPatterns(
  patterns: ReturnType<typeof maskPatterns>,
  ...[root, where, known]: [root: string, where: string, known: KnownIds | undefined]
): Map<string, MaskFile[]> {
  const found = new Map<string, MaskFile[]>();
  for (const { pattern, ...rest } of patterns) {
    const files = /\*./.test(pattern)
      ? listFiles(root, pattern, `${where} masks`, known)
      : new Map([...listPattern(root, pattern, `${where} masks`)].map(([id, file]) => [id, [file]]));
    for (const [id, paths] of files)
      found.set(id, [...(found.get(id) ?? []), ...paths.map((path) => ({ path, ...rest }))]);
  }
  return found;
}

/** Finds an image's masks by its id, and where there is none by an id that differs in upper and lower case alone. */
export function maskFinder<T>(masks: ReadonlyMap<string, T>, images: KnownIds): (id: string) => T | undefined {
  let folded: Map<string, T | undefined> | undefined;
  const byFolded = () => {
    const result = new Map<string, T | undefined>();
    for (const [id, files] of masks) {
      if (images.has(id)) continue;
      const key = foldCase(id);
      result.set(key, result.has(key) ? undefined : files);
    }
    return result;
  };
  return (id) => {
    const found = masks.get(id);
    if (found !== undefined || masks.size === 0) return found;
    folded ??= byFolded();
    return folded.get(foldCase(id));
  };
}

/** The images of a split by id: what its pattern matches but for masks and what `except` names. */
export function listImages(source: SplitSource, root: string, where: string): Map<string, string> {
  const pattern = source.images as string;
  const images = listPattern(root, pattern, `${where} images`);
  const except = source.except ?? [];
  // Beside their images, masks such as 1_mask.png match {id}.png as well.
  const others = [
    ...(source.furtherChannels ?? []),
    ...readerPatterns(source)
      .flat()
      .map((one) => one.pattern),
    ...except.filter((one) => one.includes("{id}")),
  ].filter((other) => other !== pattern && dirname(other) === dirname(pattern));
  const files = new Set(others.flatMap((other) => [...listFiles(root, other, where, images).values()].flat()));
  const ids = new Set(except.map((one) => one.normalize("NFC")));
  return new Map([...images].filter(([id, file]) => !files.has(file) && !ids.has(id)));
}

/**
 * The cases of one split, in byte order of their file names or in the order of `ids`, `list` or `cases`.
 * A case whose mask file is not there is unlabelled.
 * @throws DataError when a folder or list is missing, an id has no image or stands twice, no image is found, an image
 *   lacks the file of a channel, or `subjectOf` finds no subject
 */
export function expandSplit(source: SplitSource, place: SplitPlace, subjectOf: SubjectOf = ownSubject): Case[] {
  if (source.cases) return explicitCases(source.cases, place, subjectOf);
  const { root, readers: rule, ...shared } = place;
  const where = placeText(place);
  const pattern = source.images as string;
  const images = listImages(source, root, where);
  const readers = readerPatterns(source);
  const masksFor = readers.map((patterns) => maskFinder(listByPatterns(patterns, root, where, images), images));
  const channelsFor = channelFinder(source, root, where);
  const listPath = source.list === undefined ? undefined : resolve(root, source.list);
  const ids = listPath === undefined ? source.ids : readList(listPath, where);
  const chosen = ids ? pickIds(images, ids, listPath ?? where, pattern) : [...images];
  if (chosen.length === 0)
    throw new DataError(
      `${where}: is empty: no file matches ${resolve(root, pattern)}; correct it or remove the split`,
    );
  return chosen.map(([id, imagePath]) => {
    const subject = subjectOf({ id, ...shared });
    const masks = masksFor.map((find) => find(id) ?? []);
    refuseOneDataset(imagePath, masks, where);
    return { id, ...shared, subject, ...imageOf(imagePath, channelsFor(id)), ...masksOf(masks, rule) };
  });
}
