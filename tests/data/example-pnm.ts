/** Netpbm's portable anymaps: grey (P5) and RGB (P6) pictures of 8 or 16 bits, big-endian. */
import { checkPixels, DataError, deinterleave, type Format, makeGrid, startsWith } from "../../src/index.js";

/** Magic, width, height and largest value, between them white space and comments; one white space ends them. */
const header = /^P([56])(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,5})\s/;

/** As long as any header with a few comments. */
const headBytes = 4096;

export const portableAnymap: Format = {
  name: "PNM",
  summary: "grey and RGB pictures of 8 and 16 bits, uncompressed",
  source: "Netpbm's pgm(5) and ppm(5); own code",
  extensions: ["pgm", "ppm", "pnm"],
  sniff: (head) => startsWith(head, "P5") || startsWith(head, "P6"),
  async read(bytes, file) {
    const found = header.exec(Buffer.from(bytes.subarray(0, headBytes)).toString("latin1"));
    if (!found) throw new DataError(`${file}: the PNM has no valid header; replace it`);
    const [width, height, most] = found.slice(2).map(Number);
    checkPixels(width, height, file);
    if (most < 1 || most > 65535) throw new DataError(`${file}: the PNM's largest value is ${most}; replace it`);
    const channels = found[1] === "6" ? 3 : 1;
    const count = width * height * channels;
    const [start, size] = [found[0].length, most > 255 ? 2 : 1];
    if (bytes.length < start + count * size) throw new DataError(`${file}: the PNM is truncated; replace it`);
    const view = new DataView(bytes.buffer, bytes.byteOffset + start);
    const samples =
      size === 1
        ? Uint8Array.from(bytes.subarray(start, start + count))
        : Uint16Array.from({ length: count }, (_, i) => view.getUint16(2 * i));
    return { grid: makeGrid(file, [height, width]), channels, samples: deinterleave(samples, channels) };
  },
};
