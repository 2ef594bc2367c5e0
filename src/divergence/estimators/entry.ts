/** How an estimator is described to configurations and listings. */
import type { z } from "zod";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";

/** An estimator as the registry knows it. */
// biome-ignore lint/suspicious/noExplicitAny: estimators with different settings share one registry
export interface EstimatorEntry<Shape extends Record<string, z.ZodType> = any> {
  /** What it compares, in one line. */
  summary: string;
  /** Where the idea comes from. */
  source: string;
  /** What it costs beside the method's own passes, for B + B images. */
  cost: string;
  /** Settings of its own with their defaults; none for most. */
  options?: Shape;
  /** The estimator with its choices made. */
  create(options: DomainDivergenceOptions, settings: z.output<z.ZodObject<Shape>>): DomainDivergence;
}

/** Ties an entry's settings to its `create`. */
export function estimatorEntry<Shape extends Record<string, z.ZodType>>(
  entry: EstimatorEntry<Shape>,
): EstimatorEntry<Shape> {
  return entry;
}
