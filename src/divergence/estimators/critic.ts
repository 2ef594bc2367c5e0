/**
 * `critic`: the variational bound D_f(P‖Q) ≥ E_P[T] − E_Q[f*(T)] with T = g_f(v) and v a small network on the
 * bottleneck (Nowozin et al. 2016; Acuna et al., "f-Domain-adversarial learning", ICML 2021, nv-tlabs/fDAL). The
 * critic climbs the bound, the network that makes the features descends it: fDAL's gradient reversal, here as two
 * gradients of one value.
 */
import { z } from "zod";
import { positionRows, scope, spatialAxes, type Tensor, tensor } from "../../torch/index.js";
import { variationalBound } from "../discrete.js";
import type { FDivergence } from "../f-divergence.js";
import { CriticNetwork } from "./critic-network.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { oneSided, refuseIdle, withGradient } from "./estimator.js";
import { bottlenecks, type Pair } from "./forward.js";

const options = {
  rows: z
    .enum(["pooled", "positions"])
    .default("pooled")
    .describe("what the critic judges: the spatial mean of each image's bottleneck, or each position of it"),
  hidden: z.int().min(1).default(256).describe("width of the critic's layer between"),
  rate: z.number().positive().default(0.015).describe("the critic's learning rate"),
  momentum: z.number().min(0).lt(1).default(0.9).describe("the critic's Nesterov momentum"),
  clip: z.number().positive().default(10).describe("norm that the critic's gradient is cut to"),
  reversal: z.number().positive().default(1).describe("limit of the factor on the reversed gradient"),
  warmUp: z.number().min(0).default(1000).describe("updates over which that factor grows, 2/(1+exp(-k/warmUp)) - 1"),
};
type Settings = z.output<z.ZodObject<typeof options>>;

/** The output v with g_f(v) = f'(1), where a critic stands that sees no difference; the bound is f(1) there. */
export function neutralOutput(f: FDivergence): number {
  let [low, high] = [-20, 20];
  // The activation is increasing; 60 halvings reach the last bit of float64.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    const below = scope(() => f.activation(tensor([middle], { dtype: "float64" })).item()) < f.fPrimeAtOne;
    [low, high] = below ? [middle, high] : [low, middle];
  }
  return (low + high) / 2;
}

/** Strength of the gradient reversal, η_k = 2·limit/(1+e^{−k/warmUp}) − limit after k updates (fDAL's WarmGRL). */
export function reversalAt(updates: number, { reversal, warmUp }: Pick<Settings, "reversal" | "warmUp">): number {
  return warmUp === 0 ? reversal : reversal * Math.tanh(updates / (2 * warmUp));
}

/** Maps [B, C, ...S] → rows [n, C]. */
function rowsOf(maps: Tensor, rows: Settings["rows"]): Tensor {
  return rows === "pooled" ? maps.mean(spatialAxes(maps)) : positionRows(maps);
}

function createCritic(choices: DomainDivergenceOptions, settings: Settings): DomainDivergence {
  const { divergence, forward = "joint", side = "both", runningMean, bank, gate, seed = 0 } = choices;
  const theirUse = "for estimators that describe a domain by a mean; the critic itself remembers";
  refuseIdle("critic", { runningMean, bank, gate }, theirUse);
  const scale = choices.scale ?? divergence.defaultScale;
  const { hidden, rate, momentum, clip } = settings;
  const network = new CriticNetwork({ hidden, rate, momentum, clip, seed, start: neutralOutput(divergence) });
  const bound = (fromP: Tensor, fromQ: Tensor) => variationalBound(divergence, fromP, fromQ);
  return {
    id: "critic",
    evaluate: (input) =>
      scope(() => {
        const maps = bottlenecks(input, forward);
        const given: Pair<Tensor> = {
          source: rowsOf(maps.source, settings.rows),
          target: rowsOf(maps.target, settings.rows),
        };
        // The critic moves before D is taken, so that all passes of a step see the same one.
        if (input.learn ?? true) network.ascend(given.source, given.target, bound);
        const { source, target } = oneSided(given, side);
        const factor = reversalAt(network.updates, settings);
        const [fromP, fromQ] = [source, target].map((rows) => network.scores(withGradient(rows, factor)));
        return bound(fromP, fromQ).mul(scale).to({ dtype: source.dtype });
      }),
    state: () => network.state(),
    loadState: (state) => network.load(state),
    dispose: () => network.dispose(),
  };
}

export const critic = estimatorEntry({
  summary: "lower bound by a trained critic on the bottleneck, with gradient reversal",
  source: "Nowozin et al., NIPS 2016; Acuna et al., ICML 2021, nv-tlabs/fDAL",
  cost: "encoder on 2B images, and two small layers twice",
  options,
  create: createCritic,
});
