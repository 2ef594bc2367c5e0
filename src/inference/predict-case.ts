/** Asks a network about one decoded case. */
import { type CaseTensors, caseTensors } from "../data/case-tensors.js";
import type { Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { scope } from "../torch/index.js";
import { labelMaps, type Prediction, type PredictOptions, predict } from "./predict.js";

/** How a case is asked about; which kind of classes there are is the data set's word. */
export type PredictCaseOptions = Omit<PredictOptions, "kind">;

/** What a network says about one case; tensors have a batch axis of 1. */
export interface CaseOutput extends Prediction, Pick<CaseTensors, "labelKS"> {
  /** softmax: class numbers `[S]`; sigmoid: 0/1 `[K, S]`; on the working grid. */
  readonly labels: Uint8Array;
}

/**
 * Asks a network in evaluation mode; its mode is as before afterwards.
 * @param read takes what it needs of the output; the tensors are gone when it has returned
 * @example const labels = predictCase(network, decoded, dataset, options, (output) => output.labels);
 */
export function predictCase<T>(
  network: SegmentationNetwork,
  decoded: DecodedCase,
  dataset: Pick<Dataset, "target" | "outputs">,
  options: PredictCaseOptions,
  read: (output: CaseOutput) => T,
): T {
  const kind = dataset.target;
  return scope(() => {
    const { imageCS, labelKS } = caseTensors(decoded, dataset, options.device);
    const prediction = predict(network, imageCS.unsqueeze(0), { ...options, kind });
    return read({ ...prediction, labelKS, labels: labelMaps(prediction.probabilities, kind)[0] });
  });
}
