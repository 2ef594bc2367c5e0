/**
 * Which of the weights a perturbation moves. Scales and shifts of normalisation layers alone are SAM-ON (Mueller et al.,
 * "Normalization layers are all that sharpness-aware minimization needs", NeurIPS 2023; mueller-mp/SAM-ON).
 */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import type { NamedParameters } from "../parameter-list.js";

/** The parts a configuration may name. */
export const perturbedParts = ["all", "norm", "auto"] as const;
export type PerturbedPart = (typeof perturbedParts)[number];

/** The setting `perturb` with an optimiser's own default. */
export function perturbOption(part: PerturbedPart) {
  return z
    .enum(perturbedParts)
    .default(part)
    .describe(
      "which weights: all; norm: scale and shift of the normalisation layers alone, which wants a larger rho; auto: norm where there are such layers, else all",
    );
}

const layerOf = (name: string) => name.slice(0, name.lastIndexOf(".") + 1);

/**
 * The parameters that are perturbed, in their order.
 * @throws UsageError for `norm` when no layer normalises with weights of its own
 */
export function perturbedPart(parameters: NamedParameters, part: PerturbedPart): NamedParameters {
  if (part === "all") return parameters;
  // A normalisation layer is one with a single scale for each channel; filters and matrices have two axes and more.
  const scales = parameters.filter(([name, { shape }]) => name.endsWith("weight") && shape.length === 1);
  const layers = new Set(scales.map(([name]) => layerOf(name)));
  const chosen = parameters.filter(([name]) => layers.has(layerOf(name)));
  if (chosen.length > 0) return chosen;
  if (part === "auto") return parameters;
  throw new UsageError(
    "optimizer: perturb is norm, but the network has no normalisation layer with a scale of its own; set optimizer.perturb: all, or take another model",
  );
}
