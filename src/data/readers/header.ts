/**
 * What a file says it is, read from its first bytes: the format, and for PNG the facts that have to be known before
 * any decoder allocates memory.
 */
import { DataError } from "../../core/errors.js";

export type ImageFormat = "png" | "jpeg" | "tiff" | "bmp" | "webp";

/** Images with more pixels are refused: 2^26, for example 8192 x 8192. */
export const maxPixels = 2 ** 26;

/** Larger files are refused unread: 512 MiB. */
export const maxFileBytes = 512 * 2 ** 20;

function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return bytes.length >= at + text.length && [...text].every((char, i) => bytes[at + i] === char.charCodeAt(0));
}

/**
 * The image format by the file's first bytes; its name is not trusted.
 * @throws DataError when the file is empty, a Git LFS pointer, or of no format that dimseg reads
 */
export function sniffFormat(bytes: Uint8Array, file: string): ImageFormat {
  if (bytes.length === 0) throw new DataError(`${file}: the file is empty; replace it`);
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) return "png";
  if (startsWith(bytes, "\xff\xd8\xff")) return "jpeg";
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].some((magic) => startsWith(bytes, magic))) return "tiff";
  if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) return "webp";
  if (startsWith(bytes, "BM")) return "bmp";
  if (startsWith(bytes, "version https://git-lfs"))
    throw new DataError(`${file}: is a Git LFS pointer instead of the image; run "git lfs pull" where it came from`);
  throw new DataError(`${file}: is no PNG, JPEG, TIFF, BMP or WebP image; replace or convert it`);
}

/**
 * Refuses an image before memory is allocated for it.
 * @throws DataError when a side is zero or the image has more than {@link maxPixels} pixels
 */
export function checkPixels(width: number, height: number, file: string): void {
  if (width < 1 || height < 1) throw new DataError(`${file}: declares ${width} x ${height} pixels; replace it`);
  if (width * height > maxPixels)
    throw new DataError(
      `${file}: declares ${width} x ${height} pixels, more than the ${maxPixels} that dimseg reads; cut or shrink it`,
    );
}

/** The fields of a PNG's IHDR chunk that decoding depends on. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly isPalette: boolean;
}

/**
 * Reads a PNG's first chunk.
 * @throws DataError when it is cut off, no IHDR, or declares a hostile size
 */
export function readPngHeader(bytes: Uint8Array, file: string): PngHeader {
  if (bytes.length < 33) throw new DataError(`${file}: the PNG is truncated within its header; replace it`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || !startsWith(bytes, "IHDR", 12))
    throw new DataError(`${file}: the PNG does not begin with its IHDR chunk; replace it`);
  const header = {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bitDepth: bytes[24],
    isPalette: bytes[25] === 3,
  };
  checkPixels(header.width, header.height, file);
  return header;
}
