/** ASAM (Kwon et al., "ASAM: Adaptive sharpness-aware minimization", ICML 2021) as its authors' code defines it. */
import { z } from "zod";
import { foreachAbs, foreachAddScalar_, foreachMul, foreachMul_, type Tensor } from "../../torch/index.js";
import { globalNorm, scale_, scaled as scaledBy } from "../parameter-list.js";
import { type AscentInput, ascentRule, over } from "./ascent-rule.js";

/** Puts the two parts of a list together again. */
function inOrder(isFirst: readonly boolean[], first: readonly Tensor[], second: readonly Tensor[]): Tensor[] {
  let [i, j] = [0, 0];
  return isFirst.map((taken) => (taken ? first[i++] : second[j++]));
}

/**
 * ε = ρ·T²g/(‖Tg‖+1e-16) with T = |w|+η for tensors whose name contains "weight" (convolutions, linear layers and
 * BatchNorm scales) and T = 1 for the others.
 */
function perturbation({ parameters, gradient, rho }: AscentInput, { eta }: { eta: number }): Tensor[] {
  const isScaled = parameters.map(([name]) => name.includes("weight"));
  const scales = foreachAbs(parameters.filter((_, i) => isScaled[i]).map(([, parameter]) => parameter));
  foreachAddScalar_(scales, eta);
  const scaled = foreachMul(
    gradient.filter((_, i) => isScaled[i]),
    scales,
  );
  const rest = gradient.filter((_, i) => !isScaled[i]);
  const factor = over(rho, globalNorm(inOrder(isScaled, scaled, rest)), 1e-16);
  foreachMul_(scaled, scales);
  scale_(scaled, factor);
  const plain = scaledBy(rest, factor);
  return inOrder(isScaled, scaled, plain);
}

export const asam = ascentRule({
  summary: "adaptive SAM: the perturbation scales with each weight",
  source: "Kwon et al., ICML 2021; SamsungLabs/ASAM asam.py",
  rho: 0.5,
  options: { eta: z.number().min(0).default(0.01).describe("least scale of a weight") },
  perturbation,
});
