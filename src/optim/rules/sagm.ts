/** SAGM (Wang et al., "Sharpness-aware gradient matching for domain generalization", CVPR 2023). */
import { z } from "zod";
import { foreachAdd, foreachMul_ } from "../../torch/index.js";
import { scaled } from "../parameter-list.js";
import { ascentRule, over } from "./ascent-rule.js";

/** ε = (ρ/(‖g‖+1e-12) − α)·g, update with ½(g+g_p). */
export const sagm = ascentRule({
  summary: "SAGM: matches the clean gradient with the perturbed one",
  source: "Wang et al., CVPR 2023; Wang-pengfei/SAGM domainbed/sagm/sagm.py",
  rho: 0.05,
  options: {
    alpha: z.number().min(0).default(1e-3).describe("how far the perturbation steps back along the gradient"),
  },
  perturbation: ({ gradient, norm, rho }, { alpha }) => scaled(gradient, over(rho, norm).sub(alpha)),
  combine: (clean, perturbed) => {
    const mean = foreachAdd(clean.gradient, perturbed.gradient);
    foreachMul_(mean, 0.5);
    return mean;
  },
});
