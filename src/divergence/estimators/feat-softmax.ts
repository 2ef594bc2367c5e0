/**
 * `featSoftmax`, the default: the bottleneck's channels as one distribution per domain. h = spatial mean of the last
 * encoder map, standardised over channels so that the softmax does not saturate; π = softmax(h/τ); P and Q are the
 * means of π over the images of each domain.
 */
import { layerNorm, spatialAxes, type Tensor } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { estimator } from "./estimator.js";
import { bottlenecks } from "./forward.js";

/** Bottleneck maps [B, C, ...S] → mean channel distribution [C]. */
export function channelDistribution(bottleneck: Tensor, tauF: number): Tensor {
  const pooled = bottleneck.mean(spatialAxes(bottleneck));
  return layerNorm(pooled, [pooled.shape[1]], { eps: 1e-5 }).div(tauF).softmax(1).mean(0);
}

function createFeatSoftmax(options: DomainDivergenceOptions): DomainDivergence {
  const { divergence, tauF = 1 } = options;
  return estimator(
    {
      id: "featSoftmax",
      describe(input, forward) {
        const { source, target } = bottlenecks(input, forward);
        const values = { source: channelDistribution(source, tauF), target: channelDistribution(target, tauF) };
        return [{ name: "channels", values }];
      },
      compare: ([{ values }]) => discreteDivergence(divergence, values.source, values.target),
    },
    options,
  );
}

export const featSoftmax = estimatorEntry({
  summary: "softmax over the standardised, pooled bottleneck channels",
  source: "ours; docs/method.md",
  cost: "encoder on 2B images",
  create: createFeatSoftmax,
});
