/** SAM in the maximum norm: every weight moves by ρ towards a larger loss (the p = ∞ case of Foret et al., eq. 2). */
import { rhoOption, sharpnessEntry } from "../../src/optim/index.js";

export const signSam = sharpnessEntry({
  summary: "SAM in the maximum norm: every weight moves by rho",
  source: "Foret et al., ICLR 2021, eq. 2 with p = infinity",
  passes: 2,
  options: { rho: rhoOption(0.001) },
  advance(step, { rho }) {
    step.reportRadius(rho);
    const clean = step.clean();
    const perturbation = clean.gradient.map((gradient) => gradient.sign().mul(rho));
    const perturbed = step.perturbed(perturbation);
    step.descend(perturbed.gradient);
  },
});
