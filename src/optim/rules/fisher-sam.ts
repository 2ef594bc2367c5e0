/** Fisher SAM (Kim et al., "Fisher SAM: Information geometry and sharpness aware minimisation", ICML 2022). */
import { z } from "zod";
import { foreachAddScalar_, foreachDiv, foreachMul, foreachMul_, type Tensor, where } from "../../torch/index.js";
import { globalDot, scale_ } from "../parameter-list.js";
import { type AscentInput, ascentRule, over } from "./ascent-rule.js";

/** ε = ρ·v/√Σgv with v = g/(1+η·g²): the diagonal of the Fisher matrix taken from the batch's gradient. */
function perturbation({ gradient, rho }: AscentInput, { eta }: { eta: number }): Tensor[] {
  const fisher = foreachMul(gradient, gradient);
  foreachMul_(fisher, eta);
  foreachAddScalar_(fisher, 1);
  const direction = foreachDiv(gradient, fisher);
  const length = globalDot(gradient, direction).sqrt();
  scale_(direction, where(length.gt(0), over(rho, length, 0), 0));
  return direction;
}

export const fisherSam = ascentRule({
  summary: "Fisher SAM: the ball of perturbations follows the Fisher information",
  source: "Kim et al., ICML 2022; no official code",
  rho: 0.1,
  options: { eta: z.number().min(0).default(1).describe("weight of the Fisher information") },
  perturbation,
});
