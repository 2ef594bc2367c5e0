/** ASAM in the short form of davda54/sam (`adaptive=True`): no η, biases scaled too, so zero weights never move. */
import { foreachMul, foreachMul_ } from "../../torch/index.js";
import { globalNorm } from "../parameter-list.js";
import { ascentRule, toLength } from "./ascent-rule.js";

/** ε = ρ·w²⊙g/(‖|w|⊙g‖+1e-12). */
export const asamAdaptive = ascentRule({
  summary: "adaptive SAM in the short form of davda54/sam",
  source: "Kwon et al., ICML 2021; davda54/sam sam.py, adaptive=True",
  rho: 0.5,
  options: {},
  perturbation: ({ parameters, gradient, rho }) => {
    const weights = parameters.map(([, parameter]) => parameter);
    const scaled = foreachMul(gradient, weights);
    const norm = globalNorm(scaled);
    foreachMul_(scaled, weights);
    return toLength(rho, scaled, norm);
  },
});
