/** Segments one decoded image file of any size, in its own size. */
import { DataError } from "../core/errors.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import { prepareImage } from "../data/prepare-image.js";
import { type StoredImage, sampleWords } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { inferenceMode, scope, upsampleBilinear2d } from "../torch/index.js";
import { labelMaps, type PredictOptions, predict, requireFinite } from "./predict.js";

/** Choices of {@link predictImage}. */
export interface PredictImageOptions extends Omit<PredictOptions, "kind"> {
  /** Side of the square the network works at, in pixels. */
  readonly size: number;
}

/** What a network says about one image, in the image's own size. */
export interface ImagePrediction {
  readonly height: number;
  readonly width: number;
  /** `[K, H, W]`, in [0, 1]. */
  readonly probabilities: Float32Array;
  /** softmax: class numbers `[H, W]`; sigmoid: 0/1 planes `[K, H, W]`. */
  readonly labels: Uint8Array;
}

/** @throws DataError for an image whose grey values mean something else than those the network was trained on */
function requireDepth({ samples }: StoredImage, file: string, { intensity, depths }: Dataset): void {
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
  { size, ...options }: PredictImageOptions,
): ImagePrediction {
  const [height, width] = image.grid.shape;
  requireDepth(image, file, dataset);
  const kind = dataset.target;
  const prepared = prepareImage(image, dataset, size, file);
  return inferenceMode(() =>
    scope(() => {
      const { probabilities } = predict(network, imagesBCS([prepared], "cpu"), { ...options, kind });
      requireFinite(probabilities, file);
      const resized = upsampleBilinear2d(probabilities, [height, width], false, null);
      const [labels] = labelMaps(resized, kind);
      return { height, width, probabilities: resized.toTypedArray() as Float32Array, labels };
    }),
  );
}
