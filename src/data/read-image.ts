/** Reading image files exactly, whatever their format (formats/). */
import { readFile, stat } from "node:fs/promises";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { voxelCount } from "../grid/grid.js";
import { type StoredImage, sampleType } from "../grid/stored-image.js";
import { type Format, type ImageHeader, maxFileBytes, type PaletteReading, startsWith } from "./formats/format.js";
import { formatNames, formats } from "./formats/registry.js";

/**
 * A file's bytes.
 * @throws DataError when it is missing, unreadable, a folder, or larger than 512 MiB
 */
export async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw new DataError(`${file}: is larger than 512 MiB; dimseg reads single 2-D images`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${file}: cannot be read: ${readFailureReason(cause)}`, { cause });
  }
}

/**
 * The image format by the file's first bytes; its name is not trusted.
 * @throws DataError when the file is empty, a Git LFS pointer, or of no format that dimseg reads
 */
function formatOf(bytes: Uint8Array, file: string): Format {
  if (bytes.length === 0) throw new DataError(`${file}: the file is empty; replace it`);
  const found = Object.values(formats).find((format) => format.sniff(bytes));
  if (found) return found;
  if (startsWith(bytes, "version https://git-lfs"))
    throw new DataError(`${file}: is a Git LFS pointer instead of the image; run "git lfs pull" where it came from`);
  throw new DataError(`${file}: is no ${formatNames()} image; replace or convert it`);
}

/** What training, labels and predictions can work with today: pictures, grey or RGB, of finite numbers. */
function checkPicture({ grid, channels, samples }: StoredImage, { name }: Format, file: string): void {
  if (samples.length !== channels * voxelCount(grid)) {
    throw new Error(
      `internal: the ${name} reader gives ${samples.length} samples for ${channels} channels of [${grid.shape}] (${file})`,
    );
  }
  if (grid.shape.length !== 2) throw new DataError(`${file}: is a volume; dimseg reads single 2-D images, so slice it`);
  if (channels !== 1 && channels !== 3)
    throw new DataError(`${file}: has ${channels} channels; save it as grey or RGB`);
  if (/^float/.test(sampleType(samples)) && !samples.every(Number.isFinite))
    throw new DataError(`${file}: holds NaN or infinite values; replace them`);
}

/**
 * What the header says, for tables and checks.
 * @throws DataError as {@link decodeImage}, but for damage that only decoding shows
 */
export async function readHeader(bytes: Uint8Array, file: string): Promise<ImageHeader> {
  const format = formatOf(bytes, file);
  if (format.header) return format.header(bytes, file);
  const { grid, channels, samples } = await format.read(bytes, file, "colours");
  return { grid, channels, sampleType: sampleType(samples) };
}

/**
 * Decodes an image from its bytes. Alpha is dropped; palettes give colours, or with `indices` the stored numbers.
 * @param file the name that messages carry
 * @returns planes `[C, H, W]` of 1 or 3 channels; no rotation, scaling or colour management took place
 * @throws DataError when the format is not read, the file is truncated or corrupt, holds several pages, has another
 *   colour space or sample type, or declares more than 2^26 pixels
 */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  palette: PaletteReading = "colours",
): Promise<StoredImage> {
  const format = formatOf(bytes, file);
  const image = await format.read(bytes, file, palette);
  checkPicture(image, format, file);
  return image;
}

/**
 * Reads and decodes an image file.
 * @throws DataError as {@link readBytes} and {@link decodeImage}
 */
export async function readImage(file: string, palette: PaletteReading = "colours"): Promise<StoredImage> {
  return decodeImage(await readBytes(file), file, palette);
}
