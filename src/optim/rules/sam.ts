/** SAM (Foret et al., "Sharpness-aware minimization for efficiently improving generalization", ICLR 2021). */
import { ascentRule, ofLength } from "./ascent-rule.js";

/** ε = ρ·g/(‖g‖+1e-12), update with the gradient at w+ε. */
export const sam = ascentRule({
  summary: "sharpness-aware minimisation",
  source: "Foret et al., ICLR 2021; davda54/sam sam.py",
  rho: 0.05,
  options: {},
  perturbation: ({ gradient, norm, rho }) => ofLength(rho, gradient, norm),
});
