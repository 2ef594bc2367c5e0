/** WebP: decoded by sharp, which also reads the header. */
import { DataError } from "../../core/errors.js";
import { checkPixels, checkWholeFile, type Format, startsWith } from "./format.js";
import { decodeFailure, decodeRaster, imageHeader, openRaster, pixelBytes, type RasterHeader } from "./raster.js";
import { exifOrientation } from "./tiff/directory.js";

/** @throws DataError when the file is damaged, too large, or an animation */
async function readHeader(bytes: Uint8Array, file: string): Promise<RasterHeader> {
  checkWholeFile(bytes, file, "a WebP");
  const metadata = await (await openRaster(bytes)).metadata().catch((cause: unknown) => {
    throw decodeFailure({ file, format: "WebP" }, cause);
  });
  const { width, height, pages = 1, hasAlpha: alpha, exif } = metadata;
  if (pages > 1) throw new DataError(`${file}: holds ${pages} pages; dimseg reads single 2-D images, so split it`);
  const kind = { channels: 3, alpha, sampleType: "uint8" } as const;
  // Its decoder is the slowest of all, works in RGBA whatever the file holds, and on the whole picture.
  checkPixels(width, height, file, pixelBytes({ ...kind, alpha: true }) + 1);
  return { width, height, ...kind, orientation: exifOrientation(exif) };
}

export const webpFormat: Format = {
  name: "WebP",
  summary: "RGB pictures, 8 bits; lossless ones only for masks",
  source: "RFC 9649; libvips",
  extensions: ["webp"],
  sniff: (head) => startsWith(head, "RIFF") && startsWith(head, "WEBP", 8),
  read: async (bytes, file) => decodeRaster({ bytes, file, format: "WebP" }, await readHeader(bytes, file)),
  header: async (bytes, file) => imageHeader(await readHeader(bytes, file), file),
};
