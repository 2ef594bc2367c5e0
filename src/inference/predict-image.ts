/** Segments one decoded image file of any size, in its own size. */
import { DataError } from "../core/errors.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import { frameValues, type PreparedImage, prepareImage, type ValuedImage } from "../data/images/prepare-image.js";
import { requireChannels } from "../data/images/read-channels.js";
import { isZScore } from "../data/images/values.js";
import { type FrameRecord, frameOf } from "../grid/frame.js";
import { type StoredImage, sampleWords } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { inferenceMode, scope } from "../torch/index.js";
import { answerInSize } from "./answer-in-size.js";
import type { AnswerInSize } from "./plain/answer-in-size.js";
import { type PredictOptions, predict, requireFinite } from "./predict.js";

/** Choices of {@link predictImage}. */
export interface PredictImageOptions extends Omit<PredictOptions, "kind"> {
  /** What the network works at; of a square that images are stretched to, its side in pixels. */
  readonly size: FrameRecord;
  /** Hand the probabilities out, too: 4 bytes a class and pixel of the image. Default true. */
  readonly probabilities?: boolean;
}

/** What a network says about one image, in the image's own size. */
export interface ImagePrediction extends AnswerInSize {
  readonly height: number;
  readonly width: number;
}

/** @throws DataError for an image whose grey values mean something else than those the network was trained on */
function requireDepth({ samples }: StoredImage, file: string, { intensity, depths }: Dataset): void {
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
export function preparedFor(image: StoredImage, file: string, dataset: Dataset, size: FrameRecord): PreparedImage {
  if (dataset.channelNames) requireChannels(image, dataset, file);
  if (dataset.slices) return frameValues(image as ValuedImage, dataset, size);
  requireDepth(image, file, dataset);
  return prepareImage(image, dataset, size, file);
}

/**
 * Prepares the image as the images were that the network was trained on, asks the network, and resizes the
 * probabilities back bilinearly before they become labels, so that outlines follow the image's own pixels.
 * @param file the image's name, for messages
 * @param dataset what the network was trained on
 * @throws DataError for an image of more than 8 bits when the network was trained on 8-bit ones alone, and the other way
 *   round
 * @throws NumericError when the network's output holds NaN
 */
export function predictImage(
  network: SegmentationNetwork,
  image: StoredImage,
  file: string,
  dataset: Dataset,
  { size, probabilities: wanted = true, ...options }: PredictImageOptions,
): ImagePrediction {
  const [height, width] = image.grid.shape;
  const kind = dataset.target;
  const prepared = preparedFor(image, file, dataset, size);
  const { mode } = frameOf(size);
  return inferenceMode(() =>
    scope(() => {
      const { probabilities } = predict(network, imagesBCS([prepared], "cpu"), { ...options, kind });
      requireFinite(probabilities, file);
      return { height, width, ...answerInSize(probabilities, prepared.stored, { kind, mode, wanted }) };
    }),
  );
}
