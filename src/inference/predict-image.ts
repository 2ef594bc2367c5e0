/** Segments one decoded image file of any size, in its own size. */
import { DataError } from "../core/errors.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import { prepareImage } from "../data/prepare-image.js";
import { type StoredImage, sampleWords } from "../grid/stored-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { inferenceMode, scope, type Tensor } from "../torch/index.js";
import { labelMaps, type PredictOptions, predict, requireFinite } from "./predict.js";
import { resizeBack } from "./resize-back.js";

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
const pixelsAtOnce = 2 ** 20;

/** Puts rows `[planes, rows, columns]` into planes `[planes, H, W]` at a place. */
function placeRows<T extends Uint8Array | Float32Array>(
  planes: T,
  rows: T,
  [height, width]: readonly [number, number],
  { top, left, columns }: { readonly top: number; readonly left: number; readonly columns: number },
): void {
  const count = planes.length / (height * width);
  const each = rows.length / (count * columns);
  for (let row = 0; row < count * each; row++) {
    const y = Math.floor(row / each) * height + top + (row % each);
    planes.set(rows.subarray(row * columns, (row + 1) * columns), y * width + left);
  }
}

/** Label maps, and probabilities where they are wanted, in an image's own size. */
function inSize(
  probabilities: Tensor,
  size: readonly [height: number, width: number],
  kind: Dataset["target"],
  wanted: boolean,
): Pick<ImagePrediction, "labels" | "probabilities"> {
  const [height, width] = size;
  const classes = probabilities.shape[1];
  const labels = new Uint8Array((kind === "sigmoid" ? classes : 1) * height * width);
  const all = wanted ? new Float32Array(classes * height * width) : undefined;
  resizeBack(probabilities, size, (band, left) => {
    const columns = band.shape[3];
    const rows = Math.max(1, Math.floor(pixelsAtOnce / columns));
    for (let top = 0; top < height; top += rows) {
      scope(() => {
        const part = band.narrow(2, top, Math.min(rows, height - top));
        placeRows(labels, labelMaps(part, kind)[0], size, { top, left, columns });
        if (all) placeRows(all, part.toTypedArray() as Float32Array, size, { top, left, columns });
      });
    }
  });
  return { labels, ...(all ? { probabilities: all } : {}) };
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
      return { height, width, ...inSize(probabilities, [height, width], kind, wanted) };
    }),
  );
}
