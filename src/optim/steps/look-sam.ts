/**
 * LookSAM (Liu et al., "Towards efficient and scalable sharpness-aware minimization", CVPR 2022), with norms over all
 * parameters as in MarlonBecker/MSAM; ports that take norms per tensor and restore a stale copy in plain steps roll
 * the weights back.
 */
import { z } from "zod";
import { addScaled, globalDot, globalNorm } from "../parameter-list.js";
import { ofLength, tiny } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/**
 * Every n-th iteration a SAM step, which keeps the unit vector of g_v = g_p − (⟨g,g_p⟩/‖g‖²)·g; in between one pass
 * and the gradient g + α·‖g‖·g_v/‖g_v‖.
 */
export const lookSam = sharpnessEntry({
  summary: "LookSAM: SAM in every n-th step, its direction reused in between",
  source: "Liu et al., CVPR 2022; MarlonBecker/MSAM optimizer/looksam.py",
  passes: 1.2,
  costNote: "1 + 1/n",
  options: {
    rho: rhoOption(0.05),
    alpha: z.number().min(0).default(0.2).describe("weight of the reused direction"),
    every: z.int().min(1).default(5).describe("n: a SAM step in every n-th iteration"),
  },
  remembers: { lists: ["direction"] },
  advance(step, { rho, alpha, every }, memory) {
    const clean = step.clean();
    const direction = memory.list("direction");
    if (direction && step.at.iteration % every !== 0) {
      step.descend(addScaled(clean.gradient, clean.norm.mul(alpha), direction));
      return;
    }
    step.reportRadius(rho);
    const perturbed = step.perturbed(ofLength(rho, clean.gradient, clean.norm));
    const along = globalDot(clean.gradient, perturbed.gradient).div(clean.norm.square().add(tiny));
    const across = addScaled(perturbed.gradient, along.neg(), clean.gradient);
    memory.keepList("direction", ofLength(1, across, globalNorm(across)));
    step.descend(perturbed.gradient);
  },
});
