/**
 * From a case's files to the arrays that training and evaluation use: decoded, checked against each other, brought
 * into the data set's frame, with the values that networks are given. What becomes tensors of them stands in case-tensors.ts.
 */
import { DataError } from "../core/errors.js";
import { frameOf, intoFrame } from "../grid/frame.js";
import { sameGrid, shapeText } from "../grid/grid.js";
import { resizeNearest } from "../grid/resize.js";
import type { StoredImage } from "../grid/stored-image.js";
import { channelFilesOf, maskFilesOf, readersOf } from "./case-files.js";
import { type Case, type Dataset, type MaskFile, ofDomain } from "./dataset.js";
import type { DecodedCase } from "./decoded-case.js";
import { prepareImage, type WorkingSize } from "./images/prepare-image.js";
import { decodePictureChannels } from "./images/read-channels.js";
import { decodeImage, decodingBytes, readBytes } from "./images/read-image.js";
import { labelDecoder } from "./masks/label-decoders.js";
import { expandCodes } from "./masks/labels.js";
import { maskImage } from "./masks/mask-image.js";
import { joinCodes } from "./masks/mask-join.js";
import { combineReaders } from "./masks/reader-masks.js";
import { withRoom } from "./room.js";
import { decodeVolume, hasSlices } from "./volumes/decode-volume.js";

export type { CaseSource, DecodedCase } from "./decoded-case.js";

/** What a mask says. */
export interface DecodedMask {
  /** Class codes `[S]` at the mask's stored size. */
  readonly codes: Int32Array;
  /** Whether it is not opaque everywhere, beside colours that say what it means. */
  readonly transparent: boolean;
}

/** Decodes one mask file; one that is drawn in its alpha channel is read from there (mask-image.ts). */
async function decodeMaskFile(
  dataset: Dataset,
  one: Case,
  file: string,
  bytes: Uint8Array,
  { grid }: Pick<StoredImage, "grid">,
): Promise<DecodedMask> {
  const decoder = labelDecoder(dataset, one);
  const mask = maskImage(await decodeImage(bytes, file, decoder.palette));
  const [size, imageSize] = [mask.grid, grid].map(shapeText);
  if (size !== imageSize) {
    const isLying = shapeText({ shape: [...mask.grid.shape].reverse() }) === imageSize;
    const turned = ", or turn it (files that carry an orientation are read as they are shown)";
    throw new DataError(
      `${file}: the mask is ${size} pixels, but its image ${one.imagePath} is ${imageSize}; ` +
        `pair it with the right image or resize it${isLying ? turned : ""}`,
    );
  }
  if (!sameGrid(mask.grid, grid))
    throw new DataError(
      `${file}: the mask has another spacing or place than its image ${one.imagePath}; pair it with the right image`,
    );
  return { codes: decoder.decode(mask, file), transparent: mask.alpha !== undefined };
}

/** Decodes what one reader marked, joined where it lies in several files. */
async function decodeReader(
  dataset: Dataset,
  one: Case,
  files: readonly MaskFile[],
  mask: readonly Uint8Array[],
  image: Pick<StoredImage, "grid">,
): Promise<DecodedMask> {
  const decoded: (DecodedMask & { file: MaskFile })[] = [];
  for (const [i, file] of files.entries())
    decoded.push({ ...(await decodeMaskFile(dataset, one, file.path, mask[i], image)), file });
  return { codes: joinCodes(decoded, dataset), transparent: decoded.some((one) => one.transparent) };
}

/**
 * Decodes what each reader of an image marked, also where not all of them count.
 * @param mask bytes of all their files, reader by reader
 * @throws DataError as {@link decodeMask}
 */
export async function decodeReaders(
  dataset: Dataset,
  one: Case,
  mask: readonly Uint8Array[],
  image: Pick<StoredImage, "grid">,
): Promise<DecodedMask[]> {
  const decoded: DecodedMask[] = [];
  let at = 0;
  for (const files of readersOf(one)) {
    decoded.push(await decodeReader(dataset, one, files, mask.slice(at, at + files.length), image));
    at += files.length;
  }
  return decoded;
}

/**
 * Decodes a case's mask: joined where it lies in several files, and one of several readers' where these are combined.
 * @param mask bytes of the files that it is made of, in their order
 * @throws DataError when a mask's grid is not the image's or it holds an unknown value
 */
export async function decodeMask(
  dataset: Dataset,
  one: Case,
  mask: readonly Uint8Array[],
  image: Pick<StoredImage, "grid">,
): Promise<DecodedMask> {
  const { readers: rule } = one;
  if (rule === undefined) return decodeReader(dataset, one, maskFilesOf(one), mask, image);
  const decoded = await decodeReaders(dataset, one, mask, image);
  return {
    codes: combineReaders(
      decoded.map(({ codes }) => codes),
      { rule, shape: image.grid.shape, dataset },
    ),
    transparent: decoded.some(({ transparent }) => transparent),
  };
}

/** A case's files as read from the disk. */
export interface CaseBytes {
  /** Of its image, or of each channel's, in their order. */
  readonly channels: readonly Uint8Array[];
  /** Those of its mask files, in their order. */
  readonly mask?: readonly Uint8Array[];
}

/** Reads a case's files. @throws DataError when one is missing or unreadable */
export async function readCaseBytes(one: Case): Promise<CaseBytes> {
  const channels: Uint8Array[] = [];
  for (const path of channelFilesOf(one)) channels.push(await readBytes(path));
  const mask: Uint8Array[] = [];
  for (const { path } of maskFilesOf(one)) mask.push(await readBytes(path));
  return mask.length === 0 ? { channels } : { channels, mask };
}

/** Runs a task that decodes a case's files once there is memory for them beside others. */
export async function withRoomFor<T>(one: Case, { channels, mask }: CaseBytes, task: () => Promise<T>): Promise<T> {
  // Files of one mask are decoded one after the other; what each reader marked is kept until all are combined.
  const files = maskFilesOf(one);
  let ofMask = 0;
  for (const [i, bytes] of (mask ?? []).entries()) ofMask = Math.max(ofMask, await decodingBytes(bytes, files[i].path));
  const readers = one.readers === undefined ? 1 : readersOf(one).length;
  let ofImage = 0;
  for (const [i, path] of channelFilesOf(one).entries()) ofImage += await decodingBytes(channels[i], path);
  return withRoom(ofImage + readers * ofMask, task);
}

/** {@link decodeCase} for bytes that are already in memory. */
export function decodeCaseBytes(
  dataset: Dataset,
  one: Case,
  size: WorkingSize,
  bytes: CaseBytes,
): Promise<DecodedCase> {
  return withRoomFor(one, bytes, () => decodeWithRoom(dataset, one, size, bytes));
}

async function decodeWithRoom(dataset: Dataset, one: Case, size: WorkingSize, bytes: CaseBytes): Promise<DecodedCase> {
  const image = await decodePictureChannels(one, bytes.channels);
  const mask = bytes.mask && (await decodeMask(dataset, one, bytes.mask, image));
  const prepared = prepareImage(image, ofDomain(dataset, one.domain), size, one.imagePath);
  if (!mask) return prepared;
  const codes = size === "whole" ? mask.codes : intoFrame(mask.codes, prepared.stored, frameOf(size), resizeNearest);
  return { ...prepared, label: expandCodes(codes, dataset) };
}

/**
 * Reads, decodes, checks and resizes one case: image `[C, height, width]`; label `[height, width]` class numbers
 * (softmax) or `[K, height, width]` 0/1 (sigmoid), missing for an unlabelled case. Of a volume each slice is made so, and
 * the slices are an axis before rows and columns; "whole" resamples it to the data set's
 * spacing instead, and leaves pictures in their own size.
 * @throws DataError when a file is missing, truncated, corrupt or hostile, the mask's grid is not the image's,
 *   a label value is unknown, an image of more than 8 bits has no `intensity` rule, or says another spacing than the data set
 */
export async function decodeCase(dataset: Dataset, one: Case, size: WorkingSize = dataset.size): Promise<DecodedCase> {
  if (hasSlices(dataset)) return decodeVolume(dataset, one, size);
  return decodeCaseBytes(dataset, one, size, await readCaseBytes(one));
}
