/**
 * The index values of a palette PNG. Label maps are often saved with a palette, and decoders replace the numbers by
 * colours. Here the palette is taken away and the file declared as grey of the same depth, so that the ordinary
 * decoder hands out the numbers, interlaced files included.
 */
import { DataError } from "../../../core/errors.js";

/** CRC-32 of PNG (ISO 3309), bit by bit: only short chunks pass here. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** The IHDR chunk with the colour type set to grey and its checksum made right. */
function greyHeader(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  copy[8 + 9] = 0;
  copy.writeUInt32BE(crc32(copy.subarray(4, 21)), 21);
  return copy;
}

/**
 * Turns a palette PNG into a grey PNG whose samples are the palette indices (stretched by decoders where the
 * depth is 1, 2 or 4: stretched.ts).
 * @throws DataError when a chunk reaches past the end of the file
 */
export function paletteToGrey(png: Uint8Array, file: string): Buffer {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const kept: Buffer[] = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const size = at + 12 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    const end = at + 12 + size;
    if (end > bytes.length) throw new DataError(`${file}: the PNG is truncated; replace it`);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IHDR") kept.push(greyHeader(bytes.subarray(at, end)));
    else if (type === "IDAT" || type === "IEND") kept.push(bytes.subarray(at, end));
    if (type === "IEND") return Buffer.concat(kept);
    at = end;
  }
  throw new DataError(`${file}: the PNG is truncated; replace it`);
}
