/** Control over BatchNorm's statistics across a whole network. */
import { BatchNorm2d } from "./layers.js";
import type { Module } from "./module.js";

type Control = Partial<Pick<BatchNorm2d, "updateRunningStatistics" | "parts">>;

/** Runs `body` with the BatchNorm layers of a module set as told, then gives every layer its setting back. */
function withBatchNorm<T>(module: Module, control: Control, body: () => T): T {
  const layers = module.namedModules().flatMap(([, part]) => (part instanceof BatchNorm2d ? [part] : []));
  const before = layers.map(({ updateRunningStatistics, parts }) => ({ updateRunningStatistics, parts }));
  for (const layer of layers) Object.assign(layer, control);
  try {
    return body();
  } finally {
    layers.forEach((layer, i) => {
      Object.assign(layer, before[i]);
    });
  }
}

/**
 * Runs `body` with batch statistics in use but the running ones left as they are, as the perturbed pass of a
 * sharpness-aware optimiser and the joint divergence forward require (method of davda54/sam's `disable_running_stats`).
 */
export function withFrozenRunningStatistics<T>(module: Module, body: () => T): T {
  return withBatchNorm(module, { updateRunningStatistics: false }, body);
}

/**
 * Runs `body` so that one pass over several batches, one after another along the first axis, does what a pass over
 * each of them would: each is normalised by its own statistics, and the running ones move batch by batch.
 * @param sizes images of each batch, in order; a pass must have their sum
 */
export function withSeparateStatistics<T>(module: Module, sizes: readonly number[], body: () => T): T {
  return withBatchNorm(module, { parts: sizes }, body);
}
