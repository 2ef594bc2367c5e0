/** PNG: decoded by sharp, after a look at the chunks for what has to be known before a decoder allocates memory. */
import { DataError } from "../../../core/errors.js";
import { checkPixels, checkWholeFile, type Format, startsWith } from "../format.js";
import { decodeFailure, decodeRaster, imageHeader, pixelBytes, type RasterHeader } from "../raster.js";
import { unstretched } from "../stretched.js";
import { exifOrientation } from "../tiff/directory.js";
import { paletteToGrey } from "./indices.js";
import { decodePlainPng } from "./plain.js";

const signatureBytes = 8;

interface PngHeader extends RasterHeader {
  readonly bits: number;
  readonly isPalette: boolean;
}

/** Channels and alpha by the colour type of IHDR; a palette is of colours. */
const colourTypes: Readonly<Record<number, Pick<RasterHeader, "channels" | "alpha">>> = {
  0: { channels: 1, alpha: false },
  2: { channels: 3, alpha: false },
  3: { channels: 3, alpha: false },
  4: { channels: 1, alpha: true },
  6: { channels: 3, alpha: true },
};

/** The contents of some chunks, the first of each type; what follows a cut is the decoder's to complain about. */
function chunks(bytes: Uint8Array, wanted: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, Uint8Array>();
  for (let at = signatureBytes; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    const type = wanted.find((name) => startsWith(bytes, name, at + 4));
    if (type !== undefined && end <= bytes.length && !found.has(type)) found.set(type, bytes.subarray(at + 8, end));
    at = end + 4;
  }
  return found;
}

/**
 * Reads what the chunks say.
 * @throws DataError when the file is cut off, does not begin with IHDR, or declares a hostile size
 */
function readHeader(bytes: Uint8Array, file: string): PngHeader {
  if (bytes.length < 33) throw new DataError(`${file}: the PNG is truncated within its header; replace it`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || !startsWith(bytes, "IHDR", 12))
    throw new DataError(`${file}: the PNG does not begin with its IHDR chunk; replace it`);
  const [width, height, bits, type] = [view.getUint32(16), view.getUint32(20), bytes[24], bytes[25]];
  checkPixels(width, height, file);
  const colours = colourTypes[type];
  if (!colours) throw decodeFailure({ file, format: "PNG" });
  const found = chunks(bytes, ["tRNS", "eXIf"]);
  const sampleType = bits === 16 ? "uint16" : "uint8";
  const kind = { ...colours, alpha: colours.alpha || found.has("tRNS"), sampleType } as const;
  const interlaced = bytes[28] !== 0;
  if (interlaced) checkWholeFile(bytes, file, "an interlaced PNG");
  // What is interlaced is kept whole beside what is made of it.
  checkPixels(width, height, file, pixelBytes(kind) + (interlaced ? 1 : 0));
  return { width, height, ...kind, orientation: exifOrientation(found.get("eXIf")), bits, isPalette: type === 3 };
}

export const pngFormat: Format = {
  name: "PNG",
  summary: "grey, RGB and palette pictures, 1 to 16 bits; palette masks give their numbers",
  source: "ISO/IEC 15948; libvips, chunks and palette numbers by own code",
  extensions: ["png"],
  sniff: (head) => startsWith(head, "\x89PNG\r\n\x1a\n"),
  async read(bytes, file, palette) {
    const header = readHeader(bytes, file);
    const plain = decodePlainPng(bytes, file);
    if (plain) return plain;
    if (!header.isPalette || palette === "colours") return decodeRaster({ bytes, file, format: "PNG" }, header);
    const numbers = { bytes: paletteToGrey(bytes, file), file, format: "PNG" };
    return unstretched(await decodeRaster(numbers, { ...header, channels: 1, alpha: false }), header.bits);
  },
  header: async (bytes, file) => imageHeader(readHeader(bytes, file), file),
};
