/**
 * `--jobs auto`: how many runs go side by side. Cores say at most how many; the first run shows what one takes of the
 * device's memory, and the rest of it how many more there is room for.
 */
import type { WantedConfig } from "../config/config.js";

/** Memory of the device that runs train on, in bytes. */
export interface RunMemory {
  /** What a process has taken of it. */
  taken: number;
  free: number;
}

/** What is asked of the machine. */
export interface Machine {
  cores: number;
  /** Null where the machine does not tell. @param device as `training.device`: auto, cpu, cuda, cuda:N */
  memory(process: number, device: string): RunMemory | null;
}

/** Share of the free memory that is given away: a validation may take more than the steps before it. */
const share = 0.8;

/** Runs for which there are cores: as many as each sets in `training.threads`, one where it sets none. */
export function jobsByCores(configs: readonly Pick<WantedConfig, "training">[], cores: number): number {
  const threads = Math.max(1, ...configs.map(({ training }) => training.threads ?? 1));
  return Math.max(1, Math.floor(cores / threads));
}

/** Runs for which there is memory too, the one that was measured among them; of unknown memory no others. */
export function jobsByMemory(memory: RunMemory | null, byCores: number): number {
  if (memory === null || memory.taken <= 0) return 1;
  return Math.min(byCores, 1 + Math.floor((share * memory.free) / memory.taken));
}
