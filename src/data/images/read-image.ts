/** Reading image files exactly, whatever their format (formats/). */
import { stat } from "node:fs/promises";
import { DataError } from "../../core/errors.js";
import { voxelCount } from "../../grid/grid.js";
import { bytesOfSample, type StoredImage, sampleType } from "../../grid/stored-image.js";
import { isDicom, parseDicom } from "../dicom/parse.js";
import { decodeSegmentation, isSegmentation } from "../dicom/segmentation-reader.js";
import { filesBelow, onlySeries, readSeries } from "../dicom/series.js";
import type { DicomVolume } from "../dicom/volumes.js";
import { readStart, withFile } from "../file-bytes.js";
import { besidePath, tooLarge } from "../formats/beside.js";
import { dicomFormat } from "../formats/dicom.js";
import {
  type Format,
  type ImageHeader,
  maxFileBytes,
  type PaletteReading,
  sniffBytes,
  startsWith,
} from "../formats/format.js";
import { formatNames, sniffFormat } from "../formats/registry.js";
import { fileOf } from "../inside-file.js";

/**
 * A file's bytes, as many as it has when it is opened. A pipe does not make it wait.
 * @throws DataError when it is missing, unreadable, no regular file (also behind links), or larger than its format may be:
 *   128 MiB of pictures, 2 GiB of volumes
 */
export async function readBytes(file: string): Promise<Buffer> {
  return withFile(file, async (handle, size) => {
    if (size > maxFileBytes) checkSize(formatOf(await readStart(handle, sniffBytes), file), size, file);
    return readStart(handle, size);
  });
}

function checkSize(format: Format, size: number, file: string): void {
  if (size <= (format.maxFileBytes ?? maxFileBytes)) return;
  if (format.maxFileBytes !== undefined) throw tooLarge(file);
  throw new DataError(`${file}: is larger than ${maxFileBytes / 2 ** 20} MiB; dimseg reads single 2-D images`);
}

/**
 * The image format by the file's first bytes; its name is not trusted.
 * @throws DataError when the file is empty, a Git LFS pointer, or of no format that dimseg reads
 */
function formatOf(bytes: Uint8Array, file: string): Format {
  if (bytes.length === 0) throw new DataError(`${file}: the file is empty; replace it`);
  const found = sniffFormat(bytes);
  if (found) return found;
  if (startsWith(bytes, "version https://git-lfs"))
    throw new DataError(`${file}: is a Git LFS pointer instead of the image; run "git lfs pull" where it came from`);
  throw new DataError(`${file}: is no ${formatNames()} image; replace or convert it`);
}

/** @throws DataError when a value is NaN or infinite; an Error when there are not as many as the grid says */
function checkSamples({ grid, channels, samples, alpha }: StoredImage, { name }: Format, file: string): void {
  const voxels = voxelCount(grid);
  if (samples.length !== channels * voxels || (alpha !== undefined && alpha.length !== voxels)) {
    throw new Error(
      `internal: the ${name} reader gives ${samples.length} samples for ${channels} channels of [${grid.shape}] (${file})`,
    );
  }
  if (samples instanceof Float32Array || samples instanceof Float64Array)
    for (const sample of samples)
      if (!Number.isFinite(sample)) throw new DataError(`${file}: holds NaN or infinite values; replace them`);
}

/** What training, labels and predictions of pictures work with: grey or RGB. */
function checkPicture({ grid, channels }: StoredImage, file: string): void {
  if (grid.shape.length !== 2)
    throw new DataError(
      `${file}: is a volume, where single 2-D images are asked for; add slices: axial to dataset.yaml to work on its slices`,
    );
  if (channels !== 1 && channels !== 3)
    throw new DataError(`${file}: has ${channels} channels; save it as grey or RGB`);
}

/**
 * What the header says, for tables and checks.
 * @param bytes the file's, of which formats of volumes need only the first
 * @throws DataError as {@link decodeImage}, but for damage that only decoding shows
 */
export async function decodeHeader(bytes: Uint8Array, file: string): Promise<ImageHeader> {
  const format = formatOf(bytes, file);
  if (format.header) return format.header(bytes, file);
  const { grid, channels, samples } = await format.read(bytes, file, "colours");
  return { grid, channels, sampleType: sampleType(samples) };
}

/** A file's first bytes, as many as its format needs for its header; the whole file where that is not known. */
async function readHead(file: string): Promise<{ format: Format; head: Buffer }> {
  return withFile(file, async (handle, size) => {
    const start = await readStart(handle, Math.min(size, sniffBytes));
    const format = formatOf(start, file);
    checkSize(format, size, file);
    const wanted = Math.min(size, format.headBytes ?? size);
    return { format, head: wanted > start.length ? await readStart(handle, wanted) : start };
  });
}

/**
 * What a file's header says, or those of the one DICOM series in a folder; of formats that have it all at their beginning
 * nothing else is read.
 * @throws DataError as {@link readBytes} and {@link decodeHeader}; for a folder as onlySeries
 */
export async function readHeader(file: string): Promise<ImageHeader> {
  if (await isFolder(file)) {
    const { grid, channels, sampleType: type } = await onlySeries(file);
    return { grid, channels, sampleType: type };
  }
  const { head } = await readHead(file);
  return decodeHeader(head, file);
}

/**
 * The files that an image's contents lie in, for hashes and dates: its own, and the one beside it that holds the values of
 * a header; of a folder those of its one DICOM series.
 * @throws DataError when the file or its header cannot be read, or the other one is not there
 */
export async function imageFiles(file: string): Promise<string[]> {
  if (await isFolder(file)) return [...new Set((await onlySeries(file)).slices.map((slice) => slice.file))];
  const { format, head } = await readHead(file);
  const names = format.beside?.(head, file) ?? [];
  return names.length === 0 ? [fileOf(file)] : [file, await besidePath(file, names)];
}

/**
 * The files of which one changes, comes or goes whenever an image's contents do, without a look into DICOM files: those of
 * {@link imageFiles}, of a folder all below it.
 * @throws DataError as {@link imageFiles}
 */
export async function watchedFiles(file: string): Promise<string[]> {
  return (await isFolder(file)) ? filesBelow(file) : imageFiles(file);
}

/**
 * Bytes of memory that decoding an image and looking at its pixels takes at its peak, after what its header says.
 * Infinite for a format that tells nothing before it decodes; zero where the file is refused at once.
 */
export async function decodingBytes(bytes: Uint8Array, file: string): Promise<number> {
  try {
    const { header } = formatOf(bytes, file);
    if (!header) return Number.POSITIVE_INFINITY;
    const { grid, channels, sampleType: type } = await header(bytes, file);
    // Side by side and as planes, and one number for each pixel, as of label codes.
    return voxelCount(grid) * (2 * channels * bytesOfSample(type) + 4);
  } catch (cause) {
    if (cause instanceof DataError) return 0;
    throw cause;
  }
}

/**
 * Decodes an image from its bytes, turned as its file says that it is shown. Palettes give colours, or with `indices` the
 * stored numbers.
 * @param file the name that messages carry
 * @returns planes `[C, H, W]` of 1 or 3 channels, and alpha where it varies; no scaling or colour management took place
 * @throws DataError when the format is not read, the file is truncated or corrupt, holds several pages, has another
 *   colour space, sample type or channels that are neither colours nor alpha, or declares more pixels, a longer side or
 *   more bytes than are read (formats/format.ts)
 */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  palette: PaletteReading = "colours",
): Promise<StoredImage> {
  const image = await decodeVolume(bytes, file, palette);
  checkPicture(image, file);
  return image;
}

/**
 * Decodes a file of any rank from its bytes: a volume `[C, z, y, x]`, whose fourth axis, of a file that has one, is its
 * channels, or a picture as {@link decodeImage} does.
 * @param file its path, beside which the values of some formats lie, and the name that messages carry
 * @returns samples of any type, in the file's order, which may share the memory of `bytes`; the grid says where they lie
 * @throws DataError as {@link decodeImage}, but for volumes
 */
export async function decodeVolume(
  bytes: Uint8Array,
  file: string,
  palette: PaletteReading = "colours",
): Promise<StoredImage> {
  const format = formatOf(bytes, file);
  const image = await format.read(bytes, file, palette);
  checkSamples(image, format, file);
  return image;
}

/**
 * Reads and decodes an image file.
 * @throws DataError as {@link readBytes} and {@link decodeImage}
 */
export async function readImage(file: string, palette: PaletteReading = "colours"): Promise<StoredImage> {
  return decodeImage(await readBytes(file), file, palette);
}

/**
 * Reads and decodes a file of any rank, or the one DICOM series in a folder.
 * @throws DataError as {@link readBytes} and {@link decodeVolume}; for a folder as onlySeries and readSeries
 * @example const { grid, samples } = await readVolume("t2.nii.gz");
 */
export async function readVolume(path: string, palette: PaletteReading = "colours"): Promise<StoredImage> {
  if (!(await isFolder(path))) return decodeVolume(await readBytes(path), path, palette);
  return readFoundVolume(await onlySeries(path), path);
}

/**
 * Decodes a mask of an image. A DICOM SEG of the one series in a folder has the grid of that series; others are decoded as
 * {@link decodeVolume} does.
 * @param image file or folder of the image
 * @throws DataError as decodeVolume, or when the SEG lies on no slice of its series
 */
export async function decodeMaskOf(
  bytes: Uint8Array,
  file: string,
  image: string,
  palette: PaletteReading = "colours",
): Promise<StoredImage> {
  const dicom = isDicom(bytes) && (await isFolder(image)) ? parseDicom(bytes, file) : undefined;
  if (!dicom || !isSegmentation(dicom)) return decodeVolume(bytes, file, palette);
  return (await decodeSegmentation(dicom, await onlySeries(image))).labels;
}

/**
 * Reads a mask of an image ({@link decodeMaskOf}), of which nothing but a series is in a folder.
 * @throws DataError as readVolume and decodeMaskOf
 */
export async function readMaskOf(
  file: string,
  image: string,
  palette: PaletteReading = "colours",
): Promise<StoredImage> {
  if (await isFolder(file)) return readVolume(file, palette);
  return decodeMaskOf(await readBytes(file), file, image, palette);
}

/**
 * Reads and decodes a volume that was found among DICOM files.
 * @param name of the volume, for messages
 * @throws DataError as readSeries, or when a value is NaN or infinite
 */
export async function readFoundVolume(volume: DicomVolume, name: string): Promise<StoredImage> {
  const image = await readSeries(volume);
  checkSamples(image, dicomFormat, name);
  return image;
}

/** False also for what is not there: reading it says why. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
