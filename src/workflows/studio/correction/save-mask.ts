/** A drawn mask into the data set's own files, checked by reading it back before anything is replaced. */
import { existsSync } from "node:fs";
import { writeFilesAtomic } from "../../../core/files/atomic-file.js";
import { sha256 } from "../../../core/sha256.js";
import { channelFilesOf } from "../../../data/case-files.js";
import { type Case, type Dataset, labelsOf, type MaskFile } from "../../../data/dataset.js";
import { readPictureChannels, readVolumeChannels } from "../../../data/images/read-channels.js";
import { decodeMaskOf, readMaskOf } from "../../../data/images/read-image.js";
import { encodeMask, requireWrittenFormat } from "../../../data/masks/encode-mask.js";
import { createLabelDecoder, type LabelDecoder } from "../../../data/masks/labels.js";
import { maskImage } from "../../../data/masks/mask-image.js";
import { codeOfClass } from "../../../data/masks/mask-join.js";
import { type BeforeMask, classSamples, maskSamples } from "../../../data/masks/mask-samples.js";
import { cutVolume } from "../../../data/volumes/prepare-volume.js";
import { type Grid, sameGrid, shapeText, voxelCount } from "../../../grid/grid.js";
import { placeSlice } from "../../../grid/slices.js";
import type { StoredImage } from "../../../grid/stored-image.js";
import type { DrawnFrom } from "./draft.js";
import { correctionsFolder, fromRoot, maskPlaceOf } from "./mask-place.js";
import { CorrectionRecord } from "./record.js";

/** Codes where the case's image stores them. */
interface StoredCodes {
  readonly grid: Grid;
  readonly codes: Int32Array;
}

/** From the slices of the data set's plane back to where voxels are stored. @param codes on the working grid */
async function asStored(dataset: Dataset, one: Case, codes: Int32Array): Promise<StoredCodes> {
  if (!dataset.slices) return { grid: (await readPictureChannels(one)).grid, codes };
  const stored = await readVolumeChannels(one);
  const { image, order, stack } = cutVolume(stored, dataset.slices);
  const placed = new Int32Array(voxelCount(image.grid));
  const size = placed.length / stack.count;
  for (let slice = 0; slice < stack.count; slice++)
    placeSlice(placed, image.grid, order, slice, codes.subarray(slice * size, (slice + 1) * size));
  return { grid: stored.grid, codes: placed };
}

/** What a mask file says now; nothing where it is new, or has its voxels in another order than the image. @param of the image */
async function readBefore(path: string, of: string, grid: Grid, decoder: LabelDecoder): Promise<BeforeMask> {
  if (!existsSync(path)) return {};
  const image = maskImage(await readMaskOf(path, of, decoder.palette));
  if (shapeText(image.grid) !== shapeText(grid) || !sameGrid(image.grid, grid)) return {};
  return { image, codes: decoder.decode(image, path) };
}

/** Reads back what is about to be written. @throws Error for a defect of ours: a mask that would not say what was drawn */
async function checkEncoded(
  bytes: Uint8Array,
  path: string,
  of: string,
  decoder: LabelDecoder,
  codes: Int32Array,
): Promise<void> {
  const image = maskImage(await decodeMaskOf(bytes, path, of, decoder.palette));
  const read = decoder.decode(image, path);
  if (read.length !== codes.length || read.some((code, i) => code !== codes[i]))
    throw new Error(`internal: ${path}: the encoded mask does not say what was drawn; nothing was written`);
}

async function encoded(
  dataset: Dataset,
  one: Case,
  { path, className }: MaskFile,
  { grid, codes }: StoredCodes,
): Promise<Uint8Array> {
  const decoder = createLabelDecoder({ ...dataset, labels: labelsOf(dataset, one.domain) });
  const [image] = channelFilesOf(one);
  let mask: StoredImage;
  let wanted = codes;
  if (className === undefined) {
    mask = maskSamples(codes, grid, dataset, one.domain, await readBefore(path, image, grid, decoder), path);
  } else {
    const own = codeOfClass(className, dataset);
    const holds = (code: number) => (dataset.target === "softmax" ? code === own : (code & own) === own && code > 0);
    mask = classSamples(codes, grid, holds);
    wanted = Int32Array.from(codes, (code) => (holds(code) ? 1 : 0));
  }
  const bytes = await encodeMask(mask, path, image);
  await checkEncoded(bytes, path, image, decoder, wanted);
  return bytes;
}

/**
 * Asks before anything is drawn whether a mask could be written.
 * @throws DataError where the data set has no place for it, or has its masks in a format that is not written
 */
export function requireWritable(dataset: Dataset, one: Case): void {
  const [image] = channelFilesOf(one);
  for (const { path } of maskPlaceOf(dataset, one).files) requireWrittenFormat(path, image);
}

/** A mask that was written. */
export interface WrittenMask {
  /** Its first file, from the data set's folder. */
  readonly file: string;
  /** Where what was there before is kept, from the data set's folder; null where nothing of somebody else's was. */
  readonly kept: string | null;
}

/**
 * Writes the mask of a case.
 * @param codes on the case's working grid
 * @param drawn what it was made from, for the record
 * @throws DataError where the data set has no place or no value for it; ResourceError when it cannot be written: the mask is
 *   then as before
 */
export async function saveMask(dataset: Dataset, one: Case, codes: Int32Array, drawn: DrawnFrom): Promise<WrittenMask> {
  const stored = await asStored(dataset, one, codes);
  const { files, dataset: text } = maskPlaceOf(dataset, one);
  const contents: [string, Uint8Array][] = [];
  for (const file of files) contents.push([file.path, await encoded(dataset, one, file, stored)]);
  const record = new CorrectionRecord(correctionsFolder(dataset));
  const told = contents.map(([path, bytes]) => {
    const file = fromRoot(dataset, path);
    const kept = record.keep(path, file);
    return { file, sha256: sha256(bytes), kept: kept === null ? null : fromRoot(dataset, kept) };
  });
  record.add(drawn, told);
  // The data set's file comes last: it names a folder that has to be there.
  writeFilesAtomic([...contents, ...(text === undefined ? [] : [[dataset.path, text] as const])]);
  return { file: told[0].file, kept: told.find(({ kept }) => kept !== null)?.kept ?? null };
}
