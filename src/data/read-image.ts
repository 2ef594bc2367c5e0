/** Reading image files exactly, whatever their format (formats/). */
import { constants, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import { voxelCount } from "../grid/grid.js";
import { type StoredImage, sampleType } from "../grid/stored-image.js";
import { type Format, type ImageHeader, maxFileBytes, type PaletteReading, startsWith } from "./formats/format.js";
import { formatNames, formats } from "./formats/registry.js";

/** What is no regular file, in words. Reading from one could wait or go on for ever. */
function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a named pipe";
  return stats.isDirectory() ? "a folder" : "a device";
}

/**
 * A file's bytes, as many as it has when it is opened. A pipe does not make it wait.
 * @throws DataError when it is missing, unreadable, no regular file (also behind links), or larger than 128 MiB
 */
export async function readBytes(file: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await handle.stat();
    if (!stats.isFile()) throw new DataError(`${file}: cannot be read: it is ${kindOf(stats)}; give a file`);
    if (stats.size > maxFileBytes)
      throw new DataError(`${file}: is larger than ${maxFileBytes / 2 ** 20} MiB; dimseg reads single 2-D images`);
    const bytes = Buffer.allocUnsafeSlow(stats.size);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${file}: cannot be read: ${readFailureReason(cause)}`, { cause });
  } finally {
    await handle?.close();
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
function checkPicture({ grid, channels, samples, alpha }: StoredImage, { name }: Format, file: string): void {
  const voxels = voxelCount(grid);
  if (samples.length !== channels * voxels || (alpha !== undefined && alpha.length !== voxels)) {
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
 * Bytes of memory that decoding an image and looking at its pixels takes at its peak, after what its header says.
 * Infinite for a format that tells nothing before it decodes; zero where the file is refused at once.
 */
export async function decodingBytes(bytes: Uint8Array, file: string): Promise<number> {
  try {
    const { header } = formatOf(bytes, file);
    if (!header) return Number.POSITIVE_INFINITY;
    const { grid, channels, sampleType: type } = await header(bytes, file);
    // Side by side and as planes, and one number for each pixel, as of label codes.
    return voxelCount(grid) * (2 * channels * (type === "uint8" ? 1 : 2) + 4);
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
