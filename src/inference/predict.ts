/**
 * From images to class probabilities and label maps. Whatever the batch, the network sees one image at a time:
 * libtorch's convolutions round differently for different batch sizes, and a pixel on the threshold must not depend
 * on which other images were in the batch.
 */
import type { Normalisation } from "../augment/index.js";
import { NumericError } from "../core/errors.js";
import type { Dataset } from "../data/dataset.js";
import { probabilities as probabilitiesOf } from "../losses/index.js";
import { inEvaluationMode, type SegmentationNetwork } from "../nn/index.js";
import {
  autocast,
  cat,
  type Device,
  inferenceMode,
  type Precision,
  ShapeError,
  scope,
  type Tensor,
} from "../torch/index.js";
import { averageMirrored } from "./mirror.js";

/** How a network is asked. */
export interface PredictOptions {
  /** "sigmoid": overlapping classes, one channel each; "softmax": exclusive classes. */
  readonly kind: Dataset["target"];
  /** Where the network lies. */
  readonly device: Device;
  readonly precision: Precision;
  /** How the network's training made inputs of raw values: there is no other that it understands. */
  readonly normalisation: Normalisation;
  /** Averages the probabilities of the image and its mirror images: 4 of an image, 2 of a volume (left and right). Default false. */
  readonly testTimeFlips?: boolean;
}

/** What a network says about a batch, float32 on its device. */
export interface Prediction {
  /** [B, K, ...S], of the images as they are, without mirror images. */
  logits: Tensor;
  /** [B, K, ...S], in [0, 1]. */
  probabilities: Tensor;
}

/** Logits and probabilities [1, K, ...S] of one network input [1, C, ...S]. */
function predictOne(network: SegmentationNetwork, input: Tensor, options: PredictOptions): Prediction {
  const { kind, device, precision, testTimeFlips } = options;
  const forward = (x: Tensor) => autocast(precision, device, () => network.forward(x)).to({ dtype: "float32" });
  const logits = forward(input);
  const direct = probabilitiesOf(logits, kind);
  const answer = (x: Tensor) => probabilitiesOf(forward(x), kind);
  return { logits, probabilities: testTimeFlips ? averageMirrored(input, direct, answer) : direct };
}

/**
 * Asks a network in evaluation mode, whatever mode it is in; the mode is as before afterwards. An image gets the same
 * bits alone and in a batch.
 * @param images [B, C, ...S] of the network's rank, raw values of any dtype and device
 * @returns tensors of inference mode that belong to the caller's scope
 * @throws ShapeError when the images are no batch or do not fit the network
 * @example
 * const asked = { kind: "softmax", device: "cpu", precision: "fp32", normalisation: planar8bit } as const;
 * const { probabilities } = predict(network, images, asked);
 */
export function predict(network: SegmentationNetwork, images: Tensor, options: PredictOptions): Prediction {
  if (images.ndim !== network.rank + 2 || images.shape[0] === 0) {
    const axes = network.rank === 3 ? "[B, C, D, H, W]" : "[B, C, H, W]";
    throw new ShapeError(`predict: images has shape [${images.shape}]; expected ${axes} with B of at least 1`);
  }
  const { device, normalisation } = options;
  return inEvaluationMode(network, () =>
    inferenceMode(() =>
      scope(() => {
        const singles = images
          .split(1)
          .map((image) => scope(() => predictOne(network, normalisation.forward(image.to({ device })), options)));
        return {
          logits: cat(singles.map(({ logits }) => logits)),
          probabilities: cat(singles.map(({ probabilities }) => probabilities)),
        };
      }),
    ),
  );
}

/**
 * Label maps from probabilities [B, K, ...S], one array an image: "sigmoid" 0/1 planes `[K, ...S]` of p ≥ 0.5,
 * "softmax" class numbers `[...S]` of the largest p, the lowest class among equals.
 */
export function labelMaps(probabilities: Tensor, kind: PredictOptions["kind"]): Uint8Array[] {
  return scope(() => {
    const maps = kind === "sigmoid" ? probabilities.ge(0.5) : probabilities.argmax(1);
    const all = maps.to({ dtype: "uint8" }).toTypedArray() as Uint8Array;
    const each = all.length / probabilities.shape[0];
    return Array.from({ length: probabilities.shape[0] }, (_, i) => all.slice(i * each, (i + 1) * each));
  });
}

/**
 * Refuses probabilities that would become a plausible-looking but meaningless mask.
 * @param what the image, for the message
 * @throws NumericError when one is NaN or infinite
 */
export function requireFinite(probabilities: Tensor, what: string): void {
  if (scope(() => probabilities.isfinite().all().item()) === 1) return;
  throw new NumericError(
    `${what}: the network's output holds NaN; use an earlier checkpoint, or train with a lower base.rate or training.precision: fp32`,
  );
}
