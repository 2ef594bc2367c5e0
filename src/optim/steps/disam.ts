/** DISAM (Zhang et al., "Domain-inspired sharpness-aware minimization under domain shifts", ICLR 2024). */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { stack, type Tensor } from "../../torch/index.js";
import type { Evaluation } from "../objective.js";
import { ofLength } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

/** Mean over domains of (L_d − mean L)²: the losses of the domains are spread this far. */
export function domainVariance(losses: readonly Tensor[]): Tensor {
  const all = stack(losses);
  return all.sub(all.mean()).square().mean();
}

function perDomainOf({ perDomain }: Evaluation): readonly Tensor[] {
  if (perDomain && perDomain.length > 0) return perDomain;
  throw new UsageError(
    "optimizer disam: the method gives no loss per domain, whose spread disam needs, because it does not learn from images of both domains unmixed and by one kind of loss; take method midss or fixmatch, or optimizer sam",
  );
}

/** ε = ρ·unit(∇(L − λ·Var)), which climbs where the domains agree least; update with ∇L(w+ε). */
export const disam = sharpnessEntry({
  summary: "DISAM: the perturbation evens out the losses of the domains",
  source: "Zhang et al., ICLR 2024; MediaBrain-SJTU/DISAM code/algorithms/DISAM.py",
  passes: 2,
  costNote: "under a method that gives a loss per domain",
  options: {
    rho: rhoOption(0.05),
    lambda: z.number().min(0).default(0.1).describe("weight of the variance of the domains' losses"),
  },
  needs: () => "perDomain",
  advance(step, { rho, lambda }) {
    step.reportRadius(rho);
    const clean = step.clean((evaluation) => ({
      losses: [evaluation.task.sub(domainVariance(perDomainOf(evaluation)).mul(lambda))],
    }));
    step.descend(step.perturbed(ofLength(rho, clean.gradient, clean.norm)).gradient);
  },
});
