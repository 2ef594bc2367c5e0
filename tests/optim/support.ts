/** What the optimiser tests share: a small network with BatchNorm, objectives that can be watched, base optimisers. */
import { BatchNorm2d, Conv2d, Linear, Module, withFrozenRunningStatistics } from "../../src/nn/index.js";
import {
  AdamW,
  type Evaluation,
  type Minimizer,
  type MinimizerEntry,
  type MinimizerName,
  minimizers,
  type NamedParameters,
  type Objective,
  type Optimizer,
  type SampleLosses,
  Sgd,
  type StepContext,
} from "../../src/optim/index.js";
import {
  crossEntropyLoss,
  Generator,
  noGrad,
  rand,
  relu,
  scope,
  setThreads,
  type Tensor,
  tensor,
} from "../../src/torch/index.js";

// On tensors this small, threads cost more than they save.
setThreads(1);

/** All optimisers a configuration may name. */
export const names = Object.keys(minimizers) as MinimizerName[];

/** conv → BatchNorm → ReLU → mean over the image → linear, 3 classes. */
export class SmallNetwork extends Module {
  private readonly conv: Conv2d;
  private readonly bn: BatchNorm2d;
  private readonly fc: Linear;

  constructor(seed = 1) {
    super();
    using generator = new Generator(seed);
    this.conv = this.child("conv", new Conv2d(2, 4, 3, { padding: 1, bias: false, generator }));
    this.bn = this.child("bn", new BatchNorm2d(4));
    this.fc = this.child("fc", new Linear(4, 3, generator));
  }

  features(x: Tensor): Tensor {
    return relu(this.bn.forward(this.conv.forward(x))).mean([2, 3]);
  }

  logits(features: Tensor): Tensor {
    return this.fc.forward(features);
  }
}

/** What one evaluation of a {@link ToyObjective} saw. */
export interface SeenPass {
  updateRunningStatistics: boolean;
  weights: number[];
}

/** Six images in two domains; batch k is drawn from the seed k. A divergence compares mean features of the halves. */
export class ToyObjective implements Objective<Evaluation & { features: Tensor }> {
  readonly passes: SeenPass[] = [];
  /** One entry per evaluation of the divergence: whether it entered the running means. */
  readonly divergences: boolean[] = [];
  readonly divergence: ((evaluation: { features: Tensor }, pass: { learn: boolean }) => Tensor) | null;
  private readonly x: Tensor;
  private readonly y = tensor([0, 1, 2, 1, 0, 2], { dtype: "int64" });

  constructor(
    private readonly network: SmallNetwork,
    batch: number,
    withDivergence = false,
    /** Changes the losses of the n-th pass (0-based), for failures. */
    private readonly spoil: (task: Tensor, pass: number) => Tensor = (task) => task,
  ) {
    using generator = new Generator(1000 + batch);
    this.x = rand([6, 2, 5, 5], { generator });
    this.divergence = withDivergence
      ? ({ features }, { learn }) => {
          this.divergences.push(learn);
          const [source, target] = features.chunk(2);
          return source.mean(0).sub(target.mean(0)).square().sum();
        }
      : null;
  }

  evaluate({ updateRunningStatistics }: { updateRunningStatistics: boolean }) {
    this.passes.push({ updateRunningStatistics, weights: flat(this.network.parameters()) });
    const run = () => this.network.features(this.x);
    const features = updateRunningStatistics ? run() : withFrozenRunningStatistics(this.network, run);
    const losses = crossEntropyLoss(this.network.logits(features), this.y, { reduction: 0 });
    const [source, target] = losses.chunk(2).map((half) => half.mean());
    const task = this.spoil(losses.mean(), this.passes.length - 1);
    const perSample = meanOfChosen(losses);
    return { task, terms: { sup: source, ul: target }, perSample, perDomain: [source, target], features };
  }
}

/** Samples whose task loss is the mean of their own losses [B]. */
export function meanOfChosen(losses: Tensor): SampleLosses {
  const loss = (chosen: readonly number[]) => losses.indexSelect(0, tensor(chosen, { dtype: "int64" })).mean();
  return { count: losses.shape[0], loss };
}

/** All values, one after the other. */
export function flat(tensors: readonly Tensor[]): number[] {
  return noGrad(() => tensors.flatMap((one) => [...one.toNumbers()]));
}

/** Parameters and buffers. */
export function everything(network: Module): number[] {
  return flat([...network.stateDict().values()]);
}

export const baseOptimizers: Record<string, (parameters: Tensor[]) => Optimizer> = {
  sgd: (parameters) => new Sgd(parameters, { momentum: 0.9, weightDecay: 1e-3 }),
  nesterov: (parameters) => new Sgd(parameters, { momentum: 0.8, nesterov: true, weightDecay: 1e-4 }),
  adamw: (parameters) => new AdamW(parameters, { weightDecay: 0.02 }),
};

/** A registered optimiser over a network's parameters, with settings beside its defaults. */
export function create(
  name: MinimizerName,
  parameters: NamedParameters,
  base: Optimizer,
  options: Record<string, unknown> = {},
): Minimizer {
  const entry: MinimizerEntry = minimizers[name] as never;
  return entry.create(parameters, base, entry.options.parse(options));
}

export function contextAt(iteration: number, changes: Partial<StepContext> = {}): StepContext {
  return { iteration, maxIterations: 10, rate: 0.1, baseRate: 0.1, rampUp: 1, measure: true, ...changes };
}

/** A network under an optimiser, stepped batch by batch. */
export class Bench {
  readonly network: SmallNetwork;
  readonly base: Optimizer;
  readonly minimizer: Minimizer;

  constructor(name: MinimizerName, base = "sgd", options: Record<string, unknown> = {}, seed = 1) {
    this.network = new SmallNetwork(seed);
    this.base = baseOptimizers[base](this.network.parameters());
    this.minimizer = create(name, this.network.namedParameters(), this.base, options);
  }

  step(iteration: number, withDivergence = false, changes: Partial<StepContext> = {}) {
    return scope(() => {
      const objective = new ToyObjective(this.network, iteration, withDivergence);
      const report = this.minimizer.step(objective, contextAt(iteration, changes));
      return { report, passes: objective.passes, divergences: objective.divergences };
    });
  }

  run(from: number, to: number, withDivergence = false): this {
    for (let iteration = from; iteration < to; iteration++) this.step(iteration, withDivergence);
    return this;
  }
}
