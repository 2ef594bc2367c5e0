/** What masks of volumes are written as. */
import { colourBytes } from "../../core/colour-bytes.js";
import { encodeSegmentation, type SegmentationOptions } from "../../data/dicom/segmentation-writer.js";
import { volumeOfFile } from "../../data/dicom/series.js";
import type { DicomVolume } from "../../data/dicom/volumes.js";
import { startOf } from "../../data/file-bytes.js";
import { sniffBytes } from "../../data/formats/format.js";
import type { MaskFormat } from "../../data/formats/mask-format-names.js";
import { encodeNifti } from "../../data/formats/nifti/writer.js";
import { encodeMetaImage } from "../../data/formats/text/metaimage-writer.js";
import { encodeNrrd } from "../../data/formats/text/nrrd-writer.js";
import type { StoredImage } from "../../grid/stored-image.js";

export type { MaskFormat } from "../../data/formats/mask-format-names.js";

/** What a value of a mask means. */
export interface MaskPart {
  readonly name: string;
  /** `#rrggbb` */
  readonly colour: string;
  readonly value: number;
}

/** What a mask takes over from the volume that it is of. */
interface MaskOrigin {
  /** Its file, or the series of files that it lies in. */
  readonly source: { readonly path: string; readonly series?: DicomVolume | undefined };
  readonly keepIds: boolean;
}

interface Format {
  /** Of the files' names, without its dot. */
  readonly extension: string;
  encode(mask: StoredImage, parts: readonly MaskPart[], origin: MaskOrigin): Promise<Uint8Array>;
}

/** Segments are numbered from 1 on, whatever the values of the mask. */
async function encodeSeg(
  { samples }: StoredImage,
  parts: readonly MaskPart[],
  { source, keepIds }: MaskOrigin,
  kind: SegmentationOptions["kind"],
): Promise<Uint8Array> {
  const volume = source.series ?? (await volumeOfFile(source.path));
  const numbers = new Uint8Array(256);
  parts.forEach(({ value }, i) => {
    numbers[value] = i + 1;
  });
  const labels = Uint8Array.from(samples, (value) => numbers[value]);
  const segments = parts.map(({ name }) => ({ label: name }));
  return encodeSegmentation(labels, volume, segments, { kind, keepIds });
}

/** The formats by name. */
export const maskFormats: Record<MaskFormat, Format> = {
  "nii.gz": {
    extension: "nii.gz",
    // Of a NIfTI file a mask takes over the place to the bit.
    encode: async (mask, _, { source: { path, series } }) =>
      encodeNifti(mask, { packed: true, ...(series ? {} : { like: await startOf(path, sniffBytes) }) }),
  },
  nrrd: { extension: "nrrd", encode: (mask) => encodeNrrd(mask) },
  "seg.nrrd": {
    extension: "seg.nrrd",
    encode: (mask, parts) =>
      encodeNrrd(
        mask,
        parts.map(({ name, value, colour }) => ({ name, value, layer: 0, colour: colourBytes(colour) })),
      ),
  },
  mha: { extension: "mha", encode: (mask) => encodeMetaImage(mask) },
  "dcm-seg": { extension: "dcm", encode: (mask, parts, origin) => encodeSeg(mask, parts, origin, "binary") },
  "dcm-labelmap": { extension: "dcm", encode: (mask, parts, origin) => encodeSeg(mask, parts, origin, "labelmap") },
};
