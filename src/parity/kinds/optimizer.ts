/** Kind `optimizer`: six steps of an optimiser on a tiny network (golden README section 3), through the registry. */
import { BatchNorm2d, Conv2d, Linear, Module, withFrozenRunningStatistics } from "../../nn/index.js";
import {
  AdamW,
  createMinimizer,
  domainVariance,
  type Evaluation,
  type Minimizer,
  type MinimizerName,
  minimizers,
  type NamedParameters,
  type Objective,
  type Optimizer,
  Sgd,
} from "../../optim/index.js";
import { crossEntropyLoss, relu_, scope, type Tensor, tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { RecordingOptimizer } from "../recording-optimizer.js";

/** conv → BatchNorm → ReLU → conv → mean over the image → linear. */
class TinyNetwork extends Module {
  private readonly conv1: Conv2d;
  private readonly bn: BatchNorm2d;
  private readonly conv2: Conv2d;
  private readonly fc: Linear;

  constructor({ inChannels, hidden, hidden2, classes }: Record<string, number>) {
    super();
    this.conv1 = this.child("conv1", new Conv2d(inChannels, hidden, 3, { padding: 1, bias: false }));
    this.bn = this.child("bn", new BatchNorm2d(hidden));
    this.conv2 = this.child("conv2", new Conv2d(hidden, hidden2, 3, { padding: 1 }));
    this.fc = this.child("fc", new Linear(hidden2, classes));
  }

  forward(x: Tensor): Tensor {
    return this.fc.forward(this.conv2.forward(relu_(this.bn.forward(this.conv1.forward(x)))).mean([2, 3]));
  }
}

type Params = GoldenCase["params"];

/** The optimiser of each reference method, with its settings under our names. */
const optimisers: Record<string, (params: Params) => { name: MinimizerName; [option: string]: unknown }> = {
  sgd: () => ({ name: "none" }),
  sgd_nesterov: () => ({ name: "none" }),
  adamw: () => ({ name: "none" }),
  sam: ({ rho }) => ({ name: "sam", rho }),
  sam_nesterov: ({ rho }) => ({ name: "sam", rho }),
  sam_adamw: ({ rho }) => ({ name: "sam", rho }),
  asam_adaptive: ({ rho }) => ({ name: "asamAdaptive", rho }),
  asam_official: ({ rho, eta }) => ({ name: "asam", rho, eta }),
  gsam: ({ rho, alpha }) => ({ name: "gsam", rho, alpha, rhoMode: "constant" }),
  gsam_sched: ({ rhoMax, rhoMin, alpha }) => ({ name: "gsam", rho: rhoMax, rhoMin, alpha, rhoMode: "rate" }),
  friendly_sam: ({ rho, sigma, lam }) => ({ name: "fsam", rho, sigma, lambda: lam }),
  fisher_sam: ({ gamma, eta }) => ({ name: "fisher", rho: gamma, eta }),
  sagm: ({ rho, alpha }) => ({ name: "sagm", rho, alpha }),
  looksam: ({ rho, alpha, n }) => ({ name: "looksam", rho, alpha, every: n }),
  msam: ({ rho }) => ({ name: "msam", rho }),
  gam: ({ gradRho, gradNormRho, beta0, beta1, gamma }) => ({
    name: "gam",
    rho: gradNormRho,
    gradRho,
    beta0,
    beta1,
    gamma,
  }),
  wsam: ({ rho, gamma }) => ({ name: "wsam", rho, gamma }),
  disam: ({ rho, lam }) => ({ name: "disam", rho, lambda: lam }),
};

function baseOptimizer(
  { momentum, nesterov, weightDecay, beta1, beta2, eps }: Params,
  parameters: Tensor[],
): Optimizer {
  if (momentum !== undefined) return new Sgd(parameters, { momentum, nesterov, weightDecay });
  return new AdamW(parameters, { beta1, beta2, eps, weightDecay });
}

function minimizerOf(params: Params, base: Optimizer, parameters: NamedParameters): Minimizer | null {
  if (!Object.hasOwn(optimisers, params.method)) return null;
  const { name, ...options } = optimisers[params.method](params);
  return createMinimizer({ name, ...minimizers[name].options.parse(options) }, parameters, base);
}

/** Mean cross-entropy over the samples of each domain in the batch. */
function lossPerDomain(logits: Tensor, labels: Tensor, domains: readonly number[]): Tensor[] {
  return [...new Set(domains)].sort().map((domain) => {
    const rows = domains.flatMap((of, i) => (of === domain ? [i] : []));
    const index = tensor(rows, { dtype: "int64", device: logits.device });
    return crossEntropyLoss(logits.indexSelect(0, index), labels.indexSelect(0, index));
  });
}

/** Evaluates batches and notes the loss and the weights of every pass. */
class WatchedObjective implements Objective {
  readonly divergence = null;
  /** Per pass of the present step. */
  passes: { loss: number; ascentLoss: number; weights: Map<string, Float64Array> }[] = [];

  constructor(
    private readonly network: TinyNetwork,
    private readonly batch: { x: Tensor; y: Tensor; domains: readonly number[] },
    private readonly lambda: number,
  ) {}

  evaluate({ updateRunningStatistics }: { updateRunningStatistics: boolean }): Evaluation {
    const { x, y, domains } = this.batch;
    const run = () => this.network.forward(x);
    const logits = updateRunningStatistics ? run() : withFrozenRunningStatistics(this.network, run);
    const task = crossEntropyLoss(logits, y);
    const perDomain = lossPerDomain(logits, y, domains);
    const loss = task.item();
    this.passes.push({
      loss,
      ascentLoss: loss - this.lambda * domainVariance(perDomain).item(),
      weights: new Map(this.network.namedParameters().map(([name, value]) => [name, value.toNumbers()])),
    });
    return { task, terms: { sup: task }, perDomain };
  }
}

/** Collects values over steps, in order. */
class Traces {
  readonly values = new Map<string, number[]>();

  add(name: string, values: ArrayLike<number>): void {
    const trace = this.values.get(name) ?? [];
    this.values.set(name, trace);
    for (let i = 0; i < values.length; i++) trace.push(values[i]);
  }

  /** @param count passes a step of this case is stored with; a step with fewer repeats its clean pass */
  addPasses({ passes }: WatchedObjective, count: number): void {
    for (let j = 0; j < count; j++) {
      const pass = passes[j] ?? passes[0];
      this.add("loss_passes", [pass.loss]);
      for (const [name, weights] of pass.weights) this.add(`pass${j}.${name}`, weights);
    }
    this.add("loss", [passes[0].loss]);
    this.add("loss_ascent", [passes[0].ascentLoss]);
  }
}

export function optimizer(testCase: GoldenCase): Computed | null {
  const { steps, lr, net, lam = 0 } = testCase.params;
  const network = new TinyNetwork(net);
  network.loadStateDict(new Map(testCase.namesBelow("init.").map((name) => [name, testCase.tensor(`init.${name}`)])));
  network.to({ device: testCase.device });
  const parameters = network.namedParameters();
  const base = new RecordingOptimizer(baseOptimizer(testCase.params, network.parameters()), parameters);
  const minimizer = minimizerOf(testCase.params, base, parameters);
  if (!minimizer) return null;

  const traces = new Traces();
  const rates: number[] = Array.isArray(lr) ? lr : Array(steps).fill(lr);
  const passCount = testCase.has("loss_passes") ? testCase.shape("loss_passes")[1] : 1;
  const [x, y, domain] = ["x", "y", "domain"].map((name) => testCase.tensor(name));
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const batch = { x: x.select(0, step), y: y.select(0, step), domains: [...domain.select(0, step).toNumbers()] };
      const objective = new WatchedObjective(network, batch, lam);
      const at = { iteration: step, maxIterations: steps, rate: rates[step], baseRate: rates[0] };
      minimizer.step(objective, { ...at, rampUp: 1, measure: false });
      traces.addPasses(objective, passCount);
      for (const [name, value] of network.stateDict()) traces.add(`traj.${name}`, value.toNumbers());
      for (const [name, gradient] of base.gradients[step]) traces.add(`final_grad.${name}`, gradient);
    });
  }
  return traces.values;
}
