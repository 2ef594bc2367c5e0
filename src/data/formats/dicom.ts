/** DICOM: one file as a picture or a volume; the room dicom/ reads it, and finds series in folders (docs/dicom.md). */
import { readDicomHeader, readDicomImage } from "../dicom/image.js";
import { isDicom } from "../dicom/parse.js";
import type { Format } from "./format.js";

export const dicomFormat: Format = {
  name: "DICOM",
  summary: "pictures and multi-frame volumes, in the units they rescale to; RLE, JPEG, JPEG-LS and JPEG 2000 too",
  source: "PS3.3, PS3.5 and PS3.10 of the standard; own code, CharLS, OpenJPEG, jpeg-lossless-decoder-js, libvips",
  extensions: ["dcm", "dicom", "ima"],
  sniff: isDicom,
  read: readDicomImage,
  header: async (bytes, file) => readDicomHeader(bytes, file),
};
