/**
 * Small PNG files of the plainest kind, decoded here: grey or RGB, 8 bits, not interlaced, nothing in them but pixels and
 * notes. For these, setting libvips up costs several times the decoding, which counts over a hundred thousand of them.
 * Whatever is in doubt is left to libvips, with its messages.
 */
import { crc32, inflateSync } from "node:zlib";
import { makeGrid } from "../../../grid/grid.js";
import { deinterleave } from "../../../grid/interleave.js";
import type { StoredImage } from "../../../grid/stored-image.js";

/** Larger images gain nothing. */
const mostPixels = 2 ** 17;
/** Chunks that change no pixel. */
const notes = new Set(["pHYs", "tEXt", "zTXt", "iTXt", "tIME"]);

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array[];
}

/** The image's size and compressed data, where the file is plain and every checksum is right. */
function partsOf(bytes: Buffer): Parts | undefined {
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [bits, type, compression, filter, interlace] = bytes.subarray(24, 29);
  const isPlain = bits === 8 && (type === 0 || type === 2) && compression + filter + interlace === 0;
  if (!isPlain || width < 1 || height < 1 || width * height > mostPixels) return undefined;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) return undefined;
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return undefined;
    const name = bytes.toString("latin1", at + 4, at + 8);
    if (name === "IEND")
      return end + 4 === bytes.length ? { width, height, channels: type === 0 ? 1 : 3, data } : undefined;
    if (name === "IDAT") data.push(bytes.subarray(at + 8, end));
    else if (at > 8 && !notes.has(name)) return undefined;
    at = end + 4;
  }
  return undefined;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Takes the filters of PNG's rows back, in place; false for an unknown one. */
function unfilter(rows: Uint8Array, height: number, rowBytes: number, step: number): boolean {
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1) + 1;
    const above = start - rowBytes - 1;
    const kind = rows[start - 1];
    if (kind > 4) return false;
    if (kind === 0) continue;
    for (let x = 0; x < rowBytes; x++) {
      const left = x >= step ? rows[start + x - step] : 0;
      const up = y > 0 ? rows[above + x] : 0;
      const corner = y > 0 && x >= step ? rows[above + x - step] : 0;
      const expected = kind === 1 ? left : kind === 2 ? up : kind === 3 ? (left + up) >> 1 : paeth(left, up, corner);
      rows[start + x] += expected;
    }
  }
  return true;
}

function inflate(data: readonly Uint8Array[], length: number): Uint8Array | undefined {
  try {
    const rows = inflateSync(data.length === 1 ? data[0] : Buffer.concat(data), { maxOutputLength: length + 1 });
    return rows.length === length ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes a plain PNG; undefined for any other file, also a damaged one. */
export function decodePlainPng(bytes: Uint8Array, file: string): StoredImage | undefined {
  // Node.js before 20.15 has no crc32.
  if (crc32 === undefined || bytes.length < 57) return undefined;
  const parts = partsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (!parts) return undefined;
  const { width, height, channels, data } = parts;
  const rowBytes = width * channels;
  const rows = inflate(data, height * (rowBytes + 1));
  if (!rows || !unfilter(rows, height, rowBytes, channels)) return undefined;
  const interleaved = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++)
    interleaved.set(rows.subarray(y * (rowBytes + 1) + 1, (y + 1) * (rowBytes + 1)), y * rowBytes);
  return { grid: makeGrid(file, [height, width]), channels, samples: deinterleave(interleaved, channels) };
}
