/**
 * What an ascent rule is: how the weights are perturbed, and, where it differs from SAM's, how the gradients before
 * and after make the update. Each rule is one file and one line in registry.ts, which makes it an optimiser of its own
 * (sharpness/rule-minimizer.ts) and an inner form of DiM.
 */
import type { z } from "zod";
import type { Tensor } from "../../torch/index.js";
import { type NamedParameters, scale_, scaled } from "../parameter-list.js";
import type { Memory, MemoryNames } from "../sharpness/memory.js";
import type { PassResult } from "../sharpness/sharpness-step.js";
import type { Factor } from "../step-values.js";

/** What a rule sees; the gradient has one tensor per parameter and is not to be changed. */
export interface AscentInput {
  parameters: NamedParameters;
  gradient: readonly Tensor[];
  /** L2 norm of the gradient over all parameters, a float64 scalar. */
  norm: Tensor;
  /** Radius of the perturbation in this step; a float64 scalar where it was computed on the device. */
  rho: Radius;
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

/** A radius, or a float64 scalar of the parameters' device. */
export type Radius = Factor;

/** Keeps a division by a vanishing norm finite (davda54/sam). */
export const tiny = 1e-12;

/** ρ/(‖·‖+least), a float64 scalar of the norm's device. */
export function over(rho: Radius, norm: Tensor, least = tiny): Tensor {
  const divisor = norm.add(least);
  return (typeof rho === "number" ? divisor.fullLike(rho) : rho).div(divisor);
}

/** As {@link ofLength}, in place, for a vector that is the caller's own. */
export function toLength(rho: Radius, vector: Tensor[], norm: Tensor): Tensor[] {
  scale_(vector, over(rho, norm));
  return vector;
}

/** SAM's ascent: the vector scaled to length ρ; zero stays zero. */
export function ofLength(rho: Radius, vector: readonly Tensor[], norm: Tensor): Tensor[] {
  return scaled(vector, over(rho, norm));
}
