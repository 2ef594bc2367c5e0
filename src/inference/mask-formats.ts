/** What masks of volumes are written as. */
import { readStart, withFile } from "../data/file-bytes.js";
import { sniffBytes } from "../data/formats/format.js";
import type { MaskFormat } from "../data/formats/mask-format-names.js";
import { encodeMetaImage } from "../data/formats/metaimage-writer.js";
import { encodeNifti } from "../data/formats/nifti-writer.js";
import { encodeNrrd } from "../data/formats/nrrd-writer.js";
import { colourBytes } from "../drawing/raster-outline.js";
import type { StoredImage } from "../grid/stored-image.js";

export type { MaskFormat } from "../data/formats/mask-format-names.js";

/** What a value of a mask means. */
export interface MaskPart {
  readonly name: string;
  /** `#rrggbb` */
  readonly colour: string;
  readonly value: number;
}

/** @param file the volume that the mask is of */
type Encode = (mask: StoredImage, parts: readonly MaskPart[], file: string) => Promise<Uint8Array>;

/** A file's beginning: of a NIfTI file its place, which a mask takes over to the bit. */
function startOf(file: string): Promise<Uint8Array> {
  return withFile(file, (handle, size) => readStart(handle, Math.min(size, sniffBytes)));
}

/** The formats by the ends of their files' names. */
export const maskFormats: Record<MaskFormat, Encode> = {
  "nii.gz": async (mask, _, file) => encodeNifti(mask, { packed: true, like: await startOf(file) }),
  nrrd: (mask) => encodeNrrd(mask),
  "seg.nrrd": (mask, parts) =>
    encodeNrrd(
      mask,
      parts.map(({ name, value, colour }) => ({ name, value, layer: 0, colour: colourBytes(colour) })),
    ),
  mha: (mask) => encodeMetaImage(mask),
};
