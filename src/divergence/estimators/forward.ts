/**
 * Passing both domains' images through the network under the BatchNorm rule an estimator asks for. Of several processes
 * each passes its own images, and then has the maps of all: what is made of them is the same everywhere.
 */
import { UsageError } from "../../core/errors.js";
import { type SegmentationNetwork, withFixedStatistics } from "../../nn/index.js";
import { cat, split, type Tensor, worldRows } from "../../torch/index.js";
import type { DivergenceForward, DomainInput, ViewOutput } from "./domain-divergence.js";

/** A pass of the estimator's own. */
type OwnForward = Exclude<DivergenceForward, "shared">;

/** A pair of corresponding tensors, source first. */
export interface Pair<T> {
  source: T;
  target: T;
}

/** What one view's passes gave of a certain kind, under `shared`. */
function sharedMaps(input: DomainInput, what: keyof ViewOutput): Pair<Tensor> {
  const [source, target] = [input.shared?.source[what], input.shared?.target[what]];
  if (source && target) return { source: ofAll(source), target: ofAll(target) };
  throw new UsageError(
    `domain divergence: the forward "shared" needs the ${what} of a labelled and an unlabelled view, but the method keeps none; take "joint"`,
  );
}

/** Divergences are differences of nearly equal numbers: autocast's 16-bit results go on in float32. */
function atLeastSingle(tensor: Tensor): Tensor {
  return tensor.dtype === "bfloat16" ? tensor.to({ dtype: "float32" }) : tensor;
}

/** Maps of the images of all processes. */
function ofAll(map: Tensor): Tensor {
  return worldRows(atLeastSingle(map));
}

/** Runs `run` with the statistics of its own batch, or with the running ones; no running ones move. */
function withStatistics<T>(network: SegmentationNetwork, forward: OwnForward, run: () => T): T {
  return withFixedStatistics(network, forward === "joint" ? "batch" : "running", run);
}

/** Gives `run` the batch [x; u] and separates each map it returns. */
function runTogether(
  { network, source, target }: DomainInput,
  forward: OwnForward,
  run: (images: Tensor) => Tensor[],
): Pair<Tensor>[] {
  const sizes = [source.shape[0], target.shape[0]];
  const maps = withStatistics(network, forward, () => run(cat([source, target])));
  return maps.map((map) => {
    const [ofSource, ofTarget] = split(atLeastSingle(map), sizes);
    return { source: worldRows(ofSource), target: worldRows(ofTarget) };
  });
}

/** Last encoder maps [B, C, ...S] of both domains; runs the encoder only. */
export function bottlenecks(input: DomainInput, forward: DivergenceForward): Pair<Tensor> {
  if (forward === "shared") return sharedMaps(input, "bottleneck");
  return runTogether(input, forward, (images) => input.network.encode(images).slice(-1))[0];
}

/** Logits [B, K, ...S] of both domains; runs the whole network. */
export function logitsOf(input: DomainInput, forward: DivergenceForward): Pair<Tensor> {
  if (forward === "shared") return sharedMaps(input, "logits");
  return runTogether(input, forward, (images) => [input.network.forward(images)])[0];
}

/** Logits [B, K, ...S] of a batch by itself; runs the whole network. */
export function logitsAlone(network: SegmentationNetwork, images: Tensor, forward: OwnForward): Tensor {
  return ofAll(withStatistics(network, forward, () => network.forward(images)));
}

/** Last decoder maps [B, F, ...S] of both domains and the number K of classes; runs the whole network. */
export function features(input: DomainInput, forward: DivergenceForward): Pair<Tensor> & { classes: number } {
  if (forward === "shared")
    return { ...sharedMaps(input, "feature"), classes: sharedMaps(input, "logits").source.shape[1] };
  const { network } = input;
  const [feature, logits] = runTogether(input, forward, (images) => {
    const output = network.decode(network.encode(images));
    return [output.feature, output.logits];
  });
  return { ...feature, classes: logits.source.shape[1] };
}
