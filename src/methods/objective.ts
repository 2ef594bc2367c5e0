/** Puts a method's step and a divergence between its domains together into what an optimiser minimises. */
import type { TargetKind } from "../core/target-kind.js";
import { type DomainDivergence, type DomainInput, divergence, domainDivergence } from "../divergence/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { DivergenceOptions, Objective } from "../optim/index.js";
import { autocast } from "../torch/index.js";
import type { MethodEvaluation, PreparedStep } from "./method.js";
import type { ComputeOptions } from "./parts/forward.js";

/** An estimator and the view of the unlabelled images it is given. */
export interface DomainComparison {
  estimator: DomainDivergence;
  view: "weak" | "strong";
}

/**
 * The comparison that a configuration's `divergence:` section asks for.
 * @param seed of the run, for an estimator that draws its first weights
 */
export function createComparison(options: DivergenceOptions, kind: TargetKind, seed = 0): DomainComparison {
  const { f, alpha, pi, scale, estimator, forward, view, tau, side, runningMean, bank, gate } = options;
  const params = { ...(alpha === undefined ? {} : { alpha }), ...(pi === undefined ? {} : { pi }) };
  const chosen = {
    divergence: divergence(f, params),
    scale,
    kind,
    forward,
    side,
    tauF: tau,
    runningMean,
    bank,
    gate,
    seed,
  };
  return { estimator: domainDivergence(estimator, chosen), view };
}

/**
 * The objective of one step; without a comparison or unlabelled images it has no divergence.
 * @param restyled for estimators that look at restyled images
 */
export function createObjective(
  step: PreparedStep,
  network: SegmentationNetwork,
  comparison: DomainComparison | null,
  { precision, device }: ComputeOptions,
  restyled?: DomainInput["restyled"],
): Objective<MethodEvaluation> {
  const { domains } = step;
  if (!comparison || !domains) return { evaluate: step.evaluate, divergence: null };
  const { source, target, labels } = domains;
  return {
    evaluate: step.evaluate,
    divergence: ({ shared }, { learn }) =>
      autocast(precision, device, () =>
        comparison.estimator.evaluate({
          network,
          source,
          target: target[comparison.view],
          shared: shared ?? undefined,
          labels: labels ?? undefined,
          restyled,
          learn,
        }),
      ),
  };
}
