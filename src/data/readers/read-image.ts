/**
 * Reading image files exactly: 8 and 16 bits as stored, no colour management, no rotation, no scaling. Decoding is
 * sharp's (libvips) but for BMP; what a file is decides its first bytes, and its size is checked before decoding.
 */
import { readFile, stat } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { DataError } from "../../core/errors.js";
import { readFailureReason } from "../../core/read-file.js";
import { readBmp } from "./bmp.js";
import { checkPixels, type ImageFormat, maxFileBytes, maxPixels, readPngHeader, sniffFormat } from "./header.js";
import { indexScale, paletteToGrey } from "./png-indices.js";
import type { Raster } from "./raster.js";

sharp.cache(false);

/** What a file's header says; nothing has been decoded. */
export interface ImageFacts {
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  /** Channels as decoded: 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly bits: 8 | 16;
}

/** What palette files give: the colours of the palette, or the numbers stored (label maps). */
export type PaletteReading = "colours" | "indices";

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
 * One sentence for a failure inside libvips. Its own text is left to the cause: libvips collects messages of all
 * threads in one place, so under concurrent decoding they are often another file's.
 */
function decodeFailure(file: string, format: ImageFormat, cause: unknown): DataError {
  const reason = format === "tiff" ? "truncated, corrupt or of a kind that is not read" : "truncated or corrupt";
  return new DataError(`${file}: the ${format.toUpperCase()} is ${reason}; replace it`, { cause });
}

function openSharp(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: maxPixels });
}

const layouts: Record<string, { channels: 1 | 3; wide: "grey16" | "rgb16"; narrow: "b-w" | "srgb" }> = {
  "b-w": { channels: 1, wide: "grey16", narrow: "b-w" },
  grey16: { channels: 1, wide: "grey16", narrow: "b-w" },
  rgb: { channels: 3, wide: "rgb16", narrow: "srgb" },
  srgb: { channels: 3, wide: "rgb16", narrow: "srgb" },
  rgb16: { channels: 3, wide: "rgb16", narrow: "srgb" },
};

/** Header facts through libvips, for every format but BMP. */
async function vipsFacts(
  bytes: Uint8Array,
  format: ImageFormat,
  file: string,
): Promise<ImageFacts & { space: string }> {
  const metadata = await openSharp(bytes)
    .metadata()
    .catch((cause: unknown) => {
      throw decodeFailure(file, format, cause);
    });
  const { width, height, space, depth } = metadata;
  checkPixels(width, height, file);
  if ((metadata.pages ?? 1) > 1)
    throw new DataError(`${file}: holds ${metadata.pages} pages; dimseg reads single 2-D images, so split it`);
  if (!(space in layouts)) throw new DataError(`${file}: has the colour space ${space}; save it as grey or RGB`);
  if (depth !== "uchar" && depth !== "ushort")
    throw new DataError(`${file}: has samples of type ${depth}; save it with 8 or 16 bits a sample`);
  return { format, width, height, channels: layouts[space].channels, bits: depth === "uchar" ? 8 : 16, space };
}

/**
 * What the header says, for tables and checks.
 * @throws DataError as {@link decodeImage}, but for damage that only decoding shows
 */
export async function imageFacts(bytes: Uint8Array, file: string): Promise<ImageFacts> {
  const format = sniffFormat(bytes, file);
  if (format === "bmp") {
    const { width, height, channels } = readBmp(bytes, file, "colours");
    return { format, width, height, channels, bits: 8 };
  }
  if (format === "png") readPngHeader(bytes, file);
  const { space: _, ...facts } = await vipsFacts(bytes, format, file);
  return facts;
}

/** Drops alpha and copies the samples into an array of their own. */
function withoutAlpha(data: Buffer, found: number, kept: 1 | 3, bits: 8 | 16): Uint8Array | Uint16Array {
  const copy = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
  const all = bits === 8 ? new Uint8Array(copy) : new Uint16Array(copy);
  if (found === kept) return all;
  const pixels = all.length / found;
  const samples = bits === 8 ? new Uint8Array(pixels * kept) : new Uint16Array(pixels * kept);
  for (let i = 0; i < pixels; i++) for (let c = 0; c < kept; c++) samples[i * kept + c] = all[i * found + c];
  return samples;
}

async function decodeVips(bytes: Uint8Array, format: ImageFormat, file: string): Promise<Raster> {
  const { space, bits } = await vipsFacts(bytes, format, file);
  const layout = layouts[space];
  const { data, info } = await openSharp(bytes)
    .toColourspace(bits === 8 ? layout.narrow : layout.wide)
    .raw({ depth: bits === 8 ? "uchar" : "ushort" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw decodeFailure(file, format, cause);
    });
  const samples = withoutAlpha(data, info.channels, layout.channels, bits);
  return { height: info.height, width: info.width, channels: layout.channels, samples };
}

/**
 * Decodes an image from its bytes. Alpha is dropped; palettes give colours, or with `indices` the stored numbers.
 * @param file the name that messages carry
 * @throws DataError when the format is not read, the file is truncated or corrupt, holds several pages, has another
 *   colour space or sample type, or declares more than 2^26 pixels
 */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  palette: PaletteReading = "colours",
): Promise<Raster> {
  const format = sniffFormat(bytes, file);
  if (format === "bmp") return readBmp(bytes, file, palette);
  if (format !== "png") return decodeVips(bytes, format, file);
  const header = readPngHeader(bytes, file);
  if (!header.isPalette || palette === "colours") return decodeVips(bytes, format, file);
  const raster = await decodeVips(paletteToGrey(bytes, file), format, file);
  const scale = indexScale(header.bitDepth);
  return scale === 1 ? raster : { ...raster, samples: raster.samples.map((sample) => sample / scale) as Uint8Array };
}

/**
 * Reads and decodes an image file.
 * @throws DataError as {@link readBytes} and {@link decodeImage}
 */
export async function readImage(file: string, palette: PaletteReading = "colours"): Promise<Raster> {
  return decodeImage(await readBytes(file), file, palette);
}
