/** What a training takes of its device's memory. */
import { readFileSync } from "node:fs";
import { outputOf } from "../../core/output-of.js";
import type { RunMemory } from "../../sweep/side-by-side.js";
import { availableMemory } from "./machine-facts.js";

const mebibyte = 2 ** 20;

/** Peak of a process's own memory in bytes from the text of /proc/PID/status; null when it does not say. */
export function parsePeakMemory(status: string): number | null {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(status);
  return match ? Number(match[1]) * 1024 : null;
}

function onProcessor(process: number): RunMemory | null {
  try {
    const taken = parsePeakMemory(readFileSync(`/proc/${process}/status`, "latin1"));
    return taken === null ? null : { taken, free: availableMemory() };
  } catch {
    return null;
  }
}

/**
 * Memory of one GPU by what nvidia-smi says.
 * @param apps     lines of "pid, MiB" of the processes at work on it
 * @param gpu      "used, free" in MiB
 * @param process  in a container the driver may know it by another number: then all that is used counts as its own
 */
export function parseGpuMemory(apps: string, gpu: string, process: number): RunMemory | null {
  const [used, free] = gpu.split(",").map(Number);
  if (!Number.isFinite(used) || !Number.isFinite(free)) return null;
  const own = apps
    .split("\n")
    .map((line) => line.split(",").map(Number))
    .find(([pid, taken]) => pid === process && Number.isFinite(taken));
  return { taken: (own?.[1] ?? used) * mebibyte, free: free * mebibyte };
}

function onGpu(process: number, device: string): RunMemory | null {
  const index = device.split(":")[1] ?? "0";
  const ask = (query: string) => outputOf("nvidia-smi", `--id=${index}`, query, "--format=csv,noheader,nounits");
  return parseGpuMemory(
    ask("--query-compute-apps=pid,used_memory"),
    ask("--query-gpu=memory.used,memory.free"),
    process,
  );
}

/** What a process takes of the device of its `training.device`; null where nobody tells. */
export function runMemory(process: number, device: string): RunMemory | null {
  if (device === "cpu") return onProcessor(process);
  const gpu = onGpu(process, device);
  return gpu ?? (device === "auto" ? onProcessor(process) : null);
}
