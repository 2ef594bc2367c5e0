/** How images become results: read, segmented, ruled and encoded. Where the results go is the caller's business. */
import { UsageError } from "../../core/errors.js";
import { type MaskFormat, segmentationFormatNames } from "../../data/formats/mask-format-names.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import type { StoredImage } from "../../grid/stored-image.js";
import { ruledImage, ruledVolume } from "../../inference/ruled.js";
import {
  type PredictionContents,
  type PredictionFile,
  predictionFiles,
} from "../../inference/write/encode-prediction.js";
import { volumeFiles } from "../../inference/write/encode-volume.js";
import type { InputImage } from "./inputs.js";
import { readInput } from "./read-input.js";
import type { Segmenter } from "./segmenter.js";

/** One kind of results; every image has one, in this folder and with this ending. */
export type OutputFile = Pick<PredictionFile, "folder" | "extension">;

/** What becomes of images, and how. */
export interface Segmenting {
  /** The kinds of results, that of the masks first. */
  readonly files: readonly OutputFile[];
  /**
   * Segments one image.
   * @param take takes each of its results as soon as it is encoded
   * @param doubtful whether its mask is, where that was asked; overlays show it
   * @returns whether the image is not opaque everywhere
   * @throws DataError, NumericError of the image alone
   */
  segment(
    image: InputImage,
    take: (file: OutputFile, chunks: Uint8Array[]) => void,
    doubtful?: boolean,
  ): Promise<boolean>;
}

/** How one kind of images, pictures or volumes, is read, segmented and encoded. */
interface Kind<P> {
  readonly files: readonly PredictionFile<P>[];
  read(image: InputImage): Promise<StoredImage>;
  ask(stored: StoredImage, path: string): Promise<P>;
}

function segmenting<P>({ files, read, ask }: Kind<P>): Segmenting {
  return {
    files,
    async segment(image, take, doubtful) {
      const stored = await read(image);
      const prediction = await ask(stored, image.path);
      for (const file of files) take(file, await file.encode(prediction, stored, { ...image, doubtful }));
      return stored.alpha !== undefined;
    },
  };
}

/** Whether masks of a format are DICOM. */
export function isSegmentation(format: MaskFormat | undefined): boolean {
  return segmentationFormatNames.some((name) => name === format);
}

/** @throws UsageError when something is wanted that volumes do not give */
export function segmentingOf(segmenter: Segmenter, contents: PredictionContents): Segmenting {
  const { dataset, rules } = segmenter;
  const { format, keepIds } = contents;
  if (keepIds && !isSegmentation(format))
    throw new UsageError(
      `--keep-ids is of masks as DICOM SEG; add --format ${segmentationFormatNames[0]}, or leave it out`,
    );
  if (!hasSlices(dataset)) {
    if (format !== undefined)
      throw new UsageError(
        "--format is of masks of volumes; the run was trained on pictures, whose masks are PNG, so leave it out",
      );
    return segmenting({
      files: predictionFiles(dataset, contents),
      read: (image) => readInput(image, dataset),
      async ask(stored, path) {
        const said = await segmenter.segmentImage(stored, path);
        return rules ? ruledImage(said, stored, dataset, rules, path) : said;
      },
    });
  }
  return segmenting({
    files: volumeFiles(dataset, contents),
    read: (image) => readInput(image, dataset),
    async ask(stored, path) {
      const said = await segmenter.segmentVolume(stored, path, dataset);
      return rules ? ruledVolume(said, stored, dataset, rules, path) : said;
    },
  });
}
