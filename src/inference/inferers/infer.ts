/** Label maps and probabilities of an image of any size, by whichever inferer; see inferer.ts. */
import { atOnce } from "../../core/turns.js";
import type { Dataset } from "../../data/dataset.js";
import { voxelCount } from "../../grid/grid.js";
import { type PlacedBox, placeBox } from "../../grid/place-box.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import type { Tensor } from "../../torch/index.js";
import { scope } from "../../torch/index.js";
import { labelMaps, type PredictOptions, requireFinite } from "../predict.js";
import { networkAnswerer } from "./answerer.js";
import { resamplingReach } from "./columns.js";
import { type AnswerPart, type Inferer, type PlacedPart, wholeImage } from "./inferer.js";
import { PartResampler } from "./resample-parts.js";

/** How an image is asked about. */
export interface InferOptions extends PredictOptions {
  /** Default {@link wholeImage}; a `slidingWindow` for images larger than memory holds maps of. */
  readonly inferer?: Inferer;
  /** Shape of the result, over the same field of view; default: the image's. Probabilities are resampled linearly. */
  readonly shape?: readonly number[];
}

/** Hands the answer for an image on in parts on the grid of the result. */
function* inferParts(
  network: SegmentationNetwork,
  image: Tensor,
  options: InferOptions,
  what: string,
  take: (part: PlacedPart) => void,
): Generator<void, void> {
  const { inferer = wholeImage, shape } = options;
  const sides = image.shape.slice(1);
  const isOther = shape?.some((side, axis) => side !== sides[axis]);
  const resampler = shape && isOther ? new PartResampler(sides, shape, take) : null;
  // Before it is resampled: a finer grid has many times as many values.
  const checked = (part: AnswerPart) =>
    scope(() => {
      requireFinite(part.probabilities, what);
      if (resampler) resampler.take(part);
      else take(part);
    });
  try {
    yield* inferer(image, networkAnswerer(network, options), checked, resampler ? resamplingReach : 0);
  } finally {
    resampler?.dispose();
  }
}

/** Where a box of a picture or a volume begins. */
function placeOf(from: readonly number[]): PlacedBox["from"] {
  const [z, y, x] = from.length === 3 ? from : [0, ...from];
  return [z, y, x];
}

/**
 * The label map of an image.
 * @param image raw values [C, ...S] of any dtype
 * @param what  the image, for messages
 * @returns softmax: class numbers `[...S]`; sigmoid: 0/1 planes `[K, ...S]`; of `options.shape` where that is given
 * @throws NumericError when the network's output holds NaN; UsageError for windows that do not fit the image
 * @example
 * const window = slidingWindow({ patch: [64, 64, 64] });
 * const labels = inferLabels(network, image, { kind: "softmax", device: "cpu", precision: "fp32", inferer: window }, file);
 */
export function inferLabels(
  network: SegmentationNetwork,
  image: Tensor,
  options: InferOptions,
  what = "image",
): Uint8Array {
  return atOnce(labelsInPieces(network, image, options, what));
}

/** {@link inferLabels} in pieces, a window each. */
export function* labelsInPieces(
  network: SegmentationNetwork,
  image: Tensor,
  options: InferOptions,
  what: string,
): Generator<void, Uint8Array> {
  const shape = options.shape ?? image.shape.slice(1);
  const voxels = voxelCount({ shape });
  let labels = new Uint8Array(0);
  yield* inferParts(network, image, options, what, (part) => {
    const classes = options.kind === "sigmoid" ? part.probabilities.shape[0] : 1;
    if (labels.length === 0) labels = new Uint8Array(classes * voxels);
    placeLabels(labels, part, options.kind, shape);
  });
  return labels;
}

/** Class numbers are 64 bits wide before they become bytes: of one plane at a time. */
function placeLabels(
  labels: Uint8Array,
  { probabilities, from }: PlacedPart,
  kind: Dataset["target"],
  shape: readonly number[],
): void {
  const planes = from.length === 3 ? probabilities.unbind(1) : [probabilities];
  const [height, width] = shape.slice(-2);
  const [z, y, x] = placeOf(from);
  planes.forEach((plane, i) => {
    const [values] = labelMaps(plane.unsqueeze(0), kind);
    const [classes, lines, columns] = plane.shape;
    const size = lines * columns;
    const box = { extent: [lines, columns], from: [z + i, y, x] } as const;
    for (let k = 0; k < (kind === "sigmoid" ? classes : 1); k++) {
      const own = values.subarray(k * size, (k + 1) * size);
      placeBox(labels, own, box, [height, width], k * voxelCount({ shape }));
    }
  });
}

/** Puts a part's probabilities among those of the whole, one class after the other. */
function placeProbabilities(all: Float32Array, { probabilities, from }: PlacedPart, shape: readonly number[]): void {
  const voxels = voxelCount({ shape });
  const [height, width] = shape.slice(-2);
  probabilities.unbind(0).forEach((one, k) => {
    const values = one.toTypedArray() as Float32Array;
    const [lines, columns] = one.shape.slice(-2);
    placeBox(all, values, { extent: [lines, columns], from: placeOf(from) }, [height, width], k * voxels);
  });
}

/** The label map of {@link inferLabels} and the probabilities of {@link inferProbabilities} of one asking, in pieces. */
export function* answerInPieces(
  network: SegmentationNetwork,
  image: Tensor,
  options: InferOptions,
  what: string,
): Generator<void, { labels: Uint8Array; probabilities: Float32Array }> {
  const shape = options.shape ?? image.shape.slice(1);
  const voxels = voxelCount({ shape });
  let [labels, probabilities] = [new Uint8Array(0), new Float32Array(0)];
  yield* inferParts(network, image, options, what, (part) => {
    const classes = part.probabilities.shape[0];
    if (labels.length === 0) {
      labels = new Uint8Array((options.kind === "sigmoid" ? classes : 1) * voxels);
      probabilities = new Float32Array(classes * voxels);
    }
    placeLabels(labels, part, options.kind, shape);
    placeProbabilities(probabilities, part, shape);
  });
  return { labels, probabilities };
}

/**
 * The class probabilities of an image, `[K, ...S]` row-major: 4 bytes a class and pixel. Arguments as of
 * {@link inferLabels}.
 */
export function inferProbabilities(
  network: SegmentationNetwork,
  image: Tensor,
  options: InferOptions,
  what = "image",
): Float32Array {
  const shape = options.shape ?? image.shape.slice(1);
  const voxels = voxelCount({ shape });
  let all = new Float32Array(0);
  const take = (part: PlacedPart) => {
    const classes = part.probabilities.shape[0];
    if (all.length === 0) all = new Float32Array(classes * voxels);
    placeProbabilities(all, part, shape);
  };
  atOnce(inferParts(network, image, options, what, take));
  return all;
}
