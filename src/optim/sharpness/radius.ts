/** When the weights are perturbed and how far: settings shared by DiM and the optimisers made of an ascent rule. */
import { z } from "zod";
import type { StepContext } from "../objective.js";

/** In which steps to perturb. */
export const timing = {
  startIteration: z.int().min(0).default(0).describe("plain steps before this one"),
  every: z.int().min(1).default(1).describe("perturb in every n-th step only"),
};

/** Where a radius that follows the learning rate ends. */
export const rhoMin = z.number().min(0).default(0).describe("rhoMode: rate: the radius at learning rate 0");

/** The setting `rho` with an optimiser's own default. */
export function rhoOption(rho: number) {
  return z.number().min(0).default(rho).describe("radius of the perturbation; 0: the base optimiser alone");
}

/** Settings of the radius with an optimiser's own defaults. */
export function radiusOptions(rho: number, rhoMode: "constant" | "rate" = "constant") {
  return {
    rho: rhoOption(rho),
    rhoMode: z.enum(["constant", "rate"]).default(rhoMode).describe("rate: follows the learning rate down to rhoMin"),
    rhoMin,
    ...timing,
  };
}

/** When and how far, with every default filled in. */
export interface RadiusOptions {
  rho: number;
  rhoMode: "constant" | "rate";
  rhoMin: number;
  startIteration: number;
  every: number;
}

/** Whether an optimiser with this radius ever perturbs; with 0 it is its base optimiser alone. */
export function perturbsAtAll({ rho }: { rho: number }): boolean {
  return rho > 0;
}

/** Whether a step perturbs. */
export function perturbsAt(
  { iteration }: StepContext,
  radius: { rho: number; startIteration: number; every: number },
): boolean {
  const { startIteration, every } = radius;
  return perturbsAtAll(radius) && iteration >= startIteration && (iteration - startIteration) % every === 0;
}

/** The radius that follows the learning rate linearly: ρ at the base rate, ρ_min at 0 (GSAM's ProportionScheduler). */
export function radiusByRate({ rate, baseRate }: StepContext, rho: number, least: number): number {
  return least + ((rho - least) * rate) / baseRate;
}
