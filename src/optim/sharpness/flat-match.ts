/**
 * FlatMatch (Huang et al., "FlatMatch: Bridging labeled data and unlabeled data with cross-sharpness", NeurIPS 2023):
 * the labelled loss perturbs, all losses are differentiated at w+ε, and the labelled loss's clean gradient is added.
 * That is DiM-4 with `addClean` and no divergence.
 */
import { z } from "zod";
import { minimizerEntry } from "../entry.js";
import { Dim, withoutDivergence } from "./dim.js";
import { radiusOptions } from "./radius.js";
import { none } from "./sharpness-minimizer.js";

export const flatMatch = minimizerEntry({
  summary: "FlatMatch: perturbs with the labelled loss, adds its clean gradient",
  source: "Huang et al., NeurIPS 2023; tmllab/2023_NeurIPS_FlatMatch trainer.py",
  cost: "2 passes",
  options: z.strictObject(radiusOptions(0.05)),
  create: (parameters, base, options) => {
    if (options.rho === 0) return none.create(parameters, base, {});
    const fixed = { ...withoutDivergence, inner: { name: "sam" }, perturbWith: "source", addClean: true } as const;
    return new Dim(parameters, base, { ...options, ...fixed });
  },
});
