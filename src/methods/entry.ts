/** How a method is described to configurations and listings; each method's file exports one entry. */
import type { z } from "zod";
import type { LossPart } from "../optim/index.js";
import type { Method, MethodContext } from "./method.js";

/** A method of the registry. */
export interface MethodEntry<Schema extends z.ZodObject = z.ZodObject> {
  /** One line for `dimseg list methods`. */
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** Network passes per step over B images each, in words; an optimiser multiplies the student's. */
  cost: string;
  /** Settings with their defaults, as they stand under `method:` beside `name`. */
  options: Schema;
  usesUnlabelled: boolean;
  /**
   * Whether several processes that share each batch do what one does with the whole of it: the method takes sums over a
   * batch by the losses of src/losses or by `worldSum` and its kin, and draws by the index of an image in the whole
   * batch (`MethodStep.first`). Default: one process only.
   */
  sharesBatches?: boolean;
  /**
   * Whether a step can be captured and repeated: past its first steps the method asks for the same operators on tensors of
   * the same shapes in each, reads none of them, draws in {@link Method.draw}, and takes every other number that changes
   * from `stepValue`. Default: no.
   */
  capturable?: boolean;
  /** Which optional parts its evaluations have under these settings. Default: none. */
  gives?(options: z.output<Schema>): readonly LossPart[];
  /** The method over a student, with its further networks. */
  create(context: MethodContext, options: z.output<Schema>): Method;
}

/** Ties an entry's settings to its `create`. */
export function methodEntry<Schema extends z.ZodObject>(entry: MethodEntry<Schema>): MethodEntry<Schema> {
  return entry;
}
