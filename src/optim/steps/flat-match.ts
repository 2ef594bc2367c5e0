/** FlatMatch (Huang et al., "FlatMatch: Bridging labeled data and unlabeled data with cross-sharpness", NeurIPS 2023). */
import { foreachAdd } from "../../torch/index.js";
import { ofLength } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/**
 * ε = ρ·unit(∇L_sup(w)), update with ∇L_task(w+ε) + ∇L_sup(w): the labelled loss perturbs and its clean gradient is
 * added. The targets of the unlabelled images are the method's, fixed once per step; the authors take them from the
 * student's clean pass.
 */
export const flatMatch = sharpnessEntry({
  summary: "FlatMatch: perturbs with the labelled loss and adds its clean gradient",
  source: "Huang et al., NeurIPS 2023; tmllab/2023_NeurIPS_FlatMatch trainer.py",
  passes: 2,
  costNote: "the clean one differentiated through the labelled images only",
  options: { rho: rhoOption(0.05) },
  advance(step, { rho }) {
    step.reportRadius(rho);
    const clean = step.clean(({ terms }) => ({ losses: [terms.sup] }));
    const perturbed = step.perturbed(ofLength(rho, clean.gradient, clean.norm));
    step.descend(foreachAdd(perturbed.gradient, clean.gradient));
  },
});
