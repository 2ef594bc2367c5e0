/**
 * Thousands of steps on images that are mapped from the cache on disk, of which a fraction is held at a time: memory, open
 * files and tensors stay as they are, however often an image is mapped and let go.
 */
import { flatMemory } from "./flat-memory.js";
import type { Soak } from "./soak.js";

/** GiB: a third of what the images of the long form take. */
const cacheMemory = 5e-4;

export const run: Soak = (options) => {
  const data = { cache: "disk", cacheMemory, cacheDisk: 1 };
  const size = options.quick ? { images: 8, iterations: 40, every: 20 } : { images: 100, iterations: 6000, every: 500 };
  return flatMemory(options, { ...size, data });
};
