/** A mask as a file of the format that its name says, exactly: what loses values is refused. */
import { existsSync, statSync } from "node:fs";
import sharp from "sharp";
import { DataError } from "../../core/errors.js";
import { interleave } from "../../grid/interleave.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { describeSegmentation, type SegmentationFacts } from "../dicom/segmentation-reader.js";
import { encodeSegmentation } from "../dicom/segmentation-writer.js";
import { onlySeries } from "../dicom/series.js";
import { startOf } from "../file-bytes.js";
import { endingOf } from "../file-patterns.js";
import { sniffBytes } from "../formats/format.js";
import { encodeNifti } from "../formats/nifti/writer.js";
import { encodeMetaImage } from "../formats/text/metaimage-writer.js";
import { encodeNrrd } from "../formats/text/nrrd-writer.js";

function raster({ grid, channels, samples }: StoredImage) {
  const [height, width] = grid.shape;
  const planes = samples instanceof Uint16Array ? samples : (samples as Uint8Array);
  const raw = { width, height, channels: channels as 1 | 3 };
  const space = channels === 3 ? "srgb" : samples instanceof Uint16Array ? "grey16" : "b-w";
  return sharp(interleave(planes, channels), { raw }).toColourspace(space);
}

type Encode = (mask: StoredImage, like: string, file: string) => Promise<Uint8Array>;

const nifti =
  (packed: boolean): Encode =>
  async (mask, like) => {
    // A NIfTI mask keeps the place of its image to the bit; beside other formats it has the same place in other digits.
    const isNifti = /\.nii(?:\.gz)?$/i.test(like);
    const start = isNifti ? await startOf(like, sniffBytes) : null;
    return encodeNifti(mask, { packed, ...(start ? { like: start } : {}) });
  };

const newSegmentation: SegmentationFacts = { kind: "binary", segments: [] };

/** Values are the numbers of segments, which are called as in the file that is there. */
const segmentation: Encode = async ({ samples }, like, file) => {
  if (!(samples instanceof Uint8Array || samples instanceof Uint16Array))
    throw new Error(`internal: ${file}: a segmentation of other numbers than those of segments`);
  const { kind, segments: known } = existsSync(file) ? await describeSegmentation(file) : newSegmentation;
  let count = Math.max(1, ...known.map(({ number }) => number));
  for (const value of samples) count = Math.max(count, value);
  const names = new Map(known.map(({ number, label }) => [number, label]));
  const segments = Array.from({ length: count }, (_, i) => ({ label: names.get(i + 1) || `segment ${i + 1}` }));
  return encodeSegmentation(samples, await onlySeries(like), segments, { kind });
};

const encoders: Readonly<Record<string, Encode>> = {
  ".png": (mask) => raster(mask).png().toBuffer(),
  ".tif": (mask) => raster(mask).tiff({ compression: "deflate", predictor: "none" }).toBuffer(),
  ".tiff": (mask) => raster(mask).tiff({ compression: "deflate", predictor: "none" }).toBuffer(),
  ".nii": nifti(false),
  ".nii.gz": nifti(true),
  ".nrrd": (mask) => encodeNrrd(mask),
  ".mha": (mask) => encodeMetaImage(mask),
  ".dcm": segmentation,
};

/** The encoder of a file's format. @throws DataError for a format that masks are not written as */
function encoderOf(file: string, like: string): Encode {
  const encode = encoders[endingOf(file).toLowerCase()];
  if (encode === segmentation && !statSync(like, { throwIfNoEntry: false })?.isDirectory())
    throw new DataError(
      `${file}: a DICOM SEG is written here of a series in a folder; convert masks of others to NIfTI`,
    );
  if (encode) return encode;
  throw new DataError(
    `${file}: masks of this format are not written here; convert those of the data set to PNG, or NIfTI for volumes`,
  );
}

/** @throws DataError as {@link encodeMask} does for the file's format */
export function requireWrittenFormat(file: string, like: string): void {
  encoderOf(file, like);
}

/**
 * A mask as a file's bytes.
 * @param file where it goes; its ending says the format
 * @param like the image's file, whose place in the patient a NIfTI mask takes over, or the folder of its series
 * @throws DataError for a format that masks are not written as
 */
export async function encodeMask(mask: StoredImage, file: string, like: string): Promise<Uint8Array> {
  return encoderOf(file, like)(mask, like, file);
}
