/** Control over BatchNorm's running statistics across a whole network. */
import { BatchNorm2d } from "./layers.js";
import type { Module } from "./module.js";

/**
 * Runs `body` with batch statistics in use but the running ones left as they are, as the perturbed pass of a
 * sharpness-aware optimiser and the joint divergence forward require (method of davda54/sam's `disable_running_stats`).
 */
export function withFrozenRunningStatistics<T>(module: Module, body: () => T): T {
  const layers = module.namedModules().flatMap(([, part]) => (part instanceof BatchNorm2d ? [part] : []));
  const before = layers.map((layer) => layer.updateRunningStatistics);
  for (const layer of layers) layer.updateRunningStatistics = false;
  try {
    return body();
  } finally {
    layers.forEach((layer, i) => {
      layer.updateRunningStatistics = before[i];
    });
  }
}
