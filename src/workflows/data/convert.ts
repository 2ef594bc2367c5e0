/** Making a NIfTI file of each volume in a folder of DICOM files, and of the segmentations and contours drawn on it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { counted } from "../../core/counted.js";
import { DataError, UsageError } from "../../core/errors.js";
import { writeFileAtomic } from "../../core/files/atomic-file.js";
import { type ReadSegmentation, readSegmentation } from "../../data/dicom/segmentation-reader.js";
import { type FoundVolume, findSeries, readSeries } from "../../data/dicom/series.js";
import { drawStructures, readStructureSet, type StructureSet } from "../../data/dicom/structure-reader.js";
import { compareBytes } from "../../data/file-patterns.js";
import { encodeNifti } from "../../data/formats/nifti/writer.js";
import { shapeText } from "../../grid/grid.js";
import type { StoredImage } from "../../grid/stored-image.js";
import type { Observer } from "../observer.js";

/** What to convert, and where to. */
export interface ConvertInput {
  /** Of DICOM files, in any order and depth. */
  readonly folder: string;
  /** Gets `images/NAME.nii.gz` and `masks/NAME.nii.gz`; nothing in it is replaced. */
  readonly out: string;
  /** Structures that masks show, in the order of their values; default: all that the folder's contours name, by name. */
  readonly structures?: readonly string[] | undefined;
}

/** What was written. */
export interface Converted {
  readonly volumes: readonly ConvertedVolume[];
  /** What 1, 2, ... mean in masks of contours; none where there are none. */
  readonly structures: readonly string[];
}

/** A volume that was written. */
export interface ConvertedVolume {
  readonly image: string;
  readonly mask: string | null;
  readonly modality: string;
  /** Such as `512 x 512 x 300`. */
  readonly size: string;
  /** Millimetres, in the size's order; null where nobody knows. */
  readonly spacing: readonly number[] | null;
}

async function write(path: string, image: StoredImage): Promise<void> {
  if (existsSync(path)) throw new UsageError(`${path} is there already; choose another folder with --out`);
  writeFileAtomic(path, await encodeNifti(image, { packed: true }));
}

/** A file with what was drawn on a volume. */
interface Drawing {
  readonly file: string;
  /** @throws DataError when it was drawn on other slices, is damaged, or of a kind that is not read */
  read(volume: FoundVolume): Promise<ReadSegmentation>;
}

/** What was drawn on a volume, or why nothing of this file was. */
async function drawnOn(volume: FoundVolume, { read }: Drawing): Promise<ReadSegmentation | DataError> {
  try {
    return await read(volume);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

/**
 * The first of the drawings that was made on a volume.
 * @param left drawings without a volume, each with the sentence that the last volume was told; those that have one now are
 *   taken off
 */
async function maskOf(volume: FoundVolume, left: Map<Drawing, string>, warn: (message: string) => void) {
  let mask: ReadSegmentation | null = null;
  for (const drawing of left.keys()) {
    const read = await drawnOn(volume, drawing);
    if (read instanceof DataError) {
      left.set(drawing, read.message);
      continue;
    }
    left.delete(drawing);
    if (mask) warn(`${drawing.file}: is left out, as ${volume.name} has a mask already`);
    else for (const remark of read.remarks) warn(`${drawing.file}: ${remark}`);
    mask ??= read;
  }
  return mask;
}

/** The structure sets that can be read; the others are told. */
function structureSetsOf(files: readonly string[], warn: (message: string) => void): StructureSet[] {
  return files.flatMap((file) => {
    try {
      return [readStructureSet(file)];
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      warn(error.message);
      return [];
    }
  });
}

/**
 * Names of the structures that masks show, in the order of their values, the same in all masks.
 * @throws UsageError when one is asked for that no file has
 */
function structureNames(sets: readonly StructureSet[], wanted: readonly string[]): string[] {
  const found = [...new Set(sets.flatMap(({ structures }) => structures.map(({ name }) => name)))].sort(compareBytes);
  const missing = wanted.find((name) => !found.includes(name));
  if (missing !== undefined)
    throw new UsageError(
      `--structure ${missing}: no contour is called so; ${found.length > 0 ? `there are ${found.join(", ")}` : "there are no contours"}`,
    );
  return wanted.length > 0 ? [...wanted] : found;
}

/**
 * Converts a folder. What a user should know of a volume is told as a warning.
 * @throws DataError when the folder holds no volume, or a file is damaged; UsageError when a result is there already, or a
 *   structure is not
 */
export async function convertSeries(
  { folder, out, structures: wanted = [] }: ConvertInput,
  observer: Observer,
): Promise<Converted> {
  const { volumes, skipped, segmentations, structureSets } = await findSeries(folder, (done, of) =>
    observer.progress("reading headers", done, of),
  );
  if (volumes.length === 0) {
    const why = skipped.length > 0 ? `; of ${skipped[0].file}: ${skipped[0].reason}` : "";
    throw new DataError(`${folder}: holds no DICOM volume${why}`);
  }
  const sets = structureSetsOf(structureSets, observer.warn);
  const structures = structureNames(sets, wanted);
  const drawings: Drawing[] = [
    ...segmentations.map((file) => ({ file, read: (volume: FoundVolume) => readSegmentation(file, volume) })),
    ...sets.map((set) => ({
      file: set.file,
      read: (volume: FoundVolume) => drawStructures(set, volume, structures),
    })),
  ];
  const left = new Map(drawings.map((drawing) => [drawing, ""]));
  const converted: ConvertedVolume[] = [];
  for (const [i, volume] of volumes.entries()) {
    const { grid, modality, remarks } = volume;
    const name = `${volume.name.replaceAll("/", "_")}.nii.gz`;
    for (const remark of remarks) observer.warn(`${volume.name}: ${remark}`);
    const image = join(out, "images", name);
    await write(image, await readSeries(volume));
    const drawn = await maskOf(volume, left, observer.warn);
    const mask = drawn && join(out, "masks", name);
    if (drawn && mask) await write(mask, drawn.labels);
    const spacing = grid.spacing && [...grid.spacing].reverse();
    converted.push({ image, mask, modality, size: shapeText(grid), spacing });
    observer.progress("converting", i + 1, volumes.length);
  }
  for (const [{ file }, reason] of left) {
    const what = segmentations.includes(file) ? "a segmentation is" : "contours are";
    observer.warn(`${what} left out: ${reason}`);
  }
  const others = skipped.filter(({ file }) => !segmentations.includes(file) && !structureSets.includes(file));
  if (others.length > 0) {
    const [{ file, reason }] = others;
    observer.warn(`${counted(others.length, "file")} left out (the first is ${file}: ${reason})`);
  }
  return { volumes: converted, structures: sets.length > 0 ? structures : [] };
}
