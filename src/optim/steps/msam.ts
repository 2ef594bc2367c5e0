/**
 * MSAM (Becker et al., "Momentum-SAM: Sharpness aware minimization without computational overhead", 2024). The
 * authors' code leaves the weights perturbed between steps and moves them back for evaluation; here they are perturbed
 * within a step only, which is the same arithmetic and lets averages, checkpoints and evaluation see the clean ones.
 */
import { UsageError } from "../../core/errors.js";
import { foreachAdd, noGrad } from "../../torch/index.js";
import { globalNorm } from "../parameter-list.js";
import { ofLength } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { plainStep, sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/**
 * One pass at w − ρ·v/(‖v‖+1e-12), v the base optimiser's momentum; its gradient moves w. As in the authors' code,
 * SGD's coupled weight decay reads the perturbed weights and AdamW's decoupled one shrinks the clean ones. The pass is
 * also the one that moves BatchNorm's running statistics, at the perturbed weights; at w they would take a second pass.
 */
export const msam = sharpnessEntry({
  summary: "Momentum-SAM: perturbs against the momentum, in a single pass",
  source: "Becker et al., 2024; MarlonBecker/MSAM optimizer/msam.py, adamW_msam.py",
  passes: 1,
  options: { rho: rhoOption(0.3) },
  check(base) {
    if (base.momentum() !== null) return;
    throw new UsageError(
      "optimizer msam: perturbs along the momentum, but base.momentum is 0; set it above 0, or take optimizer sam",
    );
  },
  advance(step, { rho }) {
    const momentum = step.base.momentum() ?? [];
    if (momentum.length === 0) return plainStep(step);
    step.reportRadius(rho);
    const perturbation = ofLength(-rho, momentum, globalNorm(momentum));
    const decayAt = noGrad(() => foreachAdd(step.tensors, perturbation));
    const { gradient } = step.displaced(perturbation, () => step.clean());
    step.descend(gradient, decayAt);
  },
});
