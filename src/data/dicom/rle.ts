/** DICOM's RLE (PS3.5 annex G): PackBits over one plane for each byte of each sample, most significant byte first. */
import { DataError } from "../../core/errors.js";

/** Bytes before the segments: their number, and 15 places. */
const headerBytes = 64;

/**
 * Decodes one frame.
 * @param pixels number of pixels
 * @param bytes  bytes of a sample: 1, 2 or 4
 * @returns samples little endian, one plane for each sample of a pixel after the other
 * @throws DataError when the data is damaged, or has too few bytes
 */
export function decodeRle(
  encoded: Uint8Array,
  pixels: number,
  samplesPerPixel: number,
  bytes: number,
  file: string,
): Uint8Array {
  const broken = (what: string) => new DataError(`${file}: the RLE data ${what}; replace it`);
  if (encoded.length < headerBytes) throw broken("is truncated");
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== samplesPerPixel * bytes)
    throw broken(`has ${segments} segments; expected ${samplesPerPixel * bytes}`);
  const decoded = new Uint8Array(pixels * samplesPerPixel * bytes);
  for (let segment = 0; segment < segments; segment++) {
    const sample = Math.floor(segment / bytes);
    const target = sample * pixels * bytes + (bytes - 1 - (segment % bytes));
    let at = view.getUint32(4 + 4 * segment, true);
    let done = 0;
    while (done < pixels) {
      if (at + 1 >= encoded.length) throw broken("is truncated");
      const code = encoded[at++];
      if (code === 128) continue;
      const run = code > 128;
      const count = Math.min(run ? 257 - code : code + 1, pixels - done);
      if (!run && at + count > encoded.length) throw broken("is truncated");
      for (let i = 0; i < count; i++) decoded[target + bytes * done++] = encoded[run ? at : at + i];
      at += run ? 1 : code + 1;
    }
  }
  return decoded;
}
