/**
 * What an image format is to dimseg: one file in this folder, one line in registry.ts (docs/add-a-format.md). Which
 * format a file has is decided by its first bytes, never by its name.
 */
import { DataError } from "../../core/errors.js";
import type { Grid } from "../../grid/grid.js";
import type { SampleType, StoredImage } from "../../grid/stored-image.js";

/** What palette files give: the colours of the palette, or the numbers stored (label maps). */
export type PaletteReading = "colours" | "indices";

/** What a file's header says; nothing has been decoded. */
export interface ImageHeader {
  readonly grid: Grid;
  /** Channels as decoded: 1 grey, 3 RGB; of a palette, which may turn out to be grey, 3. */
  readonly channels: number;
  readonly sampleType: SampleType;
  /** Whether the picture is stored otherwise than it is shown, and so than the grid says. */
  readonly turned?: boolean;
}

/** A file format that images and masks may have. */
export interface Format {
  /** As people write it, for lists and messages. */
  readonly name: string;
  /** What is read of it, in one line. */
  readonly summary: string;
  /** Where it is specified, and what reads it. */
  readonly source: string;
  /** Endings of its files' names, lower case, without the dot. */
  readonly extensions: readonly string[];
  /** Larger files are refused unread; {@link maxFileBytes} unless given. */
  readonly maxFileBytes?: number;
  /** How many of a file's first bytes {@link Format.header} needs; the whole file unless given. */
  readonly headBytes?: number;
  /**
   * True when a file is of this format.
   * @param head its first bytes, at least {@link sniffBytes} unless the file is shorter
   */
  sniff(head: Uint8Array): boolean;
  /**
   * Decodes a file: samples as stored, where viewers show them (a picture that its file says to turn is turned). Alpha
   * goes into a plane of its own. Spacing is only what the format means for bodies; the dots per inch of pictures are
   * about paper.
   * @param bytes   the whole file; samples may share their memory
   * @param file    its path, for messages, and for values that lie in another file beside it
   * @param palette what palette files give; other formats leave it out
   * @throws DataError naming the file when it is damaged, of a kind that is not read, or too large ({@link checkPixels})
   */
  read(bytes: Uint8Array, file: string, palette: PaletteReading): Promise<StoredImage>;
  /**
   * The header alone, where that is quicker than {@link Format.read}.
   * @param bytes the file, or its first {@link Format.headBytes}
   * @throws DataError as `read` does, but for what only the values show
   */
  header?(bytes: Uint8Array, file: string): Promise<ImageHeader>;
  /**
   * What the file beside this one may be called that holds its values; none where it holds them itself.
   * @param bytes the file, or its first {@link Format.headBytes}
   * @throws DataError as `header` does
   */
  beside?(bytes: Uint8Array, file: string): readonly string[];
}

/** Images with more pixels are refused: 2^26, for example 8192 x 8192. */
export const maxPixels = 2 ** 26;

/** Images with a longer side are refused: what every format but TIFF and PNG ends at anyway. */
export const maxSide = 65535;

/** Images whose samples, alpha among them, take more bytes are refused: 96 MiB, for example 5792 x 5792 in RGB. */
export const maxSampleBytes = 96 * 2 ** 20;

/** Larger files are refused unread: 128 MiB. */
export const maxFileBytes = 2 ** 27;

/** Bytes of a file's beginning that tell its format. */
export const sniffBytes = 4096;

/** Volumes are larger than pictures: their files, and their values in memory, may take 2 GiB each. */
export const maxVolumeBytes = 2 ** 31;

/** Whether bytes hold an ASCII text at a place. */
export function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return bytes.length >= at + text.length && [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
}

/**
 * Refuses an image before memory is allocated for it.
 * @param pixelBytes bytes that a decoder holds for one pixel, all channels and alpha together
 * @throws DataError when a side is zero, or the image is over {@link maxPixels}, `maxSide` or `maxSampleBytes`
 */
export function checkPixels(width: number, height: number, file: string, pixelBytes = 1): void {
  const size = `${width} x ${height} pixels`;
  if (width < 1 || height < 1) throw new DataError(`${file}: declares ${size}; replace it`);
  if (width * height > maxPixels)
    throw new DataError(`${file}: declares ${size}, more than the ${maxPixels} that dimseg reads; cut or shrink it`);
  if (Math.max(width, height) > maxSide)
    throw new DataError(`${file}: declares ${size}, but dimseg reads no side over ${maxSide}; cut or shrink it`);
  if (width * height * pixelBytes > maxSampleBytes) {
    const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
    throw new DataError(
      `${file}: declares ${size} of ${pixelBytes} bytes, ${mib(width * height * pixelBytes)} in all; dimseg reads up to ` +
        `${mib(maxSampleBytes)}, so cut or shrink it`,
    );
  }
}

/**
 * Refuses a volume before memory is allocated for it.
 * @param extents    of all its axes, as the file orders them
 * @param voxelBytes bytes of one value, as stored or as decoded, whichever is more
 * @throws DataError when an extent is no positive whole number, or the volume is over `maxSide` or {@link maxVolumeBytes}
 */
export function checkVoxels(extents: readonly number[], file: string, voxelBytes: number): void {
  const size = `${extents.join(" x ")} voxels`;
  if (!extents.every((extent) => Number.isInteger(extent) && extent > 0))
    throw new DataError(`${file}: declares ${size}; replace it`);
  if (Math.max(...extents) > maxSide)
    throw new DataError(`${file}: declares ${size}, but dimseg reads no side over ${maxSide}; cut or resample it`);
  const bytes = extents.reduce((product, extent) => product * extent, voxelBytes);
  if (bytes <= maxVolumeBytes) return;
  throw new DataError(
    `${file}: declares ${size} of ${voxelBytes} bytes; dimseg reads up to ${maxVolumeBytes / 2 ** 20} MiB, ` +
      "so cut or resample it",
  );
}

/**
 * Files whose decoder takes the whole picture before it gives a row, so that no time limit can end it, are refused when
 * they are larger: 32 MiB, which takes it about two seconds.
 */
export const maxWholeFileBytes = 2 ** 25;

/**
 * Refuses a large file whose decoder cannot be stopped.
 * @param what how the picture is stored, for the message
 * @throws DataError when it is over {@link maxWholeFileBytes}
 */
export function checkWholeFile(bytes: Uint8Array, file: string, what: string): void {
  if (bytes.length <= maxWholeFileBytes) return;
  throw new DataError(
    `${file}: is ${what} of ${Math.ceil(bytes.length / 2 ** 20)} MiB; dimseg reads such files up to ` +
      `${maxWholeFileBytes / 2 ** 20} MiB, so save it as a PNG that is not interlaced`,
  );
}

/** A scan of a JPEG passes over every sample, however few bytes it has: 2^31 passes take seconds. */
const mostPasses = 2 ** 31;

/** Refuses a JPEG that is drawn over and over. @throws DataError when its scans pass over more than 2^31 samples in all */
export function checkScans(scans: number, width: number, height: number, channels: number, file: string): void {
  if (scans * width * height * channels <= mostPasses) return;
  throw new DataError(`${file}: draws ${width} x ${height} pixels in ${scans} scans; save it again without them`);
}
