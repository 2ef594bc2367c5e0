/** Ten thousand steps of DiM with validations, after as many to warm up: memory, open files and tensors stay as they are. */
import { flatMemory } from "./flat-memory.js";
import type { Soak } from "./soak.js";

export const run: Soak = (options) =>
  flatMemory(
    options,
    options.quick ? { images: 8, iterations: 60, every: 30 } : { images: 8, iterations: 20_000, every: 500 },
  );
