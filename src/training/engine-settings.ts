/** Turns `auto` into what this machine does best. Decided by what the processor has, never by timing, so that two runs agree. */
import type { TrainingConfig } from "../config/config.js";
import { processorFeatures } from "../runs/instructions.js";
import { hasDevice, requireDevice, threads } from "../torch/index.js";

type Training = TrainingConfig["training"];

/** Whether the processor multiplies bfloat16 in hardware (AVX-512 BF16, AMX or Arm BF16). */
export function hasFastBfloat16(features = processorFeatures()): boolean {
  return /\b(avx512_bf16|amx_bf16|bf16)\b/.test(features);
}

/** What a number format that was asked for costs where the processor only imitates it; null where it does not. */
export function slowPrecisionText(
  { precision, device }: Pick<Training, "precision" | "device">,
  features = processorFeatures(),
): string | null {
  if (precision !== "bf16" || device !== "cpu" || hasFastBfloat16(features)) return null;
  return (
    "training.precision is bf16, which this processor imitates: steps take up to ten times as long as in fp32, which a " +
    "configuration without training.precision takes here"
  );
}

/** From this width on, float32 convolutions by AVX2 are faster over planes. */
const wideNetwork = 32;

/** The layout in which a network of a width trains fastest. */
export function fastestMemoryFormat(
  { precision, device }: Pick<Training, "precision" | "device">,
  width: number,
  features = processorFeatures(),
): "contiguous" | "channelsLast" {
  if (precision === "bf16") return "channelsLast";
  if (device !== "cpu") return "contiguous";
  return width < wideNetwork || /\bavx512f\b/.test(features) ? "channelsLast" : "contiguous";
}

function resolveDevice(wanted: string): string {
  if (wanted === "auto") return hasDevice("cuda") ? "cuda" : "cpu";
  requireDevice(wanted, "training.device", "auto, cpu, cuda or cuda:N");
  return wanted;
}

/**
 * Replaces every `auto` of the training section, and writes down the number of threads.
 * @throws UsageError for a device that is not there
 */
export function resolveEngine({ training, model }: Pick<TrainingConfig, "training" | "model">): Training {
  const device = resolveDevice(training.device);
  const fast = device !== "cpu" || hasFastBfloat16();
  const precision = training.precision === "auto" ? (fast ? "bf16" : "fp32") : training.precision;
  const fastest = fastestMemoryFormat({ precision, device }, model.width);
  return {
    ...training,
    device,
    precision,
    // Another number of threads would change the last bits of a resumed run.
    threads: training.threads ?? threads(),
    memoryFormat: training.memoryFormat === "auto" ? fastest : training.memoryFormat,
  };
}
