/** Making masks of outlines that were drawn with annotation tools, beside copies of their images. */
import { existsSync } from "node:fs";
import { join, posix, relative, resolve } from "node:path";
import { counted, countedNames } from "../../core/counted.js";
import { DataError, UsageError } from "../../core/errors.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { readBytes } from "../../core/files/read-file.js";
import { groupBy } from "../../core/group-by.js";
import { compareBytes, withoutEnding } from "../../data/file-patterns.js";
import { readHeader } from "../../data/images/read-image.js";
import { encodeMask } from "../../data/masks/encode-mask.js";
import { type FoundOutlines, findOutlines } from "../../data/outlines/find-outlines.js";
import type { OutlinedObject } from "../../data/outlines/outlined.js";
import { makeGrid } from "../../grid/grid.js";
import type { Observer } from "../observer.js";

/** What to draw, and where to. */
export interface OutlinesInput {
  /** Of images and JSON files of outlines. */
  readonly folder: string;
  /** Gets `images/` and `masks/` for each folder of images; nothing in it is replaced. */
  readonly out: string;
  /** Whether images that a file names without an outline get an empty mask; else they stay unlabelled. */
  readonly empty: boolean;
}

/** What was written. */
export interface DrawnOutlines {
  readonly images: number;
  readonly masked: number;
  /** By name: in how many images, and how many outlines. */
  readonly classes: readonly { readonly name: string; readonly images: number; readonly outlines: number }[];
}

/** A name that stands for a file or folder. */
function fileName(className: string): string {
  return className.normalize("NFC").replace(/[^\p{L}\p{N} ._+-]/gu, "_");
}

/** Where an image and its masks come from and go to. */
interface Place {
  /** From the folder, with slashes. */
  readonly image: string;
  readonly from: string;
  readonly to: string;
  readonly outlines: readonly FoundOutlines[];
  /** Of all outlines. */
  readonly objects: readonly OutlinedObject[];
  /** @param className null where there is a single class */
  maskOf(className: string | null): string;
}

/** Each folder of images gets `images` and `masks`. */
function placeOf(folder: string, out: string, image: string, outlines: readonly FoundOutlines[]): Place {
  const above = posix
    .dirname(image)
    .split("/")
    .filter((part) => part !== "." && !/^(?:images?|imgs?)$/i.test(part));
  const name = posix.basename(image);
  return {
    image,
    from: join(folder, image),
    to: join(out, ...above, "images", name),
    outlines,
    objects: outlines.flatMap(({ objects }) => objects),
    maskOf: (className) => {
      const own = className === null ? [] : [fileName(className)];
      return join(out, ...above, "masks", ...own, `${withoutEnding(name)}.png`);
    },
  };
}

/**
 * Refuses what would be lost or replaced, before anything is written.
 * @throws UsageError when a result is there already; DataError when two images or classes would have one file
 */
function checkPlaces(places: readonly Place[], names: readonly string[]): void {
  const files = new Map<string, string>();
  for (const { image, to, maskOf } of places)
    for (const file of [to, ...(names.length > 1 ? names.map(maskOf) : [maskOf(null)])]) {
      const key = file.toLowerCase();
      const other = files.get(key);
      if (other !== undefined)
        throw new DataError(
          other === image
            ? `${image}: two classes would have the mask ${file}; rename one of ${names.join(", ")}`
            : `${other} and ${image} would both have ${file}; rename one of them`,
        );
      files.set(key, image);
      if (existsSync(file)) throw new UsageError(`${file} is there already; choose another folder with --out`);
    }
}

/** @throws DataError when an image has another size than it was outlined in */
async function sizeOf({ from, outlines }: Place): Promise<readonly [number, number]> {
  const { grid } = await readHeader(from);
  if (grid.shape.length !== 2) throw new DataError(`${from}: is a volume; outlines are of pictures`);
  const [rows, columns] = grid.shape;
  for (const { size, source } of outlines)
    if (size !== null && (size[0] !== columns || size[1] !== rows))
      throw new DataError(
        `${from}: has ${columns} x ${rows} pixels, but was outlined in ${size[0]} x ${size[1]} (${source}); give the images that were outlined`,
      );
  return [rows, columns];
}

async function writeMask(path: string, image: string, shape: readonly number[], mask: Uint8Array): Promise<void> {
  const stored = { grid: makeGrid(image, shape), channels: 1, samples: mask };
  writeFileAtomic(path, await encodeMask(stored, path, image));
}

/** Sentences about what is not drawn. */
function toldOf({ outlined, missing }: ReturnType<typeof findOutlines>, isEmpty: boolean): string[] {
  const others = outlined.reduce((sum, one) => sum + one.others, 0);
  const bare = outlined.filter((one) => one.objects.length === 0).map(({ image }) => image);
  const gone = missing.map(({ name }) => name);
  return [
    ...(gone.length > 0
      ? [`${countedNames(gone, "image")} of ${missing[0].source} not there, or of several folders`]
      : []),
    ...(others > 0 ? [`${counted(others, "annotation")} left out: boxes, points and lines enclose nothing`] : []),
    ...(bare.length > 0 && !isEmpty
      ? [
          `${countedNames(bare, "image")} without an outline, so unlabelled; where this means that nothing is there, add --empty`,
        ]
      : []),
  ];
}

/**
 * Draws masks of the outlines in a folder: pixels whose centres they enclose are 1. One class gives a mask an image, several
 * give a folder of masks each, as classes may overlap.
 * @throws DataError when there are no outlines, or an image has another size than it was outlined in; UsageError when a
 *   result is there already
 */
export async function drawOutlines({ folder, out, empty }: OutlinesInput, observer: Observer): Promise<DrawnOutlines> {
  const inside = relative(resolve(folder), resolve(out));
  if (!inside.startsWith("..")) throw new UsageError(`--out ${out}: lies in ${folder}; choose a folder beside it`);
  const found = findOutlines(folder);
  for (const sentence of toldOf(found, empty)) observer.warn(sentence);
  const byImage = groupBy(found.outlined, ({ image }) => image);
  const places = found.images.map((image) => placeOf(folder, out, image, byImage.get(image) ?? []));
  const masked = places.filter(({ objects, outlines }) => objects.length > 0 || (empty && outlines.length > 0));
  const names = [...new Set(masked.flatMap(({ objects }) => objects.map(({ className }) => className)))];
  if (names.length === 0) throw new DataError(`${folder}: no image that is there has an outline`);
  names.sort(compareBytes);
  checkPlaces(places, names);
  const shapes = new Map<Place, readonly [number, number]>();
  for (const place of masked) shapes.set(place, await sizeOf(place));
  const counts = new Map(names.map((name) => [name, { name, images: 0, outlines: 0 }]));
  for (const [i, place] of places.entries()) {
    const { from, to, objects, maskOf } = place;
    const shape = shapes.get(place);
    if (shape) {
      const [rows, columns] = shape;
      for (const [name, count] of counts) {
        const own = objects.filter(({ className }) => className === name);
        const mask = new Uint8Array(rows * columns);
        for (const object of own) object.draw({ mask, rows, columns });
        if (own.length > 0) count.images += 1;
        count.outlines += own.length;
        await writeMask(maskOf(names.length > 1 ? name : null), from, shape, mask);
      }
    }
    writeFileAtomic(to, readBytes(from));
    observer.progress("drawing", i + 1, places.length);
  }
  // Of several classes the folders say the names.
  if (names.length === 1)
    writeFileAtomic(join(out, "manifest.json"), `${JSON.stringify({ classes: ["background", ...names] }, null, 2)}\n`);
  return { images: places.length, masked: masked.length, classes: [...counts.values()] };
}
