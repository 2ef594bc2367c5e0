/**
 * The files a prediction becomes, as bytes; where they go is the caller's business. Masks are 8-bit grey PNG with
 * exact values: nothing here may convert their colours.
 */
import sharp from "sharp";
import type { RawTensor } from "../../core/formats/raw-tensor.js";
import { serializeSafetensors } from "../../core/formats/safetensors.js";
import type { Dataset } from "../../data/dataset.js";
import type { DicomVolume } from "../../data/dicom/volumes.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { classMask, indexMap } from "../label-map.js";
import { drawOverlay } from "../pictures/overlay.js";
import type { ImagePrediction } from "../plain/plain-segmenter.js";
import type { MaskFormat } from "./mask-formats.js";

/** What to write beside the masks. */
export interface PredictionContents {
  /** The image with the outlines of the classes. */
  readonly overlay: boolean;
  /**
   * Class probabilities as safetensors: tensor `probabilities` [K, H, W] or [K, D, H, W] float32 as the image's file has its
   * axes, class names in the metadata.
   */
  readonly probabilities: boolean;
  /** Of masks of volumes; default: NIfTI. Those of pictures are PNG. */
  readonly format?: MaskFormat | undefined;
  /** DICOM SEG: also copy who the patient is, and the study's dates and numbers. Default false. */
  readonly keepIds?: boolean | undefined;
}

/** Where an image came from. */
export interface PredictionSource {
  /** The image's file, or the folder and name of a series; for messages. */
  readonly path: string;
  /** What it is made of, where it is a series of DICOM files. */
  readonly series?: DicomVolume | undefined;
  /** Whether its mask is in doubt, which overlays show; default false. */
  readonly doubtful?: boolean | undefined;
}

/** One kind of file; every image has one in each of these folders, under its own name. */
export interface PredictionFile<P = ImagePrediction> {
  readonly folder: string;
  readonly extension: string;
  encode(prediction: P, image: StoredImage, source: PredictionSource): Promise<Uint8Array[]>;
}

/** A picture of bytes `[H, W]` or `[H, W, 3]`. */
export async function png(
  data: Uint8Array,
  { width, height }: Pick<ImagePrediction, "width" | "height">,
  channels: 1 | 3,
): Promise<Uint8Array[]> {
  const image = sharp(data, { raw: { width, height, channels } });
  return [
    await image
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .png()
      .toBuffer(),
  ];
}

/** Class names may hold slashes; folders may not. */
export function classFolder(name: string): string {
  return `classes/${name.replaceAll("/", "%2F")}`;
}

/** @param sides of the image, slowest first */
export function probabilityFile(
  { probabilities }: Pick<ImagePrediction, "probabilities">,
  sides: readonly number[],
  { classes }: Dataset,
): Uint8Array[] {
  const shape = [classes.length, ...sides];
  if (!probabilities) throw new Error("internal: probabilities are to be written, but were not asked for");
  const data = new Uint8Array(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength);
  const tensor: RawTensor = { dtype: "F32", shape, data };
  return serializeSafetensors([["probabilities", tensor]], {
    classes: JSON.stringify(classes.map(({ name }) => name)),
  });
}

/**
 * The kinds of file that predictions for a data set give: `masks` with index maps, with overlapping classes also
 * `classes/NAME` with 0 and 255, and what else is wanted.
 */
export function predictionFiles(dataset: Dataset, wanted: PredictionContents): PredictionFile[] {
  const files: PredictionFile[] = [
    { folder: "masks", extension: "png", encode: async (one) => png(indexMap(one.labels, dataset), one, 1) },
  ];
  for (const { name, index } of dataset.target === "sigmoid" ? dataset.classes : []) {
    const encode = async (one: ImagePrediction) => {
      const mask = classMask(one.labels, index, "sigmoid", one.height * one.width);
      return png(
        mask.map((value) => 255 * value),
        one,
        1,
      );
    };
    files.push({ folder: classFolder(name), extension: "png", encode });
  }
  if (wanted.overlay) {
    const encode = async (one: ImagePrediction, image: StoredImage, { path, doubtful }: PredictionSource) =>
      png(drawOverlay(image, one.labels, path, dataset, doubtful), one, 3);
    files.push({ folder: "overlays", extension: "png", encode });
  }
  if (wanted.probabilities) {
    const encode = async (one: ImagePrediction) => probabilityFile(one, [one.height, one.width], dataset);
    files.push({ folder: "probabilities", extension: "safetensors", encode });
  }
  return files;
}
