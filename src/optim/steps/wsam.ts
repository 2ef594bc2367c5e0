/** WSAM (Yue et al., "Sharpness-aware minimization revisited: Weighted sharpness as a regularization term", KDD 2023). */
import { z } from "zod";
import { foreachAdd_, foreachSub, noGrad } from "../../torch/index.js";
import { ofLength } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/** The decoupled form: the base optimiser takes g, then w ← w − lr·κ·(g_p−g) with κ = γ/(1−γ). */
export const wsam = sharpnessEntry({
  summary: "WSAM: sharpness as a weighted term of its own, outside the momentum",
  source: "Yue et al., KDD 2023; kozistr/pytorch_optimizer sam.py, WSAM with decouple=True",
  passes: 2,
  options: {
    rho: rhoOption(0.05),
    gamma: z.number().min(0).lt(1).default(0.9).describe("weight of the sharpness against the loss"),
  },
  advance(step, { rho, gamma }) {
    step.reportRadius(rho);
    const clean = step.clean();
    const perturbed = step.perturbed(ofLength(rho, clean.gradient, clean.norm));
    const sharpness = foreachSub(perturbed.gradient, clean.gradient);
    step.descend(clean.gradient);
    const rate = (step.at.rate * gamma) / (1 - gamma);
    noGrad(() => foreachAdd_(step.tensors, sharpness, { alpha: -rate }));
  },
});
