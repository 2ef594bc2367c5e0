/**
 * TFRecord framing, the container of TensorBoard's event files: little-endian length (8 bytes), its masked CRC-32C,
 * the payload, its masked CRC-32C (tensorflow/tsl/lib/io/record_writer.h).
 */

const headerBytes = 12;

/** Bytes a record takes besides its payload. */
const overheadBytes = headerBytes + 4;

/** Remainders of every byte by the reflected Castagnoli polynomial. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (RFC 3720, B.4) as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-32C rotated and offset, as TFRecord stores it so that a checksum of checksums stays meaningful. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One framed record. */
export function frameRecord(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(payload.length + overheadBytes);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc(frame.subarray(0, 8)), true);
  frame.set(payload, headerBytes);
  view.setUint32(headerBytes + payload.length, maskedCrc(payload), true);
  return frame;
}

/**
 * Follows the records of a file from its start by their lengths, checking the lengths' checksums only.
 * @param read  gives bytes [from, to) of the file
 * @param limit length of the file, or of the part of interest
 * @returns `end` of the last whole record within `limit`, and whether what follows is `damaged` rather than
 *          the beginning of a record
 */
export function lastRecord(
  read: (from: number, to: number) => Uint8Array,
  limit: number,
): { end: number; damaged: boolean } {
  let end = 0;
  while (end + overheadBytes <= limit) {
    const header = read(end, end + headerBytes);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    if (view.getUint32(8, true) !== maskedCrc(header.subarray(0, 8))) return { end, damaged: true };
    const next = end + overheadBytes + Number(view.getBigUint64(0, true));
    if (next > limit) break;
    end = next;
  }
  return { end, damaged: false };
}
