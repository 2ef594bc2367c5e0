/** The image formats that dimseg reads, by the name that `dimseg list formats` shows. */
import { bmpFormat } from "./bmp.js";
import { dicomFormat } from "./dicom.js";
import type { Format } from "./format.js";
import { hdf5Format } from "./hdf5.js";
import { jpegFormat } from "./jpeg.js";
import { niftiFormat } from "./nifti/nifti.js";
import { pngFormat } from "./png/png.js";
import { metaImageFormat } from "./text/metaimage.js";
import { nrrdFormat } from "./text/nrrd.js";
import { tiffFormat } from "./tiff/tiff.js";
import { webpFormat } from "./webp.js";

export const formats: Readonly<Record<string, Format>> = {
  png: pngFormat,
  jpeg: jpegFormat,
  tiff: tiffFormat,
  bmp: bmpFormat,
  webp: webpFormat,
  dicom: dicomFormat,
  nifti: niftiFormat,
  nrrd: nrrdFormat,
  metaImage: metaImageFormat,
  hdf5: hdf5Format,
};

/**
 * The format of a file; undefined where it is none of them. DICOM is asked first: its mark lies behind 128 bytes that may
 * begin as any other format, and do begin as TIFF in files that are meant for readers of both (PS3.10, 7.1).
 * @param head its first bytes, as {@link Format.sniff} takes them
 */
export function sniffFormat(head: Uint8Array): Format | undefined {
  return [dicomFormat, ...Object.values(formats)].find((format) => format.sniff(head));
}

/** Their names as a message lists them: `PNG, JPEG, TIFF, BMP or WebP`. */
export function formatNames(): string {
  const names = Object.values(formats).map(({ name }) => name);
  return `${names.slice(0, -1).join(", ")} or ${names[names.length - 1]}`;
}
