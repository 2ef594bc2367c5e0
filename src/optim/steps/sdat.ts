/**
 * SDAT (Rangwani et al., "A closer look at smoothness in domain adversarial training", ICML 2022): the perturbation
 * sharpens the task loss only; the update at w+ε takes the task loss and the distance between the domains. With our
 * divergences that is DiM-2 with a constant weight.
 */
import { z } from "zod";
import { divergenceOptions } from "../divergence-options.js";
import { minimizerEntry } from "../entry.js";
import { ruleOptions } from "../sharpness/rule-minimizer.js";
import { Dim, lambdaOptions } from "./dim.js";

export const sdat = minimizerEntry({
  summary: "SDAT: sharpness of the task loss only, the divergence joins at the perturbed weights",
  source: "Rangwani et al., ICML 2022; val-iisc/SDAT examples/cdan_mcc_sdat.py",
  passes: 2,
  costNote: "and the divergence's own pass once",
  options: z.strictObject({
    ...ruleOptions(0.05),
    ...lambdaOptions(1, "constant"),
    divergence: divergenceOptions("js", "featSoftmax"),
  }),
  create: (parameters, base, options) =>
    new Dim(parameters, base, { ...options, inner: { name: "sam" }, perturbWith: "task", addClean: false, kappa: 0 }),
});
