/** Segments one decoded image file of any size, in its own size. */
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import { type FrameRecord, frameOf } from "../grid/frame.js";
import type { StoredImage } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { inferenceMode, scope } from "../torch/index.js";
import { answerInSize } from "./answer-in-size.js";
import type { ImagePrediction } from "./plain/plain-segmenter.js";
import { preparedFor } from "./plain/prepared-for.js";
import { type PredictOptions, predict, requireFinite } from "./predict.js";

/** Choices of {@link predictImage}. */
export interface PredictImageOptions extends Omit<PredictOptions, "kind"> {
  /** What the network works at; of a square that images are stretched to, its side in pixels. */
  readonly size: FrameRecord;
  /** Hand the probabilities out, too: 4 bytes a class and pixel of the image. Default true. */
  readonly probabilities?: boolean;
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
