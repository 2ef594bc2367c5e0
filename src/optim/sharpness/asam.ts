/** ASAM (Kwon et al., "ASAM: Adaptive sharpness-aware minimization", ICML 2021) as its authors' code defines it. */
import { z } from "zod";
import { foreachAbs, foreachAddScalar_, foreachMul, type Tensor } from "../../torch/index.js";
import { globalNorm } from "../parameter-list.js";
import { type AscentInput, ascentRule } from "./ascent-rule.js";

/**
 * ε = ρ·T²g/(‖Tg‖+1e-16) with T = |w|+η for tensors whose name contains "weight" (convolutions, linear layers and
 * BatchNorm scales) and T = 1 for the others.
 */
function perturbation({ parameters, gradient, rho }: AscentInput, { eta }: { eta: number }): Tensor[] {
  const scaled = parameters.map((_, i) => i).filter((i) => parameters[i][0].includes("weight"));
  const scales = foreachAbs(scaled.map((i) => parameters[i][1]));
  foreachAddScalar_(scales, eta);
  const result = [...gradient];
  const scaleAll = () => {
    const product = foreachMul(
      scaled.map((i) => result[i]),
      scales,
    );
    for (const [j, i] of scaled.entries()) result[i] = product[j];
  };
  scaleAll();
  const norm = globalNorm(result);
  scaleAll();
  return foreachMul(result, rho / (norm + 1e-16));
}

export const asam = ascentRule({
  summary: "adaptive SAM: the perturbation scales with each weight",
  source: "Kwon et al., ICML 2021; SamsungLabs/ASAM asam.py",
  rho: 0.5,
  options: { eta: z.number().min(0).default(0.01).describe("least scale of a weight") },
  perturbation,
});
