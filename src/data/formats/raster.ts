/**
 * The pictures that sharp (libvips) decodes: 8 and 16 bits as stored, no colour management, no scaling, turned as viewers
 * show them. What a file holds is known from its own header before libvips sees it. sharp is loaded when the first file is
 * read, as the command line asks for extensions long before.
 */
import type { Sharp } from "sharp";
import { DataError } from "../../core/errors.js";
import { makeGrid } from "../../grid/grid.js";
import { deinterleave } from "../../grid/interleave.js";
import { type Samples, type StoredImage, samplesLike } from "../../grid/stored-image.js";
import { asStored, upright, uprightShape } from "../../grid/upright.js";
import { type ImageHeader, maxPixels } from "./format.js";

/** A file for libvips, and what messages call it. */
export interface RasterFile {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Name of its format. */
  readonly format: string;
}

/** What a file's header says of the picture in it. */
export interface RasterHeader {
  /** As stored. */
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly alpha: boolean;
  readonly sampleType: "uint8" | "uint16";
  /** How the picture is to be turned to be shown, 1 to 8 (grid/upright.ts). */
  readonly orientation: number;
}

/** A decoder that takes longer is ended. Nothing within the bounds on size takes a tenth of it on an idle machine. */
const mostSeconds = 30;

/** Opens a file with libvips. */
export async function openRaster(bytes: Uint8Array): Promise<Sharp> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  return sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: maxPixels }).timeout({
    seconds: mostSeconds,
  });
}

/**
 * One sentence for a failure inside libvips. Its own text is left to the cause: libvips collects messages of all
 * threads in one place, so under concurrent decoding they are often another file's.
 */
export function decodeFailure({ file, format }: Pick<RasterFile, "file" | "format">, cause?: unknown): DataError {
  const reason = format === "TIFF" ? "truncated, corrupt or of a kind that is not read" : "truncated or corrupt";
  return new DataError(`${file}: the ${format} is ${reason}; replace it`, { cause });
}

/** Bytes that decoding holds for one pixel. Grey with alpha passes libvips as RGBA. */
export function pixelBytes({ channels, alpha, sampleType }: Omit<RasterHeader, "width" | "height" | "orientation">) {
  return (alpha ? 4 : channels) * (sampleType === "uint8" ? 1 : 2);
}

/** The header as the rest of dimseg knows it: of the picture as it is shown. */
export function imageHeader(header: RasterHeader, file: string): ImageHeader {
  const { width, height, channels, sampleType, orientation } = header;
  const grid = makeGrid(file, uprightShape([height, width], orientation));
  return { grid, channels, sampleType, ...(orientation === asStored ? {} : { turned: true }) };
}

/** Samples side by side in memory of their own type; copied only where Node.js put them at an odd address. */
function samplesOf(data: Buffer, sampleType: RasterHeader["sampleType"]): Uint8Array | Uint16Array {
  const { buffer, byteOffset, byteLength } = data;
  if (sampleType === "uint8") return new Uint8Array(buffer, byteOffset, byteLength);
  if (byteOffset % 2 === 0) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

/** The last of four channels; undefined where it says nothing. */
function alphaOf(interleaved: Uint8Array | Uint16Array): Samples | undefined {
  const opaque = interleaved instanceof Uint8Array ? 255 : 65535;
  let first = 3;
  while (first < interleaved.length && interleaved[first] === opaque) first += 4;
  if (first >= interleaved.length) return undefined;
  const alpha = samplesLike(interleaved, interleaved.length / 4);
  for (let i = 0; i < alpha.length; i++) alpha[i] = interleaved[4 * i + 3];
  return alpha;
}

/**
 * Decodes to planes, turned as the header says.
 * @throws DataError when the file is damaged, or is not what its header says
 */
export async function decodeRaster(raster: RasterFile, header: RasterHeader): Promise<StoredImage> {
  const { width, height, channels, alpha, sampleType, orientation } = header;
  const wide = sampleType === "uint16";
  const grey = channels === 1 && !alpha;
  const started = performance.now();
  const { data, info } = await (await openRaster(raster.bytes))
    .toColourspace(grey ? (wide ? "grey16" : "b-w") : wide ? "rgb16" : "srgb")
    .raw({ depth: wide ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      if (performance.now() - started < 1000 * mostSeconds) throw decodeFailure(raster, cause);
      throw new DataError(`${raster.file}: takes more than ${mostSeconds} s to decode; save it again`, { cause });
    });
  if (info.width !== width || info.height !== height || info.channels !== (grey ? 1 : alpha ? 4 : 3))
    throw decodeFailure(raster);
  const interleaved = samplesOf(data, sampleType);
  const shape = [height, width] as const;
  const turned = <T extends Samples>(planes: T) => upright(planes, shape, orientation);
  const opacity = alpha ? alphaOf(interleaved) : undefined;
  return {
    grid: makeGrid(raster.file, uprightShape(shape, orientation)),
    channels,
    samples: turned(deinterleave(interleaved, info.channels, channels)),
    ...(opacity ? { alpha: turned(opacity) } : {}),
  };
}
