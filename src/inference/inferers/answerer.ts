/** What is asked about a piece of an image: a network in evaluation mode, of the piece as it is or also of its mirror images. */
import { probabilities as probabilitiesOf } from "../../losses/index.js";
import { inEvaluationMode, type SegmentationNetwork } from "../../nn/index.js";
import { autocast, inferenceMode, scope, type Tensor } from "../../torch/index.js";
import { averageMirrored } from "../mirror.js";
import type { PredictOptions } from "../predict.js";

/** Something that knows the classes of a piece of an image. */
export interface Answerer {
  /** Raw values [1, C, ...S] of any dtype as input [1, C, ...S] for {@link Answerer.probabilities}. */
  input(raw: Tensor): Tensor;
  /** [1, K, ...S] in [0, 1], float32, for an input [1, C, ...S]. */
  probabilities(input: Tensor): Tensor;
}

/**
 * A network, asked in evaluation mode whatever mode it is in; the mode is as before afterwards.
 * @example const asked = networkAnswerer(network, { kind: "softmax", device: "cpu", precision: "fp32", normalisation });
 */
export function networkAnswerer(network: SegmentationNetwork, options: PredictOptions): Answerer {
  const { kind, device, precision, normalisation, testTimeFlips = false } = options;
  const answer = (input: Tensor) => {
    const logits = autocast(precision, device, () => network.forward(input)).to({ dtype: "float32" });
    return probabilitiesOf(logits, kind);
  };
  return {
    input: (raw) => scope(() => normalisation.forward(raw.to({ device }))),
    probabilities: (input) =>
      inEvaluationMode(network, () =>
        inferenceMode(() =>
          scope(() => {
            const direct = answer(input);
            return testTimeFlips ? averageMirrored(input, direct, answer) : direct;
          }),
        ),
      ),
  };
}
