/** Student and teacher forward passes at the run's precision; scores come out in float32 for the losses. */
import type { ViewOutput } from "../divergence/index.js";
import { type SegmentationNetwork, withFrozenRunningStatistics } from "../nn/index.js";
import { autocast, type Device, noGrad, type Precision, type Tensor } from "../torch/index.js";

/** How forward passes run. */
export interface ForwardOptions {
  precision: Precision;
  device: Device;
}

/** Differentiable outputs of one view; batch statistics in use, the running ones moved only when told to. */
export function studentForward(
  network: SegmentationNetwork,
  images: Tensor,
  updateRunningStatistics: boolean,
  { precision, device }: ForwardOptions,
): ViewOutput {
  const run = () =>
    autocast(precision, device, () => {
      const levels = network.encode(images);
      return { bottleneck: levels[levels.length - 1], ...network.decode(levels) };
    });
  const output = updateRunningStatistics ? run() : withFrozenRunningStatistics(network, run);
  // Labels and masks lie channel by channel; the losses' many small operators are slow over two different layouts.
  return { ...output, logits: output.logits.to({ dtype: "float32", memoryFormat: "contiguous" }) };
}

/** Logits without gradient; the teacher's own BatchNorm mode decides which statistics it uses and moves. */
export function teacherForward(
  network: SegmentationNetwork,
  images: Tensor,
  { precision, device }: ForwardOptions,
): Tensor {
  return noGrad(() => autocast(precision, device, () => network.forward(images)).to({ dtype: "float32" }));
}
