/**
 * The frame the estimators share: they turn the images into one statistic per domain, and here what is remembered of it,
 * the side the gradient takes, the scale and the gate are applied.
 */
import { UsageError } from "../../core/errors.js";
import { noGrad, scope, type Tensor, tensor, worldSize } from "../../torch/index.js";
import type {
  DivergenceForward,
  DivergenceSide,
  DomainDivergence,
  DomainDivergenceOptions,
  DomainInput,
} from "./domain-divergence.js";
import { DomainGate } from "./domain-gate.js";
import type { Pair } from "./forward.js";
import { RunningMeans } from "./running-mean.js";
import { type Statistic, StatisticBank } from "./statistic-bank.js";

export type { Statistic };

/** What an estimator adds to the frame. */
export interface EstimatorBody {
  id: string;
  /** From the images to the statistics that describe the domains. */
  describe(input: DomainInput, forward: DivergenceForward): Statistic[];
  /** From the statistics, in the order described, to D without scale. */
  compare(statistics: readonly Statistic[]): Tensor;
  /** What else it learns, and under which names that is saved. Default: nothing. */
  learns?: Pick<DomainDivergence, "state" | "dispose"> & {
    readonly names: readonly string[];
    /** Takes its own over from a saved state, whose other names it leaves. */
    load(state: ReadonlyMap<string, Tensor>): void;
  };
}

function requireTemperature(tauF: number): void {
  if (!(tauF > 0 && Number.isFinite(tauF)))
    throw new UsageError(`domain divergence: tauF is ${tauF}; give a temperature above 0`);
}

/** What the gate's state is saved as, beside the statistics. */
const gateName = "gate";

/** @throws UsageError for two memories at once, or a gate without the one that it tests */
function requireOneMemory({ runningMean = 0, bank, gate }: DomainDivergenceOptions): void {
  if (bank && runningMean > 0)
    throw new UsageError("domain divergence: runningMean and bank are two memories of the same; leave one out");
  if (gate && !bank)
    throw new UsageError("domain divergence: gate tests what a bank holds; set divergence.bank, for example to 128");
}

/**
 * Refuses settings that an estimator has no use for.
 * @param settings those that were given, by name; 0, false and undefined: not given
 * @param theirUse what they are for, and what stands in their place here
 * @throws UsageError naming the first
 */
export function refuseIdle(id: string, settings: Readonly<Record<string, unknown>>, theirUse: string): void {
  const idle = Object.keys(settings).find((name) => settings[name]);
  if (idle) throw new UsageError(`${id}: ${idle} is ${theirUse}, so leave it out`);
}

/** The same values with `factor` times their gradient. */
export function withGradient(values: Tensor, factor: number): Tensor {
  if (factor === 1) return values;
  const fixed = values.detach();
  return fixed.add(values.sub(fixed).mul(factor));
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
  const { divergence, forward = "joint", side = "both", tauF = 1, runningMean = 0, seed = 0 } = options;
  const scale = options.scale ?? divergence.defaultScale;
  requireTemperature(tauF);
  requireOneMemory(options);
  const bank = options.bank ? new StatisticBank(options.bank) : null;
  const memory = bank ?? new RunningMeans(runningMean);
  const gate = options.gate ? new DomainGate(options.gate, seed) : null;
  return {
    id: body.id,
    evaluate(input) {
      const update = input.learn ?? true;
      const ofAll = (images: Tensor) => images.shape[0] * worldSize();
      const images = { source: ofAll(input.source), target: ofAll(input.target) };
      const blend = (of: "source" | "target", { name, values, present }: Statistic) =>
        memory.blend(`${of}.${name}`, values[of], { images: images[of], update, present: present?.[of] });
      return scope(() => {
        const described = body.describe(input, forward);
        const statistics = described.map((statistic) => {
          const blended = { source: blend("source", statistic), target: blend("target", statistic) };
          return { ...statistic, values: oneSided(blended, side) };
        });
        if (gate && bank && update)
          noGrad(() => gate.step({ bank, statistics: described, images, compare: body.compare }));
        const d = body.compare(statistics).mul(scale);
        return withGradient(d, !gate || gate.open ? 1 : 0);
      });
    },
    measures: (): Record<string, Tensor> => (gate ? { divergenceGate: tensor(Number(gate.open)) } : {}),
    state: () =>
      new Map([
        ...memory.state(),
        ...(gate ? [[gateName, gate.state()] as const] : []),
        ...(body.learns?.state() ?? []),
      ]),
    loadState(state) {
      const others = new Set([gateName, ...(body.learns?.names ?? [])]);
      memory.load(new Map([...state].filter(([name]) => !others.has(name))));
      gate?.load(state.get(gateName));
      body.learns?.load(state);
    },
    dispose() {
      memory.dispose();
      body.learns?.dispose();
    },
  };
}
