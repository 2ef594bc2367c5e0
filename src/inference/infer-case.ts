/** Asks a network of volumes about one decoded case, whole, by windows that overlap by half. */
import { inTurns, plainTurn, type Turn } from "../core/turns.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import type { PreparedImage } from "../data/images/prepare-image.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { persist, scope, type Tensor } from "../torch/index.js";
import { answerInPieces, type InferOptions, labelsInPieces } from "./inferers/infer.js";
import { slidingWindow } from "./inferers/sliding-window.js";
import type { PredictCaseOptions } from "./predict-case.js";

/** How a network is asked about cases that may be volumes. */
export interface AskedOptions extends PredictCaseOptions {
  /** Of a network of volumes, what it sees at once: `Model.patch`. */
  readonly patch?: readonly number[] | null | undefined;
  /** What others are let do between slices and windows; default: whatever waits for the event loop. */
  readonly turn?: Turn | undefined;
}

/** Asks about the volume as a tensor, window by window. */
async function windowed<T>(
  volume: PreparedImage,
  { target }: Pick<Dataset, "target">,
  { patch, turn = plainTurn, ...asked }: AskedOptions,
  infer: (image: Tensor, options: InferOptions) => Generator<void, T>,
): Promise<T> {
  if (!patch) throw new Error("internal: windowed: a network of volumes without the sides of its patches");
  const image = scope(() => persist(imagesBCS([volume], "cpu").squeeze(0)));
  try {
    return await inTurns(infer(image, { ...asked, kind: target, inferer: slidingWindow({ patch }) }), turn);
  } finally {
    image.dispose();
  }
}

/**
 * The label map of a volume: softmax class numbers `[S]`; sigmoid 0/1 `[K, S]`.
 * @param what  the case, for messages
 * @param shape of the result, over the same field of view; default: the working grid's
 * @throws NumericError when the network's output holds NaN; what `turn` throws
 */
export async function inferCase(
  network: SegmentationNetwork,
  volume: PreparedImage,
  dataset: Pick<Dataset, "target">,
  options: AskedOptions,
  what: string,
  shape: readonly number[] = volume.working.shape,
): Promise<Uint8Array> {
  const infer = (image: Tensor, asked: InferOptions) => labelsInPieces(network, image, { ...asked, shape }, what);
  return windowed(volume, dataset, options, infer);
}

/** The label map of {@link inferCase} with the probabilities behind it, `[K, S]`: 4 bytes a class and voxel. */
export async function inferCaseAnswer(
  network: SegmentationNetwork,
  volume: PreparedImage,
  dataset: Pick<Dataset, "target">,
  options: AskedOptions,
  what: string,
  shape: readonly number[] = volume.working.shape,
): Promise<{ labels: Uint8Array; probabilities: Float32Array }> {
  const infer = (image: Tensor, asked: InferOptions) => answerInPieces(network, image, { ...asked, shape }, what);
  return windowed(volume, dataset, options, infer);
}
