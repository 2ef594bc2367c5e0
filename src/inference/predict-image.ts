/** Segments one decoded image file of any size, in its own size. */
import { DataError } from "../core/errors.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import { prepareImage } from "../data/prepare-image.js";
import { type StoredImage, sampleWords } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { inferenceMode, scope, type Tensor, upsampleBilinear2d } from "../torch/index.js";
import { labelMaps, type PredictOptions, predict, requireFinite } from "./predict.js";

/** Choices of {@link predictImage}. */
export interface PredictImageOptions extends Omit<PredictOptions, "kind"> {
  /** Side of the square the network works at, in pixels. */
  readonly size: number;
  /** Hand the probabilities out, too: 4 bytes a class and pixel of the image. Default true. */
  readonly probabilities?: boolean;
}

/** What a network says about one image, in the image's own size. */
export interface ImagePrediction {
  readonly height: number;
  readonly width: number;
  /** `[K, H, W]`, in [0, 1]; missing where they were not asked for. */
  readonly probabilities?: Float32Array;
  /** softmax: class numbers `[H, W]`; sigmoid: 0/1 planes `[K, H, W]`. */
  readonly labels: Uint8Array;
}

/** Class numbers are 64 bits wide before they become bytes: of so many pixels at a time. */
const bandPixels = 2 ** 20;

/** The label map of probabilities [1, K, H, W], a band of rows after the other. */
function labelsOf(probabilities: Tensor, kind: Dataset["target"]): Uint8Array {
  if (kind === "sigmoid") return labelMaps(probabilities, kind)[0];
  const [, , height, width] = probabilities.shape;
  const rows = Math.max(1, Math.floor(bandPixels / width));
  const labels = new Uint8Array(height * width);
  for (let y = 0; y < height; y += rows) {
    const [band] = scope(() => labelMaps(probabilities.narrow(2, y, Math.min(rows, height - y)), kind));
    labels.set(band, y * width);
  }
  return labels;
}

/** @throws DataError for an image whose grey values mean something else than those the network was trained on */
function requireDepth({ samples }: StoredImage, file: string, { intensity, depths, slices }: Dataset): void {
  if (slices) return;
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
  { size, probabilities: wanted = true, ...options }: PredictImageOptions,
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
      const labels = labelsOf(resized, kind);
      return { height, width, labels, ...(wanted ? { probabilities: resized.toTypedArray() as Float32Array } : {}) };
    }),
  );
}
