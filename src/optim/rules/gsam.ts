/** GSAM (Zhuang et al., "Surrogate gap minimization improves sharpness-aware training", ICLR 2022). */
import { z } from "zod";
import { foreachAdd, type Tensor } from "../../torch/index.js";
import { globalDot, scaled } from "../parameter-list.js";
import type { PassResult } from "../sharpness/sharpness-step.js";
import { ascentRule, ofLength, tiny } from "./ascent-rule.js";

/** g_p − α·g⊥, where g⊥ = g − cos(g,g_p)·‖g‖·g_p/(‖g_p‖+1e-12) is the part of g at a right angle to g_p. */
function combine(clean: PassResult, perturbed: PassResult, { alpha }: { alpha: number }): Tensor[] {
  const cosine = globalDot(clean.gradient, perturbed.gradient).div(clean.norm.mul(perturbed.norm).add(tiny));
  const along = cosine.mul(clean.norm).div(perturbed.norm.add(tiny));
  return foreachAdd(scaled(perturbed.gradient, along.mul(alpha).add(1)), clean.gradient, { alpha: -alpha });
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
