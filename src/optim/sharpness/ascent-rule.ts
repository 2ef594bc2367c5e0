/**
 * What an ascent rule is: how the weights are perturbed, and, where it differs from SAM's, how the gradients before
 * and after make the update. Each rule is one file and one line in ascent.ts, which makes it an optimiser of its own
 * (rule-minimizers.ts) and an inner form of DiM.
 */
import type { z } from "zod";
import { foreachMul, foreachMul_, type Tensor } from "../../torch/index.js";
import type { NamedParameters } from "../parameter-list.js";
import type { Memory, MemoryNames } from "./memory.js";
import type { PassResult } from "./sharpness-step.js";

/** What a rule sees; the gradient has one tensor per parameter and is not to be changed. */
export interface AscentInput {
  parameters: NamedParameters;
  gradient: readonly Tensor[];
  /** L2 norm of the gradient over all parameters. */
  norm: number;
  /** Radius of the perturbation in this step. */
  rho: number;
  memory: Memory;
}

/** An ascent rule as the registry knows it. */
// biome-ignore lint/suspicious/noExplicitAny: rules with different settings share one registry
export interface AscentRule<Shape extends Record<string, z.ZodType> = any> {
  summary: string;
  /** Paper and reference code. */
  source: string;
  /** Default radius, and how it goes over time when not constant. */
  rho: number;
  rhoMode?: "rate";
  /** The rule's own settings with their defaults. */
  options: Shape;
  remembers?: MemoryNames;
  /** The perturbation to add, one tensor per parameter, owned by the caller's scope. Runs without gradient. */
  perturbation(input: AscentInput, options: z.output<z.ZodObject<Shape>>): Tensor[];
  /** The gradient for the base optimiser; default: the one at the perturbed weights. Runs without gradient. */
  combine?(clean: PassResult, perturbed: PassResult, options: z.output<z.ZodObject<Shape>>): Tensor[];
}

/** Ties a rule's settings to its functions. */
export function ascentRule<Shape extends Record<string, z.ZodType>>(rule: AscentRule<Shape>): AscentRule<Shape> {
  return rule;
}

/** Keeps a division by a vanishing norm finite (davda54/sam). */
export const tiny = 1e-12;

/** As {@link ofLength}, in place, for a vector that is the caller's own. */
export function toLength(rho: number, vector: Tensor[], norm: number): Tensor[] {
  foreachMul_(vector, rho / (norm + tiny));
  return vector;
}

/** SAM's ascent: the vector scaled to length ρ; zero stays zero. */
export function ofLength(rho: number, vector: readonly Tensor[], norm: number): Tensor[] {
  return foreachMul(vector, rho / (norm + tiny));
}
