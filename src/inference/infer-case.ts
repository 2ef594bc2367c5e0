/** Asks a network of volumes about one decoded case, whole, by windows that overlap by half. */
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import type { PreparedImage } from "../data/prepare-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { scope, type Tensor } from "../torch/index.js";
import { type InferOptions, inferAnswer, inferLabels } from "./infer.js";
import type { PredictCaseOptions } from "./predict-case.js";
import { slidingWindow } from "./sliding-window.js";

/** How a network is asked about cases that may be volumes. */
export interface AskedOptions extends PredictCaseOptions {
  /** Of a network of volumes, what it sees at once: `Model.patch`. */
  readonly patch?: readonly number[] | null | undefined;
}

/** The volume as a tensor, and the windows. */
function windowed<T>(
  volume: PreparedImage,
  { target }: Pick<Dataset, "target">,
  { patch, ...asked }: AskedOptions,
  infer: (image: Tensor, options: InferOptions) => T,
): T {
  if (!patch) throw new Error("internal: windowed: a network of volumes without the sides of its patches");
  return scope(() => {
    const image = imagesBCS([volume], "cpu").squeeze(0);
    return infer(image, { ...asked, kind: target, inferer: slidingWindow({ patch }) });
  });
}

/**
 * The label map of a volume: softmax class numbers `[S]`; sigmoid 0/1 `[K, S]`.
 * @param what  the case, for messages
 * @param shape of the result, over the same field of view; default: the working grid's
 * @throws NumericError when the network's output holds NaN
 */
export function inferCase(
  network: SegmentationNetwork,
  volume: PreparedImage,
  dataset: Pick<Dataset, "target">,
  options: AskedOptions,
  what: string,
  shape: readonly number[] = volume.working.shape,
): Uint8Array {
  return windowed(volume, dataset, options, (image, asked) => inferLabels(network, image, { ...asked, shape }, what));
}

/** The label map of {@link inferCase} with the probabilities behind it, `[K, S]`: 4 bytes a class and voxel. */
export function inferCaseAnswer(
  network: SegmentationNetwork,
  volume: PreparedImage,
  dataset: Pick<Dataset, "target">,
  options: AskedOptions,
  what: string,
  shape: readonly number[] = volume.working.shape,
): { labels: Uint8Array; probabilities: Float32Array } {
  return windowed(volume, dataset, options, (image, asked) => inferAnswer(network, image, { ...asked, shape }, what));
}
