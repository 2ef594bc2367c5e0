/**
 * The frame the estimators share: they turn the images into one statistic per domain, and here the running means, the
 * side the gradient takes and the scale are applied.
 */
import { UsageError } from "../../core/errors.js";
import { scope, type Tensor } from "../../torch/index.js";
import type {
  DivergenceForward,
  DivergenceSide,
  DomainDivergence,
  DomainDivergenceOptions,
  DomainInput,
} from "./domain-divergence.js";
import type { Pair } from "./forward.js";
import { RunningMeans } from "./running-mean.js";

/** One statistic of both domains, and which of its rows count in each (default: all). */
export interface Statistic {
  name: string;
  values: Pair<Tensor>;
  present?: Pair<Tensor>;
}

/** What an estimator adds to the frame. */
export interface EstimatorBody {
  id: string;
  /** From the images to the statistics that describe the domains. */
  describe(input: DomainInput, forward: DivergenceForward): Statistic[];
  /** From the statistics, in the order described, to D without scale. */
  compare(statistics: readonly Statistic[]): Tensor;
}

function requireTemperature(tauF: number): void {
  if (!(tauF > 0 && Number.isFinite(tauF)))
    throw new UsageError(`domain divergence: tauF is ${tauF}; give a temperature above 0`);
}

/** Cuts the gradient of the other side. */
export function oneSided({ source, target }: Pair<Tensor>, side: DivergenceSide): Pair<Tensor> {
  if (side === "source") return { source, target: target.detach() };
  return side === "target" ? { source: source.detach(), target } : { source, target };
}

/**
 * Completes an estimator.
 * @throws UsageError for options outside their range
 */
export function estimator(body: EstimatorBody, options: DomainDivergenceOptions): DomainDivergence {
  const { divergence, forward = "joint", side = "both", tauF = 1, runningMean = 0 } = options;
  const scale = options.scale ?? divergence.defaultScale;
  requireTemperature(tauF);
  const means = new RunningMeans(runningMean);
  return {
    id: body.id,
    evaluate(input) {
      const update = input.learn ?? true;
      return scope(() => {
        const statistics = body.describe(input, forward).map(({ name, values, present }) => {
          const blended = {
            source: means.blend(`source.${name}`, values.source, update, present?.source),
            target: means.blend(`target.${name}`, values.target, update, present?.target),
          };
          return { name, values: oneSided(blended, side), present };
        });
        return body.compare(statistics).mul(scale);
      });
    },
    state: () => means.state(),
    loadState: (state) => means.load(state),
    dispose: () => means.dispose(),
  };
}
