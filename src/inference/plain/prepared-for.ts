/** An image, or a slice of a volume, as a network of pictures sees it. */
import { DataError } from "../../core/errors.js";
import type { AskedSet } from "../../data/asked-set.js";
import { frameValues, type PreparedImage, prepareImage, type ValuedImage } from "../../data/images/prepare-image.js";
import { requireChannels } from "../../data/images/require-channels.js";
import { isZScore } from "../../data/images/values.js";
import type { FrameRecord } from "../../grid/frame.js";
import { type StoredImage, sampleWords } from "../../grid/stored-image.js";

/** @throws DataError for an image whose grey values mean something else than those the network was trained on */
function requireDepth({ samples }: StoredImage, file: string, { intensity, depths }: AskedSet): void {
  if (isZScore(intensity)) return;
  const narrow = samples instanceof Uint8Array;
  if (!intensity && !narrow)
    throw new DataError(
      `${file}: has ${sampleWords(samples)}, but the network was trained on 8-bit images; say with --intensity LOW HIGH which values become black and white, or convert it to 8 bits as those were`,
    );
  if (depths === "wide" && narrow)
    throw new DataError(
      `${file}: has 8 bits a sample, but the network was trained on images of more, grey ${intensity?.low} to ` +
        `${intensity?.high}; give it the image as it was before it was made 8 bits`,
    );
}

/**
 * An image as the network sees it.
 * @param image a picture as its file has it, or a slice of a volume with the values that networks are given
 * @param dataset what the network was trained on
 * @param file    the image's name, for messages
 * @throws DataError for an image of other channels than those trained on, where these are modalities, and for one of more
 *   than 8 bits when the network was trained on 8-bit ones alone, and the other way round
 */
export function preparedFor(image: StoredImage, file: string, dataset: AskedSet, size: FrameRecord): PreparedImage {
  if (dataset.channelNames) requireChannels(image, dataset, file);
  if (dataset.slices) return frameValues(image as ValuedImage, dataset, size);
  requireDepth(image, file, dataset);
  return prepareImage(image, dataset, size, file);
}
