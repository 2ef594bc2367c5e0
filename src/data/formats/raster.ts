/**
 * The pictures that sharp (libvips) decodes: 8 and 16 bits as stored, no colour management, no rotation, no scaling. It
 * is loaded when the first file is read, as the command line asks for extensions long before.
 */
import type { Sharp } from "sharp";
import { DataError } from "../../core/errors.js";
import { makeGrid } from "../../grid/grid.js";
import { deinterleave } from "../../grid/interleave.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { checkPixels, type Format, type ImageHeader, maxPixels, startsWith } from "./format.js";

/** A file for libvips, and what messages call it. */
export interface RasterFile {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Name of its format. */
  readonly format: string;
}

async function open(bytes: Uint8Array): Promise<Sharp> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  return sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: maxPixels });
}

/**
 * One sentence for a failure inside libvips. Its own text is left to the cause: libvips collects messages of all
 * threads in one place, so under concurrent decoding they are often another file's.
 */
function decodeFailure({ file, format }: RasterFile, cause: unknown): DataError {
  const reason = format === "TIFF" ? "truncated, corrupt or of a kind that is not read" : "truncated or corrupt";
  return new DataError(`${file}: the ${format} is ${reason}; replace it`, { cause });
}

const layouts: Record<string, { channels: 1 | 3; wide: "grey16" | "rgb16"; narrow: "b-w" | "srgb" }> = {
  "b-w": { channels: 1, wide: "grey16", narrow: "b-w" },
  grey16: { channels: 1, wide: "grey16", narrow: "b-w" },
  rgb: { channels: 3, wide: "rgb16", narrow: "srgb" },
  srgb: { channels: 3, wide: "rgb16", narrow: "srgb" },
  rgb16: { channels: 3, wide: "rgb16", narrow: "srgb" },
};

/** Header facts, and the colour space that the samples are stored in. */
async function metadataOf(raster: RasterFile): Promise<ImageHeader & { space: string }> {
  const { bytes, file } = raster;
  const metadata = await (await open(bytes)).metadata().catch((cause: unknown) => {
    throw decodeFailure(raster, cause);
  });
  const { width, height, space, depth } = metadata;
  checkPixels(width, height, file);
  if ((metadata.pages ?? 1) > 1)
    throw new DataError(`${file}: holds ${metadata.pages} pages; dimseg reads single 2-D images, so split it`);
  if (!(space in layouts)) throw new DataError(`${file}: has the colour space ${space}; save it as grey or RGB`);
  if (depth !== "uchar" && depth !== "ushort")
    throw new DataError(`${file}: has samples of type ${depth}; save it with 8 or 16 bits a sample`);
  const sampleType = depth === "uchar" ? "uint8" : "uint16";
  return { grid: makeGrid(file, [height, width]), channels: layouts[space].channels, sampleType, space };
}

/** What the header says. @throws DataError as {@link decodeRaster}, but for damage that only decoding shows */
export async function rasterHeader(raster: RasterFile): Promise<ImageHeader> {
  const { space: _, ...header } = await metadataOf(raster);
  return header;
}

/** Decodes to planes; alpha, always the last channel, is dropped. */
export async function decodeRaster(raster: RasterFile): Promise<StoredImage> {
  const { space, channels, sampleType } = await metadataOf(raster);
  const { narrow, wide } = layouts[space];
  const { data, info } = await (await open(raster.bytes))
    .toColourspace(sampleType === "uint8" ? narrow : wide)
    .raw({ depth: sampleType === "uint8" ? "uchar" : "ushort" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw decodeFailure(raster, cause);
    });
  // An array of its own: Node.js may have put the buffer into a pool, where 16-bit samples need not be aligned.
  const own = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
  const interleaved = sampleType === "uint8" ? new Uint8Array(own) : new Uint16Array(own);
  const samples = deinterleave(interleaved, info.channels, channels);
  return { grid: makeGrid(raster.file, [info.height, info.width]), channels, samples };
}

/** A format that libvips decodes whole. */
function rasterFormat(about: Pick<Format, "name" | "summary" | "source" | "extensions" | "sniff">): Format {
  const { name: format } = about;
  return {
    ...about,
    read: (bytes, file) => decodeRaster({ bytes, file, format }),
    header: (bytes, file) => rasterHeader({ bytes, file, format }),
  };
}

export const jpegFormat = rasterFormat({
  name: "JPEG",
  summary: "grey and RGB pictures, 8 bits; lossy, so nothing for masks",
  source: "ISO/IEC 10918-1; libvips",
  extensions: ["jpg", "jpeg"],
  sniff: (head) => startsWith(head, "\xff\xd8\xff"),
});

export const tiffFormat = rasterFormat({
  name: "TIFF",
  summary: "grey and RGB pictures of one page, 8 and 16 bits",
  source: "TIFF 6.0, BigTIFF; libvips",
  extensions: ["tif", "tiff"],
  sniff: (head) => ["II*\0", "MM\0*", "II+\0", "MM\0+"].some((magic) => startsWith(head, magic)),
});

export const webpFormat = rasterFormat({
  name: "WebP",
  summary: "RGB pictures, 8 bits; lossless ones only for masks",
  source: "RFC 9649; libvips",
  extensions: ["webp"],
  sniff: (head) => startsWith(head, "RIFF") && startsWith(head, "WEBP", 8),
});
