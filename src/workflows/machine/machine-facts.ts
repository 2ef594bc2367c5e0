/** What `dimseg doctor` finds out about the machine without the engine: processor, limits, memory, disk, GPUs. */
import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { outputOf } from "../../core/output-of.js";
import { listGpus } from "../../runs/environment.js";

/** Instruction sets that decide how fast a network trains. */
export interface CpuFeatures {
  avx2: boolean;
  avx512: boolean;
  /** Multiplies bfloat16 in hardware (AVX-512 BF16 or Arm BF16). */
  bf16: boolean;
  /** Has Intel's matrix tiles for bfloat16. */
  amx: boolean;
}

/** The machine as doctor reports it; sizes in bytes, null where the system does not tell. */
export interface MachineFacts {
  cpu: { model: string; cores: number; quota: number | null; features: CpuFeatures };
  memory: { total: number; available: number; limit: number | null };
  disk: { folder: string; free: number };
  /** GPUs that NVIDIA's driver lists, whether or not the engine can use them. */
  gpus: string[];
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Reads the features from /proc/cpuinfo's or sysctl's text. */
export function parseCpuFeatures(text: string): CpuFeatures {
  const words = new Set(text.toLowerCase().split(/[\s:]+/));
  const has = (...names: string[]) => names.some((name) => words.has(name));
  return {
    avx2: has("avx2"),
    avx512: has("avx512f"),
    bf16: has("avx512_bf16", "bf16") || /feat_bf16: 1/i.test(text),
    amx: has("amx_bf16"),
  };
}

function cpuText(): string {
  if (process.platform !== "darwin") return readText("/proc/cpuinfo");
  return outputOf("sysctl", "machdep.cpu.features", "machdep.cpu.leaf7_features", "hw.optional.arm.FEAT_BF16");
}

/** Cores a container may use at a time, from cgroup v2's "quota period"; null without a limit. */
export function parseCpuQuota(text: string): number | null {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota > 0 && period > 0 ? quota / period : null;
}

/** MemAvailable of /proc/meminfo in bytes; elsewhere the free memory, which leaves out caches. */
export function availableMemory(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readText("/proc/meminfo"));
  return match ? Number(match[1]) * 1024 : freemem();
}

/** Collects the facts. @param folder whose disk is looked at */
export function machineFacts(folder: string): MachineFacts {
  const limit = Number(readText("/sys/fs/cgroup/memory.max").trim() || Number.NaN);
  const { bavail, bsize } = statfsSync(folder);
  return {
    cpu: {
      model: cpus()[0]?.model.trim() || "unknown",
      cores: availableParallelism(),
      quota: parseCpuQuota(readText("/sys/fs/cgroup/cpu.max")),
      features: parseCpuFeatures(cpuText()),
    },
    memory: { total: totalmem(), available: availableMemory(), limit: Number.isFinite(limit) ? limit : null },
    disk: { folder, free: bavail * bsize },
    gpus: listGpus(),
  };
}
