/** From a configuration's words on its data to those of the cache. */
import type { WantedConfig } from "../config/config.js";
import type { CacheOptions } from "../data/cache/decoded-cache.js";

const bytesOf = (gibibytes: number | undefined) => gibibytes && gibibytes * 2 ** 30;

/** How a run keeps its prepared cases. */
export function cacheOptions({
  cache,
  cacheMemory,
  cacheDisk,
  threads,
}: WantedConfig["data"]): Pick<CacheOptions, "mode" | "memoryBytes" | "diskBytes" | "threads"> {
  return { mode: cache, memoryBytes: bytesOf(cacheMemory), diskBytes: bytesOf(cacheDisk), threads };
}
