/** PNG: decoded by sharp, after a look at the header for what has to be known before a decoder allocates memory. */
import { DataError } from "../../core/errors.js";
import { checkPixels, type Format, startsWith } from "./format.js";
import { indexScale, paletteToGrey } from "./png-indices.js";
import { decodeRaster, rasterHeader } from "./raster.js";

/** The fields of the IHDR chunk that decoding depends on. */
interface PngHeader {
  readonly bitDepth: number;
  readonly isPalette: boolean;
}

/**
 * Reads a PNG's first chunk.
 * @throws DataError when it is cut off, no IHDR, or declares a hostile size
 */
function readHeader(bytes: Uint8Array, file: string): PngHeader {
  if (bytes.length < 33) throw new DataError(`${file}: the PNG is truncated within its header; replace it`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || !startsWith(bytes, "IHDR", 12))
    throw new DataError(`${file}: the PNG does not begin with its IHDR chunk; replace it`);
  checkPixels(view.getUint32(16), view.getUint32(20), file);
  return { bitDepth: bytes[24], isPalette: bytes[25] === 3 };
}

export const pngFormat: Format = {
  name: "PNG",
  summary: "grey, RGB and palette pictures, 1 to 16 bits; palette masks give their numbers",
  source: "ISO/IEC 15948; libvips, palette numbers by own code",
  extensions: ["png"],
  sniff: (head) => startsWith(head, "\x89PNG\r\n\x1a\n"),
  async read(bytes, file, palette) {
    const { isPalette, bitDepth } = readHeader(bytes, file);
    if (!isPalette || palette === "colours") return decodeRaster({ bytes, file, format: "PNG" });
    const image = await decodeRaster({ bytes: paletteToGrey(bytes, file), file, format: "PNG" });
    const scale = indexScale(bitDepth);
    return scale === 1 ? image : { ...image, samples: image.samples.map((sample) => sample / scale) };
  },
  async header(bytes, file) {
    readHeader(bytes, file);
    return rasterHeader({ bytes, file, format: "PNG" });
  },
};
