/**
 * Judges a network on the cases of a data set: the metrics of src/evaluation for every case and part, at the
 * network's own size and with unit spacing, as MiDSS's test script does (MQinghe/MiDSS test.py; method section 3.6).
 * Used by training for its validation and by `dimseg evaluate`; prints and writes nothing.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { DataError } from "../core/errors.js";
import { type Case, caseName, type Dataset } from "../data/dataset.js";
import type { DecodedCase } from "../data/decode.js";
import type { ConventionName, Emptiness } from "../evaluation/conventions.js";
import { evaluateMask } from "../evaluation/evaluate-mask.js";
import { classMask } from "../inference/label-map.js";
import { labelMaps, type PredictOptions, predict, requireFinite } from "../inference/predict.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { fromTypedArray, scope, type Tensor } from "../torch/index.js";

/** Where decoded cases come from; a `DecodedCache` of the network's size is one. */
export interface CaseSource {
  /** The decoded case. */
  get(one: Case): Promise<DecodedCase>;
}

/** The loss of one case: logits [1, K, H, W]; target 0/1 float32 [1, K, H, W] or class numbers int64 [1, H, W]. */
export type CaseLoss = (logits: Tensor, target: Tensor) => number;

/** Choices of {@link evaluateNetwork}. */
export interface EvaluateNetworkOptions extends Omit<PredictOptions, "kind"> {
  /** Rules for empty masks; default "midss". */
  readonly convention?: ConventionName;
  /** Computed for every case when given; the caller's choice, so that curves show the loss that is trained. */
  readonly loss?: CaseLoss;
  /** Called with the number of cases done after each. */
  readonly onProgress?: (done: number) => void;
}

/** The metrics of one part of one case: overlaps in [0, 1], distances in pixels at the network's size. */
export interface PartScore {
  readonly domain: string;
  readonly id: string;
  /** As `Case.subject`: equal for the cases of one subject and no others. */
  readonly subject: string;
  readonly part: string;
  readonly dice: number;
  readonly jaccard: number;
  readonly hd: number;
  readonly hd95: number;
  readonly asd: number;
  readonly assd: number;
  /** Which of the masks had no object, so that the values come from the convention. */
  readonly empty: Emptiness;
}

/** What {@link evaluateNetwork} found. */
export interface NetworkEvaluation {
  /** One row for each case and part, cases in the order given, parts in the data set's order. */
  readonly scores: readonly PartScore[];
  /** One value for each evaluated case in order; empty when no loss was asked for. */
  readonly losses: readonly number[];
  /** Cases that have no mask and are therefore not among the scores. */
  readonly withoutMask: readonly Case[];
}

/** A label as the loss functions take it. */
function targetTensor(label: Uint8Array, { height, width }: DecodedCase, dataset: Dataset, device: string): Tensor {
  if (dataset.target === "softmax") {
    return fromTypedArray(label, [1, height, width]).to({ dtype: "int64", device });
  }
  return fromTypedArray(label, [1, dataset.outputs, height, width]).to({ dtype: "float32", device });
}

/** The label map of one case, and its loss when asked for. */
function judge(
  network: SegmentationNetwork,
  decoded: DecodedCase,
  name: string,
  dataset: Dataset,
  options: EvaluateNetworkOptions,
): { labels: Uint8Array; loss: number | undefined } {
  return scope(() => {
    const { image, channels, height, width } = decoded;
    const images = fromTypedArray(image, [1, channels, height, width]);
    const { logits, probabilities } = predict(network, images, { ...options, kind: dataset.target });
    requireFinite(probabilities, name);
    const [labels] = labelMaps(probabilities, dataset.target);
    const target = decoded.label as Uint8Array;
    return { labels, loss: options.loss?.(logits, targetTensor(target, decoded, dataset, options.device)) };
  });
}

/** The metrics of every part of one case that has a mask, from its label map at the case's decoded size. */
export function scoreParts(
  labels: Uint8Array,
  { label, height, width }: DecodedCase,
  { domain, id, subject }: Case,
  { parts, target }: Dataset,
  convention: ConventionName,
): PartScore[] {
  return parts.map(({ index, name }) => {
    const [predicted, expected] = [labels, label as Uint8Array].map((map) =>
      classMask(map, index, target, height * width),
    );
    const { dice, jaccard, hd, hd95, asd, assd, empty } = evaluateMask(predicted, expected, {
      shape: [height, width],
      convention,
    });
    return { domain, id, subject, part: name, dice, jaccard, hd, hd95, asd, assd, empty };
  });
}

/**
 * Evaluates a network, case by case. Its mode and gradients are left as they are.
 * @param dataset gives classes and parts; its outputs must be the network's
 * @param cases   those without a mask are left out and reported
 * @param source  decoded cases at the size the network works at
 * @throws DataError when no case has a mask, or one cannot be decoded
 * @throws NumericError naming the case when the network's output holds NaN
 * @example
 * const { scores } = await evaluateNetwork(student, dataset, validation, new DecodedCache(dataset), { device, precision });
 */
export async function evaluateNetwork(
  network: SegmentationNetwork,
  dataset: Dataset,
  cases: readonly Case[],
  source: CaseSource,
  options: EvaluateNetworkOptions,
): Promise<NetworkEvaluation> {
  const judged = cases.filter((one) => one.maskPath !== undefined);
  if (judged.length === 0) {
    throw new DataError(`${dataset.path}: none of the ${cases.length} cases to evaluate has a mask; add masks`);
  }
  const convention = options.convention ?? "midss";
  const scores: PartScore[] = [];
  const losses: number[] = [];
  for (const [done, one] of judged.entries()) {
    const decoded = await source.get(one);
    const { labels, loss } = judge(network, decoded, caseName(one), dataset, options);
    if (loss !== undefined) losses.push(loss);
    scores.push(...scoreParts(labels, decoded, one, dataset, convention));
    options.onProgress?.(done + 1);
    // Lets signals in: decoded cases come without a turn of the event loop.
    await nextTurn();
  }
  return { scores, losses, withoutMask: cases.filter((one) => one.maskPath === undefined) };
}
