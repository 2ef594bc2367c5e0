/** When the weights are perturbed and how far: settings shared by DiM and the optimisers made of an ascent rule. */
import { z } from "zod";
import { type Tensor, where } from "../../torch/index.js";
import type { StepContext, StepPosition } from "../objective.js";
import { globalDot, scaled } from "../parameter-list.js";
import { type Factor, stepValue } from "../step-values.js";

/** In which steps to perturb, with an optimiser's own default of the first. */
export function timing(startFraction: number) {
  return {
    startIteration: z.int().min(0).default(0).describe("plain steps before this one"),
    startFraction: z
      .number()
      .min(0)
      .max(1)
      .default(startFraction)
      .describe("share of the training before the first perturbed step, whose steps make one pass"),
    every: z.int().min(1).default(1).describe("perturb in every n-th step only"),
  };
}

/** Where a radius that follows the learning rate ends, and one that follows the ramp-up begins. */
export const rhoMin = z
  .number()
  .min(0)
  .default(0)
  .describe("rhoMode: rate: the radius at learning rate 0; ramp: the radius at ramp-up 0");

/** What a perturbation may cost under `rhoMode: loss`. */
export const lossBudget = z
  .number()
  .positive()
  .default(0.05)
  .describe(
    "rhoMode: loss: first-order rise that a perturbation may cause, as a share of the task loss; falls to 0 by a cosine",
  );

/** How the radius goes over time, for every optimiser that has one. */
export const rhoModes = ["constant", "rate", "ramp", "loss"] as const;

/** What the courses of {@link rhoModes} are. */
export const rhoModesInWords =
  "rate: follows the learning rate down to rhoMin; ramp: follows the method's ramp-up from rhoMin; loss: rho at most, less where the loss would rise by more than lossBudget";

/** The setting `rho` with an optimiser's own default. */
export function rhoOption(rho: number) {
  return z.number().min(0).default(rho).describe("radius of the perturbation; 0: the base optimiser alone");
}

/** Settings of the radius with an optimiser's own defaults. */
export function radiusOptions(rho: number, rhoMode: "constant" | "rate" = "constant") {
  return {
    rho: rhoOption(rho),
    rhoMode: z.enum(rhoModes).default(rhoMode).describe(rhoModesInWords),
    rhoMin,
    lossBudget,
    ...timing(0),
  };
}

/** When and how far, with every default filled in. */
export interface RadiusOptions {
  rho: number;
  rhoMode: (typeof rhoModes)[number];
  rhoMin: number;
  lossBudget: number;
  startIteration: number;
  startFraction: number;
  every: number;
}

/** Whether an optimiser with this radius ever perturbs; with 0 it is its base optimiser alone. */
export function perturbsAtAll({ rho }: { rho: number }): boolean {
  return rho > 0;
}

/** The iteration of the first perturbed step. */
function firstPerturbed(
  { maxIterations }: Pick<StepPosition, "maxIterations">,
  { startIteration, startFraction }: RadiusOptions,
): number {
  // The quotient is rounded as the fraction itself was, where the product would miss 7 of 100 for 0.07.
  const below = Math.floor(startFraction * maxIterations);
  return Math.max(startIteration, below / maxIterations >= startFraction ? below : below + 1);
}

/** Whether a step perturbs. */
export function perturbsAt(at: Pick<StepPosition, "iteration" | "maxIterations">, radius: RadiusOptions): boolean {
  const since = at.iteration - firstPerturbed(at, radius);
  return perturbsAtAll(radius) && since >= 0 && since % radius.every === 0;
}

/**
 * The radius of a step: ρ, linear in the learning rate (ρ at the base rate, ρ_min at 0; GSAM's ProportionScheduler), or
 * linear in the method's ramp-up.
 */
export function radiusAt(at: StepContext, { rho, rhoMode, rhoMin }: RadiusOptions): Factor {
  if (rhoMode === "rate")
    return stepValue(at, ({ rate, baseRate }: StepPosition) => rhoMin + ((rho - rhoMin) * rate) / baseRate);
  return rhoMode === "ramp" ? rhoMin + (rho - rhoMin) * at.rampUp : rho;
}

/** The share of the task loss that a step may risk: `lossBudget` in the first perturbed step, by a cosine to 0 at the end. */
export function budgetAt(at: StepPosition, radius: RadiusOptions): number {
  const first = firstPerturbed(at, radius);
  const course = (at.iteration - first) / (at.maxIterations - first);
  return (radius.lossBudget * (1 + Math.cos(Math.PI * course))) / 2;
}

/** A perturbation no longer than a loss budget allows. */
export interface Budgeted {
  perturbation: Tensor[];
  /** What it was shortened by, a float64 scalar in [0, 1]. */
  factor: Tensor;
}

/**
 * Shortens a perturbation whose first-order rise ⟨g, ε⟩ exceeds the budget until it meets it (LE-SAM, arXiv 2605.10183:
 * for SAM's ε that is the radius min(σ/‖g‖, ρ)).
 * @param budget a float64 scalar
 */
export function withinBudget(perturbation: readonly Tensor[], gradient: readonly Tensor[], budget: Tensor): Budgeted {
  const rise = globalDot(gradient, perturbation);
  const factor = where(rise.gt(budget), budget.div(rise), 1);
  return { perturbation: scaled(perturbation, factor), factor };
}
