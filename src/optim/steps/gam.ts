/**
 * GAM (Zhang et al., "Gradient norm aware minimization seeks first-order flatness and improves generalization", CVPR
 * 2023), the accelerated form of the authors' code, with its quirk that β0 is never applied to the first gradient.
 */
import { z } from "zod";
import { foreachAdd, foreachAdd_, foreachMul, foreachSub, type Tensor } from "../../torch/index.js";
import { addScaled, globalCosine, globalNorm, scale_ } from "../parameter-list.js";
import { ofLength, over, tiny, toLength } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/** a ← a + factor·b. */
function add(a: Tensor[], factor: number, b: readonly Tensor[]): Tensor[] {
  foreachAdd_(a, b, { alpha: factor });
  return a;
}

/** b ← b − γ(a − cos(a,b)·‖a‖·b/(‖b‖+1e-12)): b without γ times the part of a at a right angle to it. */
function decompose(a: Tensor[], b: Tensor[], gamma: number): Tensor[] {
  const [normA, normB] = [globalNorm(a), globalNorm(b)];
  const along = globalCosine(a, normA, b, normB).mul(normA).div(normB.add(tiny));
  scale_(b, along.mul(gamma).add(1));
  return add(b, -gamma, a);
}

/**
 * g0 at w; g1 at w+ρ'ĝ0; w2 = w+ρ·ĥ with h = g1−g0; g2 at w2; g3 at w2+ρ'ĝ2. With a = g0+(1−β0)g2 and
 * b = β1·g1+(1−β1)g3 the update is b − γ·(a's part at a right angle to b).
 */
export const gam = sharpnessEntry({
  summary: "GAM: flatness of the gradient's norm, not only of the loss",
  source: "Zhang et al., CVPR 2023; xxgege/GAM gam/gam.py",
  passes: 4,
  options: {
    rho: rhoOption(0.2),
    gradRho: z.number().min(0).default(0.02).describe("radius of the inner ascent along the gradient"),
    beta0: z.number().min(0).max(1).default(0.5).describe("1 − weight of g2"),
    beta1: z.number().min(0).max(1).default(0.6).describe("weight of g1 against g3"),
    gamma: z.number().min(0).default(0.03).describe("weight of the orthogonal part that is taken off"),
  },
  advance(step, { rho, gradRho, beta0, beta1, gamma }) {
    step.reportRadius(rho);
    const g0 = step.clean();
    const g1 = step.perturbed(ofLength(gradRho, g0.gradient, g0.norm));
    const rise = foreachSub(g1.gradient, g0.gradient);
    const outer = toLength(rho, rise, globalNorm(rise));
    const g2 = step.perturbed(outer);
    const g3 = step.perturbed(addScaled(outer, over(gradRho, g2.norm), g2.gradient));
    const a = foreachAdd(g0.gradient, g2.gradient, { alpha: 1 - beta0 });
    const b = add(foreachMul(g1.gradient, beta1), 1 - beta1, g3.gradient);
    step.descend(decompose(a, b, gamma));
  },
});
