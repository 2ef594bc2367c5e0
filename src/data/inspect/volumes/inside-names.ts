/** Image and mask in one HDF5 file: which of its data sets are which, told by their names in the first file. */
import { join, posix } from "node:path";
import { DataError } from "../../../core/errors.js";
import { usualNames } from "../../formats/hdf5/dataset-choice.js";
import { hdf5Format, hdf5Names } from "../../formats/hdf5.js";
import { readBytes } from "../../images/read-image.js";
import { fileOf } from "../../inside-file.js";
import type { ImageGroup } from "../pairing/grouping.js";
import { hasMaskWord, wordsOf } from "../words.js";

/** What paths go on with inside the files. */
export interface InsideNames {
  /** Missing where a file's path is enough for its image. */
  readonly image?: string;
  /** Missing where the files hold no masks. */
  readonly mask?: string;
}

/** Whether a path or pattern is of an HDF5 file, or goes on inside one. */
export function isHdf5(path: string): boolean {
  return hdf5Format.extensions.some((ending) => fileOf(path).toLowerCase().endsWith(`.${ending}`));
}

/** Reads the names of the first file; nothing where none of the files is HDF5, or that one is broken. */
export async function lookInside(root: string, paths: readonly string[], guesses: string[]): Promise<InsideNames> {
  const first = paths.find(isHdf5);
  if (first === undefined) return {};
  const path = join(root, first);
  let names: readonly string[];
  try {
    names = await hdf5Names(await readBytes(path), path);
  } catch (cause) {
    if (cause instanceof DataError) return {};
    throw cause;
  }
  const usual = usualNames(names);
  const masks = usual.mask === undefined ? names.filter((name) => hasMaskWord(wordsOf(name))) : [usual.mask];
  const others = names.filter((name) => !masks.includes(name));
  const image = usual.image ?? (others.length === 1 ? others[0] : undefined);
  const mask = masks.find((name) => name !== image);
  if (names.length > 1 && image !== undefined)
    guesses.push(
      `files hold the data sets ${names.join(", ")} (seen in ${first}): ${image} is the image` +
        `${mask === undefined ? "" : `, ${mask} its mask, named as ${posix.basename(first)}/${mask}`}`,
    );
  return {
    ...(image !== undefined && usual.image === undefined ? { image } : {}),
    ...(mask === undefined ? {} : { mask }),
  };
}

/** The path of a file's image. @param image missing where the file is enough */
export function insidePath(path: string, image: string | undefined): string {
  return image === undefined || !isHdf5(path) ? path : `${path}/${image}`;
}

/** A group with what is meant inside its files; masks in files of their own stay. */
export function withInside(group: ImageGroup, { image, mask }: InsideNames): ImageGroup {
  const { source } = group;
  if (!isHdf5(source.images)) return group;
  const masks = mask === undefined || source.masks !== undefined ? {} : { masks: insidePath(source.images, mask) };
  return { ...group, source: { ...source, images: insidePath(source.images, image), ...masks } };
}
