/**
 * From a split's description in `dataset.yaml` to its cases in their fixed order. The order matters: "labelled"
 * means the first N of a list.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { isImageName, listPattern } from "./file-patterns.js";
import type { SplitSource } from "./schema.js";
import { ownSubject, type SubjectOf } from "./subjects.js";

/** The two parts of a domain. */
export type Split = "train" | "test";

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
  readonly imagePath: string;
  /** Missing for an unlabelled case. */
  readonly maskPath?: string;
}

/** Where a split stands: what its cases have in common, and how messages name it. */
export interface SplitPlace {
  readonly root: string;
  readonly domain: string;
  readonly domainIndex: number;
  readonly split: Split;
}

/** How a message names a split. */
export function placeText(place: Pick<SplitPlace, "domain" | "split">): string {
  return `domain ${place.domain}, ${place.split}`;
}

/** The ids of a list file, one a line; blank lines are skipped. */
function readList(path: string, where: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch (cause) {
    throw new DataError(`${where}: cannot read the list ${path}: ${readFailureReason(cause)}`, { cause });
  }
}

/** The images in the order of `ids`; an id may carry an image extension, as published lists do. */
function pickIds(images: Map<string, string>, ids: readonly string[], source: string): [string, string][] {
  const seen = new Set<string>();
  return ids.map((entry) => {
    const id = !images.has(entry) && isImageName(entry) ? basename(entry, extname(entry)) : entry;
    const image = images.get(id);
    if (image === undefined)
      throw new DataError(`${source}: no image has the id "${entry}"; correct the id or the pattern`);
    if (seen.has(id)) throw new DataError(`${source}: the id "${id}" stands there twice; remove one`);
    seen.add(id);
    return [id, image];
  });
}

/** Cases given one by one; the id is the image's name unless it is given. */
function explicitCases(cases: NonNullable<SplitSource["cases"]>, place: SplitPlace, subjectOf: SubjectOf): Case[] {
  const { root, ...shared } = place;
  const where = placeText(place);
  const seen = new Set<string>();
  return cases.map((one) => {
    const id = one.id ?? basename(one.image, extname(one.image));
    if (seen.has(id)) throw new DataError(`${where}: two cases have the id "${id}"; give one of them another id`);
    seen.add(id);
    const imagePath = resolve(root, one.image);
    const maskPath = one.mask === undefined ? undefined : resolve(root, one.mask);
    for (const file of [imagePath, maskPath])
      if (file !== undefined && !existsSync(file))
        throw new DataError(`${where}: ${file} does not exist; correct the path`);
    const subject = subjectOf({ id, ...shared });
    return { id, ...shared, subject, imagePath, ...(maskPath === undefined ? {} : { maskPath }) };
  });
}

/**
 * The cases of one split, in byte order of their file names or in the order of `ids`, `list` or `cases`.
 * A case whose mask file is not there is unlabelled.
 * @throws DataError when a folder or list is missing, an id has no image or stands twice, no image is found, or
 *   `subjectOf` finds no subject
 */
export function expandSplit(source: SplitSource, place: SplitPlace, subjectOf: SubjectOf = ownSubject): Case[] {
  if (source.cases) return explicitCases(source.cases, place, subjectOf);
  const { root, ...shared } = place;
  const where = placeText(place);
  const pattern = source.images as string;
  const found = listPattern(root, pattern, `${where} images`);
  const masks =
    source.masks === undefined ? new Map<string, string>() : listPattern(root, source.masks, `${where} masks`);
  // Beside their images, masks such as 1_mask.png match {id}.png as well.
  const maskFiles = source.masks === pattern ? new Set() : new Set(masks.values());
  const images = new Map([...found].filter(([, file]) => !maskFiles.has(file)));
  const listPath = source.list === undefined ? undefined : resolve(root, source.list);
  const ids = listPath === undefined ? source.ids : readList(listPath, where);
  const chosen = ids ? pickIds(images, ids, listPath ?? where) : [...images];
  if (chosen.length === 0)
    throw new DataError(
      `${where}: is empty: no file matches ${resolve(root, pattern)}; correct it or remove the split`,
    );
  return chosen.map(([id, imagePath]) => {
    const maskPath = masks.get(id);
    const subject = subjectOf({ id, ...shared });
    return { id, ...shared, subject, imagePath, ...(maskPath === undefined ? {} : { maskPath }) };
  });
}
