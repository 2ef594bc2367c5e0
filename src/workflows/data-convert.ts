/** Making a NIfTI file of each volume in a folder of DICOM files, and of the segmentations drawn on it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.js";
import { counted } from "../core/counted.js";
import { DataError, UsageError } from "../core/errors.js";
import { type ReadSegmentation, readSegmentation } from "../data/dicom/segmentation-reader.js";
import { type FoundVolume, findSeries, readSeries } from "../data/dicom/series.js";
import { encodeNifti } from "../data/formats/nifti-writer.js";
import { shapeText } from "../grid/grid.js";
import type { StoredImage } from "../grid/stored-image.js";
import type { Observer } from "./observer.js";

/** What to convert, and where to. */
export interface ConvertInput {
  /** Of DICOM files, in any order and depth. */
  readonly folder: string;
  /** Gets `images/NAME.nii.gz` and `masks/NAME.nii.gz`; nothing in it is replaced. */
  readonly out: string;
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

/** A segmentation, or why it is not one of the volume: drawn on other slices, damaged, of a kind that is not read. */
async function drawnOn(volume: FoundVolume, file: string): Promise<ReadSegmentation | DataError> {
  try {
    return await readSegmentation(file, volume);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

/**
 * The first of the segmentations that was drawn on a volume.
 * @param left segmentations without a volume, each with the sentence that the last volume was told; those that have one
 *   now are taken off
 */
async function maskOf(volume: FoundVolume, left: Map<string, string>, warn: (message: string) => void) {
  let mask: ReadSegmentation | null = null;
  for (const file of left.keys()) {
    const read = await drawnOn(volume, file);
    if (read instanceof DataError) {
      left.set(file, read.message);
      continue;
    }
    left.delete(file);
    if (mask) warn(`${file}: is left out, as ${volume.name} has a mask already`);
    else for (const remark of read.remarks) warn(`${file}: ${remark}`);
    mask ??= read;
  }
  return mask;
}

/**
 * Converts a folder. What a user should know of a volume is told as a warning.
 * @throws DataError when the folder holds no volume, or a file is damaged; UsageError when a result is there already
 */
export async function convertSeries({ folder, out }: ConvertInput, observer: Observer): Promise<ConvertedVolume[]> {
  const { volumes, skipped, segmentations } = await findSeries(folder, (done, of) =>
    observer.progress("reading headers", done, of),
  );
  if (volumes.length === 0) {
    const why = skipped.length > 0 ? `; of ${skipped[0].file}: ${skipped[0].reason}` : "";
    throw new DataError(`${folder}: holds no DICOM volume${why}`);
  }
  const left = new Map(segmentations.map((file) => [file, ""]));
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
  for (const reason of left.values()) observer.warn(`a segmentation is left out: ${reason}`);
  const others = skipped.filter(({ file }) => !segmentations.includes(file));
  if (others.length > 0) {
    const [{ file, reason }] = others;
    observer.warn(`${counted(others.length, "file")} left out (the first is ${file}: ${reason})`);
  }
  return converted;
}
