/** GSAM (Zhuang et al., "Surrogate gap minimization improves sharpness-aware training", ICLR 2022). */
import { z } from "zod";
import { foreachAdd, foreachMul, type Tensor } from "../../torch/index.js";
import { globalDot } from "../parameter-list.js";
import { ascentRule, ofLength, tiny } from "./ascent-rule.js";
import type { PassResult } from "./sharpness-step.js";

/** g_p − α·g⊥, where g⊥ = g − cos(g,g_p)·‖g‖·g_p/(‖g_p‖+1e-12) is the part of g at a right angle to g_p. */
function combine(clean: PassResult, perturbed: PassResult, { alpha }: { alpha: number }): Tensor[] {
  const cosine = globalDot(clean.gradient, perturbed.gradient) / (clean.norm * perturbed.norm + tiny);
  const along = (cosine * clean.norm) / (perturbed.norm + tiny);
  return foreachAdd(foreachMul(perturbed.gradient, 1 + alpha * along), clean.gradient, { alpha: -alpha });
}

export const gsam = ascentRule({
  summary: "GSAM: also closes the gap between the perturbed and the clean loss",
  source: "Zhuang et al., ICLR 2022; juntang-zhuang/GSAM gsam.py",
  rho: 0.05,
  rhoMode: "rate",
  options: { alpha: z.number().min(0).default(0.4).describe("weight of the gradient's orthogonal part") },
  perturbation: ({ gradient, norm, rho }) => ofLength(rho, gradient, norm),
  combine,
});
