/** How much memory prepared cases may take where nobody says. */
import { totalmem } from "node:os";
import { localProcesses } from "../../core/local-processes.js";
import type { Dataset } from "../dataset.js";

/** Bytes of memory: the machine's, and what a container or a job of a cluster may take of it (more where nothing does). */
export interface MemoryHere {
  readonly total: number;
  readonly limit: number;
  /** That share it for one training. */
  readonly processes: number;
}

const memoryHere = (): MemoryHere => ({
  total: totalmem(),
  limit: process.constrainedMemory() || Number.POSITIVE_INFINITY,
  processes: localProcesses(),
});

/**
 * Bytes: 1 GiB, of volumes this process's part of a quarter of the memory if that is more. A batch draws its slices from
 * volumes all over the set: one that is not kept costs its whole entry for each slice.
 */
export function usualMemory({ slices }: Pick<Dataset, "slices">, { total, limit, processes } = memoryHere()): number {
  return slices ? Math.max(2 ** 30, Math.min(total, limit) / 4 / processes) : 2 ** 30;
}
