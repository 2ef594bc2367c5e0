/** Friendly SAM (Li et al., "Friendly sharpness-aware minimization", CVPR 2024); also abbreviated F-SAM. */
import { z } from "zod";
import { foreachSub, type Tensor } from "../../torch/index.js";
import { globalNorm } from "../parameter-list.js";
import { type AscentInput, ascentRule, ofLength, toLength } from "./ascent-rule.js";

/**
 * ε = ρ·d/(‖d‖+1e-12) with d = g − σm, m the running mean of past gradients before this one, then m ← λm+(1−λ)g;
 * in the first step d = m = g. (kozistr's port averages d instead of g, which is another method.)
 */
function perturbation(
  { gradient, norm, rho, memory }: AscentInput,
  { sigma, lambda }: { sigma: number; lambda: number },
): Tensor[] {
  const mean = memory.list("mean");
  const direction = mean && foreachSub(gradient, mean, { alpha: sigma });
  memory.blendList("mean", gradient, lambda);
  return direction ? toLength(rho, direction, globalNorm(direction)) : ofLength(rho, gradient, norm);
}

export const friendlySam = ascentRule({
  summary: "Friendly SAM: perturbs along what is new in the batch's gradient",
  source: "Li et al., CVPR 2024; nblt/F-SAM utils.py",
  rho: 0.05,
  options: {
    sigma: z.number().default(1).describe("share of the running mean that is taken off"),
    lambda: z.number().min(0).lt(1).default(0.9).describe("memory of the running mean"),
  },
  remembers: { lists: ["mean"] },
  perturbation,
});
