/** JPEG: decoded by sharp, after a walk over its segments for what has to be known before. */
import { DataError } from "../../core/errors.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { asStored } from "../../grid/upright.js";
import { checkPixels, checkScans, checkWholeFile, type Format, startsWith } from "./format.js";
import { decodeFailure, decodeRaster, imageHeader, type RasterHeader } from "./raster.js";
import { exifOrientation } from "./tiff/directory.js";

const startOfScan = 0xda;
const endOfImage = 0xd9;
const exifSegment = 0xe1;

/** One marker and what belongs to it. */
export interface Segment {
  readonly marker: number;
  readonly content: Uint8Array;
}

/** Markers without content: fill, TEM, restarts, and a zero that stands for 0xff among compressed data. */
function isBare(marker: number): boolean {
  return marker <= 1 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd8);
}

/** The segments of a file to its end; compressed data is passed over. */
export function* segments(bytes: Uint8Array): Generator<Segment> {
  let at = bytes.indexOf(0xff, 2);
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1];
    if (marker === endOfImage) return;
    const size = isBare(marker) || at + 4 > bytes.length ? 0 : bytes[at + 2] * 256 + bytes[at + 3];
    if (!isBare(marker)) yield { marker, content: bytes.subarray(at + 4, at + 2 + size) };
    at = bytes.indexOf(0xff, marker === 0xff ? at + 1 : at + 2 + size);
  }
}

/** Whether a marker begins the description of the frame: all SOF, but not DHT, JPG and DAC among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

interface Frame {
  readonly bits: number;
  readonly height: number;
  readonly width: number;
  readonly components: number;
  /** Passes over the picture; a decoder that has more than one keeps all of it twice. */
  readonly scans: number;
  readonly orientation: number;
}

/** @returns undefined when there is no frame before the first scan */
function readFrame(bytes: Uint8Array): Frame | undefined {
  let frame: Omit<Frame, "scans" | "orientation"> | undefined;
  let exif: Uint8Array | undefined;
  let severalScans = false;
  let scans = 0;
  for (const { marker, content } of segments(bytes)) {
    if (marker === startOfScan) {
      if (!frame) return undefined;
      // A sequential picture ends with a scan of all its components.
      severalScans ||= content[0] < frame.components;
      scans++;
      if (!severalScans) break;
    } else if (marker === exifSegment && startsWith(content, "Exif\0\0")) exif ??= content;
    else if (!frame && isFrame(marker) && content.length >= 6) {
      const view = new DataView(content.buffer, content.byteOffset);
      const [height, width] = [view.getUint16(1), view.getUint16(3)];
      frame = { bits: content[0], height, width, components: content[5] };
      severalScans = (marker & 3) === 2;
    }
  }
  return frame && { ...frame, scans, orientation: exifOrientation(exif) };
}

/** @throws DataError when there is no picture, or one of a kind, size or number of scans that is not read */
function readHeader(bytes: Uint8Array, file: string): RasterHeader {
  const frame = readFrame(bytes);
  if (!frame) throw decodeFailure({ file, format: "JPEG" });
  const { bits, height, width, components, scans, orientation } = frame;
  if (components === 4) throw new DataError(`${file}: has the colour space cmyk; save it as grey or RGB`);
  if (components !== 1 && components !== 3)
    throw new DataError(`${file}: has ${components} channels; save it as grey or RGB`);
  if (bits !== 8) throw new DataError(`${file}: has ${bits} bits a sample; save it with 8 or 16 bits a sample`);
  checkPixels(width, height, file, scans > 1 ? components + 1 : components);
  if (scans > 1) checkWholeFile(bytes, file, "a progressive JPEG");
  checkScans(scans, width, height, components, file);
  return { width, height, channels: components, alpha: false, sampleType: "uint8", orientation };
}

/** A picture as stored, not turned: for JPEG within other files, which say themselves how it is to be shown. */
export async function decodeJpegAsStored(bytes: Uint8Array, file: string): Promise<StoredImage> {
  return decodeRaster({ bytes, file, format: "JPEG" }, { ...readHeader(bytes, file), orientation: asStored });
}

export const jpegFormat: Format = {
  name: "JPEG",
  summary: "grey and RGB pictures, 8 bits; lossy, so nothing for masks",
  source: "ISO/IEC 10918-1; libvips",
  extensions: ["jpg", "jpeg"],
  sniff: (head) => startsWith(head, "\xff\xd8\xff"),
  read: async (bytes, file) => decodeRaster({ bytes, file, format: "JPEG" }, readHeader(bytes, file)),
  header: async (bytes, file) => imageHeader(readHeader(bytes, file), file),
};
