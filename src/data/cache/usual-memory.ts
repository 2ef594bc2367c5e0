/** How much memory prepared cases may take where nobody says. */
import { totalmem } from "node:os";
import type { Dataset } from "../dataset.js";

/** Bytes of memory: the machine's, and what a container or a job of a cluster may take of it (more where nothing does). */
export interface MemoryHere {
  readonly total: number;
  readonly limit: number;
}

const memoryHere = (): MemoryHere => ({
  total: totalmem(),
  limit: process.constrainedMemory() || Number.POSITIVE_INFINITY,
});

/**
 * Bytes: 1 GiB, of volumes a quarter of the memory if that is more. A batch draws its slices from volumes all over the set:
 * one that is not kept costs its whole entry for each slice.
 */
export function usualMemory({ slices }: Pick<Dataset, "slices">, { total, limit } = memoryHere()): number {
  return slices ? Math.max(2 ** 30, Math.min(total, limit) / 4) : 2 ** 30;
}
