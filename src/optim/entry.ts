/** How an optimiser is described to configurations and listings; each optimiser's file exports one entry. */
import type { z } from "zod";
import type { LossPart, Minimizer } from "./objective.js";
import type { Optimizer } from "./optimizer.js";
import type { NamedParameters } from "./parameter-list.js";

/** An optimiser as the registry knows it. */
export interface MinimizerEntry<Schema extends z.ZodObject = z.ZodObject> {
  /** One line for `dimseg list optimizers`. */
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** Forward and backward passes per step with the default settings, on average over a round of `every` steps. */
  passes: number;
  /** What else there is to say about the cost, after "N passes, ". */
  costNote?: string;
  /** Settings with their defaults, as they stand under `optimizer:` beside `name`. */
  options: Schema;
  /** The part of an evaluation that these settings cannot do without. Default: none. */
  needs?(options: z.output<Schema>): LossPart | null;
  /**
   * Whether these settings' steps can be captured and repeated: steps of as many passes ask for the same operators on
   * tensors of the same shapes, read none, and take every other number that changes from `stepValue`. Default: no.
   */
  capturable?(options: z.output<Schema>): boolean;
  /** What `auto` stands for beside it: statistics of all domains alike, a threshold for each class. Default: neither. */
  auto?: { readonly domainStatistics: boolean; readonly thresholdByClass: boolean };
  /** The optimiser over the parameters, which it perturbs and the base optimiser updates. */
  create(parameters: NamedParameters, base: Optimizer, options: z.output<Schema>): Minimizer;
}

/** What a step costs, in words. */
export function costOf({ passes, costNote }: Pick<MinimizerEntry, "passes" | "costNote">): string {
  return `${passes} ${passes === 1 ? "pass" : "passes"}${costNote ? `, ${costNote}` : ""}`;
}

/** Ties an entry's settings to its `create`. */
export function minimizerEntry<Schema extends z.ZodObject>(entry: MinimizerEntry<Schema>): MinimizerEntry<Schema> {
  return entry;
}
