/**
 * The processor instructions that the engine computes with. They decide the last bits of every step, so that a run that
 * goes on with others is not the run that an uninterrupted training would have been.
 */
import { readFileSync } from "node:fs";

/** What decides which instructions are taken. */
export interface Instructions {
  /** What ATen's own kernels were chosen for, such as AVX512; "unknown" where the engine does not tell. */
  aten: string;
  /** Vector instructions of the processor, which oneDNN and MKL choose by. */
  processor: string[];
  /** Environment variables that limit their choice. */
  limits: Record<string, string>;
}

const vector = /^(sse4_[12]|avx.*|fma|f16c|amx.*|asimd.*|sve.*|bf16|i8mm)$/;

const variables = [
  "ONEDNN_MAX_CPU_ISA",
  "DNNL_MAX_CPU_ISA",
  "ONEDNN_DEFAULT_FPMATH_MODE",
  "MKL_ENABLE_INSTRUCTIONS",
  "MKL_CBWR",
];

/** Everything that Linux says the processor can do; empty elsewhere. */
export function processorFeatures(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? "";
  } catch {
    return "";
  }
}

/** @param configuration what the engine says of its build and its choice of kernels */
export function instructionsOf(configuration: string): Instructions {
  return {
    aten: /CPU capability usage: (\S+)/.exec(configuration)?.[1] ?? "unknown",
    processor: processorFeatures()
      .split(" ")
      .filter((one) => vector.test(one))
      .sort(),
    limits: Object.fromEntries(
      variables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
  };
}
