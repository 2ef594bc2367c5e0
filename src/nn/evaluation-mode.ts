/** Running BatchNorm statistics and no dropout for a while. */
import type { Module } from "./module.js";

/** Runs `body` with a module and its parts in evaluation mode, then gives every part its mode back. */
export function inEvaluationMode<T>(module: Module, body: () => T): T {
  const parts = module.namedModules().map(([, part]) => ({ part, training: part.training }));
  module.eval();
  try {
    return body();
  } finally {
    for (const { part, training } of parts) part.training = training;
  }
}
