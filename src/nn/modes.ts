/** How the parts of a network behave for a while: which statistics BatchNorm uses and moves, and whether dropout drops. */
import type { Tensor } from "../torch/index.js";
import { BatchNorm } from "./layers.js";
import type { Module } from "./module.js";

/** Runs `body` with some parts set as told, then gives each its own settings back. */
function withSettings<Part extends Module, T>(parts: readonly Part[], settings: Partial<Part>, body: () => T): T {
  const keys = Object.keys(settings) as (keyof Part)[];
  const before = parts.map((part) => Object.fromEntries(keys.map((key) => [key, part[key]])));
  for (const part of parts) Object.assign(part, settings);
  try {
    return body();
  } finally {
    parts.forEach((part, i) => {
      Object.assign(part, before[i]);
    });
  }
}

function batchNormsOf(module: Module): BatchNorm[] {
  return module.namedModules().flatMap(([, part]) => (part instanceof BatchNorm ? [part] : []));
}

/**
 * Runs `body` with batch statistics in use but the running ones left as they are, as the perturbed pass of a
 * sharpness-aware optimiser requires (method of davda54/sam's `disable_running_stats`).
 */
export function withFrozenRunningStatistics<T>(module: Module, body: () => T): T {
  return withSettings(batchNormsOf(module), { updateRunningStatistics: false }, body);
}

/** Runs `body` with BatchNorm's statistics of the batch or the running ones, whatever mode the module is in; no running ones move. */
export function withFixedStatistics<T>(module: Module, which: "batch" | "running", body: () => T): T {
  return withSettings(batchNormsOf(module), { training: which === "batch", updateRunningStatistics: false }, body);
}

/**
 * Runs `body` so that one pass over several batches, one after another along the first axis, does what a pass over
 * each of them would: each is normalised by its own statistics, and the running ones move batch by batch.
 * @param sizes images of each batch, in order; a pass must have their sum
 */
export function withSeparateStatistics<T>(module: Module, sizes: readonly number[], body: () => T): T {
  return withSettings(batchNormsOf(module), { parts: sizes }, body);
}

/** Mean and variance of every BatchNorm, as a checkpoint names them. */
export function runningStatistics(module: Module): Map<string, Tensor> {
  const own = module.namedModules().filter(([, part]) => part instanceof BatchNorm);
  return new Map(own.flatMap(([name, part]) => part.namedBuffers().map(([key, buffer]) => [`${name}.${key}`, buffer])));
}

/**
 * Runs `body`, pass i of several whose mean statistics become the running ones ("precise BN", Wu and Johnson 2021, section 3);
 * what was there before is forgotten. Nothing else of a module behaves as in training, and no other process has a say.
 */
export function averagingStatistics<T>(module: Module, i: number, body: () => T): T {
  const settings = { training: true, synced: false, momentum: 1 / (i + 1) };
  return inEvaluationMode(module, () => withSettings(batchNormsOf(module), settings, body));
}

/** From now on normalises by the statistics of this process's own images, where several share a batch. */
export function useLocalStatistics(module: Module): void {
  for (const part of batchNormsOf(module)) part.synced = false;
}

/** Runs `body` with a module and its parts in evaluation mode: running statistics and no dropout. */
export function inEvaluationMode<T>(module: Module, body: () => T): T {
  const parts = module.namedModules().map(([, part]) => part);
  return withSettings(parts, { training: false }, body);
}
