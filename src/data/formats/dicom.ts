/** DICOM: one file as a picture, a volume or a label map; the room dicom/ reads it, and series in folders (docs/dicom.md). */
import { decodeDicom, dicomHeader } from "../dicom/image.js";
import { isDicom, parseDicom } from "../dicom/parse.js";
import { decodeSegmentation, isSegmentation, segmentationHeader } from "../dicom/segmentation-reader.js";
import { type Format, maxVolumeBytes } from "./format.js";

export const dicomFormat: Format = {
  name: "DICOM",
  summary:
    "pictures, multi-frame volumes and SEG; RLE, JPEG, JPEG-LS and JPEG 2000 too; values in the units of the file",
  source: "PS3.3, PS3.5 and PS3.10; own code, CharLS, OpenJPEG, jpeg-lossless-decoder-js, libvips",
  extensions: ["dcm", "dicom", "ima"],
  maxFileBytes: maxVolumeBytes,
  sniff: isDicom,
  async read(bytes, file, palette) {
    const dicom = parseDicom(bytes, file);
    return isSegmentation(dicom) ? (await decodeSegmentation(dicom)).labels : decodeDicom(dicom, palette);
  },
  async header(bytes, file) {
    const dicom = parseDicom(bytes, file);
    return isSegmentation(dicom) ? segmentationHeader(dicom) : dicomHeader(dicom);
  },
};
