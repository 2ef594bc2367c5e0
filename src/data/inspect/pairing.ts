/** How the names of images and of their masks correspond: the same stem, or a word before or after it. */
import { basename, extname } from "node:path";
import { matchId } from "../file-patterns.js";

/** File name patterns with `{id}`; `masks` is missing where nothing pairs. */
export interface Pairing {
  readonly images: string;
  readonly masks?: string;
  /** How many images have a mask. */
  readonly pairs: number;
}

const imageWords = ["image", "img"];
const maskWords = ["mask", "label", "seg", "gt", "segmentation", "annotation", "groundtruth"];

/** Patterns of stems: the plain one first, so that it wins where several fit equally well. */
function stemPatterns(words: readonly string[], more: readonly string[]): string[] {
  const joined = words.flatMap((word) => [
    `${word}_{id}`,
    `{id}_${word}`,
    `${word}-{id}`,
    `{id}-${word}`,
    `${word}{id}`,
  ]);
  return ["{id}", ...joined, ...more];
}

// nnU-Net appends the channel number 0000 to image names.
const imagePatterns = stemPatterns(imageWords, ["{id}_0000"]);
const maskPatterns = stemPatterns(maskWords, []);

/** The extension that all names share, else the pattern for any image. */
function sharedExtension(names: readonly string[]): string {
  const extensions = new Set(names.map((name) => extname(name)));
  return extensions.size === 1 ? [...extensions][0] : ".*";
}

function idsOf(names: readonly string[], pattern: string): Set<string> {
  return new Set(names.map((name) => matchId(name, pattern)).filter((id) => id !== undefined));
}

function best(images: readonly string[], masks: readonly string[], usable: readonly string[]): Pairing | undefined {
  let found: Pairing | undefined;
  const maskIds = usable.map((stem) => ({ stem, ids: idsOf(masks, `${stem}.*`) })).filter(({ ids }) => ids.size > 0);
  for (const imageStem of imagePatterns) {
    const ids = idsOf(images, `${imageStem}.*`);
    for (const mask of maskIds) {
      const pairs = [...ids].filter((id) => mask.ids.has(id)).length;
      if (pairs > (found?.pairs ?? 0)) found = { images: imageStem, masks: mask.stem, pairs };
    }
  }
  return found;
}

/** Adds the extensions to patterns of stems. */
function complete(pairing: Pairing, images: readonly string[], masks: readonly string[]): Pairing {
  const used = (names: readonly string[], stem: string) => names.filter((name) => matchId(name, `${stem}.*`));
  const withExtension = (stem: string, names: readonly string[]) => `${stem}${sharedExtension(used(names, stem))}`;
  return {
    images: withExtension(pairing.images, images),
    ...(pairing.masks === undefined ? {} : { masks: withExtension(pairing.masks, masks) }),
    pairs: pairing.pairs,
  };
}

/**
 * Pairs the file names of an image folder with those of a mask folder. Where nothing fits, equal names are expected
 * all the same, so that a check of the data set names the files that miss each other.
 */
export function pairFolders(images: readonly string[], masks: readonly string[]): Pairing {
  return complete(best(images, masks, maskPatterns) ?? { images: "{id}", masks: "{id}", pairs: 0 }, images, masks);
}

/** Whether a file is called `mask.png` or the like, so that its folder and not its name says which case it is. */
export function isBareMask(name: string): boolean {
  return maskWords.includes(basename(name, extname(name)).toLowerCase());
}

/** Pairs file names of one folder that holds images and masks side by side. */
export function pairWithin(names: readonly string[]): Pairing {
  const worded = maskPatterns.filter((stem) => stem !== "{id}");
  const isMask = (name: string) => worded.some((stem) => matchId(name, `${stem}.*`) !== undefined);
  const images = names.filter((name) => !isMask(name));
  const found = best(images, names.filter(isMask), worded);
  return found ? complete(found, images, names) : complete({ images: "{id}", pairs: 0 }, names, []);
}
