/**
 * `gaussian`: each bottleneck channel as a normal distribution per domain, with mean and variance over all images and
 * positions; the closed-form divergence of the pair, averaged over channels. (In all channels at once the Bhattacharyya
 * coefficient underflows to 0; for kl, jeffreys, Rényi and geojs the average is the joint form divided by d.)
 */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import type { Tensor } from "../../torch/index.js";
import { DiagonalCovariance } from "../covariance.js";
import type { FDivergence } from "../f-divergence.js";
import { type Gaussian, type GaussianDivergenceId, gaussianDivergence } from "../gaussian.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { estimator, type Statistic } from "./estimator.js";
import { bottlenecks } from "./forward.js";

/** Variances below this, for example of dead channels, are raised to it and get no gradient. */
const varianceFloor = 1e-3;

const options = {
  form: z
    .enum(["own", "renyi", "geojs"])
    .default("own")
    .describe(
      "own: the closed form of f; renyi, geojs: Rényi's or the geometric Jensen-Shannon divergence in its place",
    ),
  order: z.number().gt(0).lt(1).optional().describe("order of form: renyi; default 0.5"),
};
type Settings = z.output<z.ZodObject<typeof options>>;

interface Form {
  id: GaussianDivergenceId;
  order?: number;
  /** Brings the closed form to the scaling of the f-divergence it stands for. */
  factor: number;
}

function requireInside(order: number): void {
  if (order > 0 && order < 1) return;
  throw new UsageError(
    `gaussian estimator: alpha is ${order}; give an order inside (0, 1), since others do not exist for every pair of variances`,
  );
}

/** The closed form for the options; `js` has none and is represented by the geometric Jensen-Shannon divergence. */
function formOf(divergence: FDivergence, { form, order }: Settings): Form {
  if (form === "renyi") return { id: "renyi", order: order ?? 0.5, factor: 1 };
  if (order !== undefined)
    throw new UsageError(`gaussian estimator: order is for form: renyi, but form is ${form}; leave it out`);
  if (form === "geojs") return { id: "geojs", factor: 1 };
  switch (divergence.id) {
    case "kl":
    case "rkl":
    case "jeffreys":
    case "h2":
      return { id: divergence.id, factor: 1 };
    case "js":
      return { id: "geojs", factor: 2 };
    case "alpha":
      requireInside(divergence.params.alpha);
      return { id: "alpha", order: divergence.params.alpha, factor: 1 };
    default:
      throw new UsageError(
        `gaussian estimator: ${divergence.id} has no closed form that exists for every pair of Gaussians; take kl, rkl, jeffreys, h2, js (geometric), alpha inside (0, 1), or form: renyi`,
      );
  }
}

/** Maps [B, C, ...S] → per-channel mean and biased variance, each [C, 1]. */
function moments(bottleneck: Tensor): { mean: Tensor; variance: Tensor } {
  const values = bottleneck.transpose(0, 1).flatten(1);
  return { mean: values.mean(1, { keepdim: true }), variance: values.variance(1, { correction: 0, keepdim: true }) };
}

/** A batch of C one-dimensional Gaussians. */
function channelGaussians(mean: Tensor, variance: Tensor): Gaussian {
  return { mean, covariance: new DiagonalCovariance(variance.clamp({ min: varianceFloor })) };
}

function compare({ id, order, factor }: Form, [mean, variance]: readonly Statistic[]): Tensor {
  const p = channelGaussians(mean.values.source, variance.values.source);
  const q = channelGaussians(mean.values.target, variance.values.target);
  return gaussianDivergence(id, p, q, { order }).mean().mul(factor);
}

function createGaussian(choices: DomainDivergenceOptions, settings: Settings): DomainDivergence {
  const form = formOf(choices.divergence, settings);
  return estimator(
    {
      id: "gaussian",
      describe(input, forward) {
        const maps = bottlenecks(input, forward);
        const [source, target] = [moments(maps.source), moments(maps.target)];
        return [
          { name: "mean", values: { source: source.mean, target: target.mean } },
          { name: "variance", values: { source: source.variance, target: target.variance } },
        ];
      },
      compare: (statistics) => compare(form, statistics),
    },
    choices,
  );
}

export const gaussian = estimatorEntry({
  summary: "normal distributions of the bottleneck channels",
  source: "ours",
  cost: "encoder on 2B images",
  options,
  create: createGaussian,
});
