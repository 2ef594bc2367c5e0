/** Student and teacher forward passes at the run's precision; scores come out in float32 for the losses. */
import type { ViewOutput } from "../../divergence/index.js";
import { type SegmentationNetwork, withFrozenRunningStatistics, withSeparateStatistics } from "../../nn/index.js";
import { autocast, cat, type Device, noGrad, type Precision, type Tensor } from "../../torch/index.js";

/** What a pass of the student gives; `deep` is as that of `NetworkOutput`. */
export interface StudentOutput extends ViewOutput {
  deep?: readonly Tensor[];
}

/** What forward passes compute in, and where. */
export interface ComputeOptions {
  precision: Precision;
  device: Device;
}

/**
 * Bytes of a batch's map at full resolution up to which a processor takes batches together. That spares calls and reads
 * the weights once: measured over whole MiDSS iterations a twentieth to a third of the time, least of it near this size;
 * beyond it one pass over each batch was faster, since the maps are too large for the processor's cache.
 */
const largestTogether = 4 * 2 ** 20;
const bytesOf: Record<Precision, number> = { fp32: 4, bf16: 2 };

/** Whether several batches are faster as one pass than as one pass each. */
export function passTogether(
  { width }: SegmentationNetwork,
  batches: readonly Tensor[],
  { precision, device }: ComputeOptions,
): boolean {
  if (batches.length === 1) return false;
  const pixels = Math.max(...batches.map(({ shape, numel }) => numel / shape[1]));
  return device !== "cpu" || pixels * width * bytesOf[precision] <= largestTogether;
}

/** What `pass` gives for each of several batches, in order, in one pass over all or in one over each. */
function overBatches<Output>(
  network: SegmentationNetwork,
  batches: readonly Tensor[],
  compute: ComputeOptions,
  pass: (images: Tensor) => Output,
  split: (output: Output, sizes: readonly number[]) => Output[],
): Output[] {
  if (!passTogether(network, batches, compute)) return batches.map(pass);
  const sizes = batches.map(({ shape }) => shape[0]);
  return split(
    withSeparateStatistics(network, sizes, () => pass(cat(batches))),
    sizes,
  );
}

/** Differentiable outputs of one view; batch statistics in use, the running ones moved only when told to. */
export function studentForward(
  network: SegmentationNetwork,
  images: Tensor,
  updateRunningStatistics: boolean,
  { precision, device }: ComputeOptions,
): StudentOutput {
  const run = () =>
    autocast(precision, device, () => {
      const levels = network.encode(images);
      return { bottleneck: levels[levels.length - 1], ...network.decode(levels) };
    });
  const output = updateRunningStatistics ? run() : withFrozenRunningStatistics(network, run);
  // Labels and masks lie channel by channel; the losses' many small operators are slow over two different layouts.
  const scores = (logits: Tensor) => logits.to({ dtype: "float32", memoryFormat: "contiguous" });
  const { logits, deep, ...maps } = output;
  return { ...maps, logits: scores(logits), ...(deep ? { deep: deep.map(scores) } : {}) };
}

/**
 * The outputs of {@link studentForward} over each of several batches, in order. Small ones pass the network together
 * (see passTogether); BatchNorm keeps them apart.
 */
export function studentForwards(
  network: SegmentationNetwork,
  batches: readonly Tensor[],
  updateRunningStatistics: boolean,
  compute: ComputeOptions,
): StudentOutput[] {
  const pass = (images: Tensor) => studentForward(network, images, updateRunningStatistics, compute);
  return overBatches(network, batches, compute, pass, splitOutput);
}

/** The outputs of batches that passed a network one after another along the first axis. */
export function splitOutput(
  { logits, bottleneck, feature, deep }: StudentOutput,
  sizes: readonly number[],
): StudentOutput[] {
  const [bottlenecks, features] = [bottleneck, feature].map((output) => output?.split(sizes));
  const levels = deep?.map((one) => one.split(sizes));
  return logits.split(sizes).map((own, i) => ({
    ...{ logits: own, bottleneck: bottlenecks?.[i], feature: features?.[i] },
    ...(levels ? { deep: levels.map((parts) => parts[i]) } : {}),
  }));
}

/** Logits without gradient; the teacher's own BatchNorm mode decides which statistics it uses and moves. */
export function teacherForward(
  network: SegmentationNetwork,
  images: Tensor,
  { precision, device }: ComputeOptions,
): Tensor {
  return noGrad(() => autocast(precision, device, () => network.forward(images)).to({ dtype: "float32" }));
}

/** The logits of {@link teacherForward} over each of several batches, in order; see {@link studentForwards}. */
export function teacherForwards(
  network: SegmentationNetwork,
  batches: readonly Tensor[],
  compute: ComputeOptions,
): Tensor[] {
  const pass = (images: Tensor) => teacherForward(network, images, compute);
  return overBatches(network, batches, compute, pass, (logits, sizes) => logits.split(sizes));
}
