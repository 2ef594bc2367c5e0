/**
 * The network T of the variational bound with its own optimiser: two linear layers over the rows [n, C] of both
 * domains, SGD with Nesterov momentum, everything in float64, which autocast leaves alone: the bound is a difference
 * of nearly equal numbers. Nothing of it is among the parameters that the run's optimiser perturbs or updates.
 */
import { CheckpointError } from "../../core/errors.js";
import { RandomStream } from "../../core/random.js";
import {
  enableGrad,
  foreachNorm,
  fromTypedArray,
  full,
  grad,
  linear,
  noGrad,
  persist,
  scope,
  stack,
  type Tensor,
  where,
  zerosLike,
} from "../../torch/index.js";

/** Settings of {@link CriticNetwork}. */
export interface CriticSettings {
  /** Width of the layer between. */
  hidden: number;
  /** Learning rate, momentum, and the norm that gradients are cut to. */
  rate: number;
  momentum: number;
  clip: number;
  seed: number;
  /** The output v before anything was learnt. */
  start: number;
}

const names = ["hidden.weight", "hidden.bias", "out.weight", "out.bias"] as const;
/** Outputs outside ±10 are cut: e^v and its like stay finite (nv-tlabs/fDAL clamps too). */
const outputLimit = 10;

/** Weights by layer, in the order of the names. */
type Weights = readonly Tensor[];

function scores([hiddenWeight, hiddenBias, outWeight, outBias]: Weights, rows: Tensor): Tensor {
  const hidden = linear(rows.to({ dtype: "float64" }), hiddenWeight, { bias: hiddenBias }).relu();
  return linear(hidden, outWeight, { bias: outBias }).squeeze(1).clamp({ min: -outputLimit, max: outputLimit });
}

export class CriticNetwork {
  private weights: Tensor[] = [];
  private velocities: Tensor[] = [];
  /** Steps so far as a tensor [1], since it is saved with the others; and as a number, since reading waits. */
  private count: Tensor | null = null;
  private counted = 0;

  constructor(private readonly settings: CriticSettings) {}

  /** Steps so far, those without effect among them. */
  get updates(): number {
    return this.counted;
  }

  /** Outputs v [n] for rows [n, C], differentiable in the rows only; the first call fixes C. */
  scores(rows: Tensor): Tensor {
    this.ensure(rows);
    return scores(this.weights, rows);
  }

  /** One step that makes a bound larger; without effect when its gradient is not finite. */
  ascend(p: Tensor, q: Tensor, bound: (fromP: Tensor, fromQ: Tensor) => Tensor): void {
    this.ensure(p);
    scope(() => {
      const gradients = enableGrad(() => {
        const weights = this.weights.map((weight) => weight.detach().requiresGrad_());
        return grad(bound(scores(weights, p.detach()), scores(weights, q.detach())), weights);
      });
      noGrad(() => this.update(gradients));
    });
  }

  private update(gradients: readonly Tensor[]): void {
    const { rate, momentum, clip } = this.settings;
    const norm = stack(foreachNorm(gradients)).vectorNorm();
    const fit = norm.isfinite();
    const cut = norm.fullLike(clip).div(norm).clamp({ max: 1 });
    gradients.forEach((gradient, i) => {
      const step = gradient.mul(cut);
      const velocity = this.velocities[i].mul(momentum).add(step);
      // New tensors, since a graph that is still to be differentiated may hold the old ones.
      const weight = this.weights[i].add(step.add(velocity.mul(momentum)).mul(rate));
      this.weights[i] = replaced(this.weights[i], where(fit, weight, this.weights[i]));
      this.velocities[i] = replaced(this.velocities[i], where(fit, velocity, this.velocities[i]));
    });
    this.counted++;
    this.count = replaced(this.count as Tensor, (this.count as Tensor).add(1));
  }

  /** First weights: uniform by fan-in below, zeros above, so that every output is `start`. */
  private ensure({ shape: [, channels], device }: Tensor): void {
    if (this.weights.length > 0) {
      if (this.weights[0].shape[1] === channels) this.move(device);
      else
        throw new CheckpointError(`critic: its weights are for ${this.weights[0].shape[1]} channels, not ${channels}`);
      return;
    }
    const { hidden, seed, start } = this.settings;
    const stream = new RandomStream(seed, "divergence.critic");
    const reach = 1 / Math.sqrt(channels);
    const drawn = (shape: number[]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = Float64Array.from({ length: count }, () => stream.uniform(-reach, reach));
      return fromTypedArray(values, shape, { device });
    };
    const constant = (shape: number[], value: number) => full(shape, value, { dtype: "float64", device });
    noGrad(() =>
      scope(() => {
        this.weights = [drawn([hidden, channels]), drawn([hidden]), constant([1, hidden], 0), constant([1], start)];
        this.velocities = this.weights.map((weight) => zerosLike(weight));
        this.count = persist(constant([1], 0));
        for (const tensor of [...this.weights, ...this.velocities]) persist(tensor);
      }),
    );
  }

  /** A loaded state lies on the CPU until the first rows tell where to work. */
  private move(device: string): void {
    if (this.weights[0].device === device) return;
    const moved = (tensor: Tensor) => replaced(tensor, tensor.to({ device }));
    this.weights = this.weights.map(moved);
    this.velocities = this.velocities.map(moved);
  }

  /** Weights, velocities and count by name, owned by this object; empty before the first evaluation. */
  state(): Map<string, Tensor> {
    if (!this.count) return new Map();
    return new Map([
      ...this.weights.map((tensor, i) => [`critic.${names[i]}`, tensor] as const),
      ...this.velocities.map((tensor, i) => [`velocity.${names[i]}`, tensor] as const),
      ["updates", this.count],
    ]);
  }

  /** Takes over copies of a saved state. @throws CheckpointError when it is not that of a critic of this width */
  load(state: ReadonlyMap<string, Tensor>): void {
    if (state.size > 0) this.requireFit(state);
    this.dispose();
    if (state.size === 0) return;
    const copy = (name: string) => persist((state.get(name) as Tensor).clone());
    this.weights = names.map((name) => copy(`critic.${name}`));
    this.velocities = names.map((name) => copy(`velocity.${name}`));
    this.count = copy("updates");
    this.counted = this.count.item();
  }

  private requireFit(state: ReadonlyMap<string, Tensor>): void {
    const expected = ["updates", ...names.flatMap((name) => [`critic.${name}`, `velocity.${name}`])];
    const missing = expected.find((name) => !state.has(name));
    const foreign = [...state.keys()].find((name) => !expected.includes(name));
    if (missing ?? foreign)
      throw new CheckpointError(`critic: the saved state ${missing ? `lacks ${missing}` : `has ${foreign}`}`);
    const width = state.get("critic.hidden.bias")?.shape[0];
    if (width === this.settings.hidden) return;
    throw new CheckpointError(`critic: the saved state is ${width} wide, but hidden is ${this.settings.hidden}`);
  }

  dispose(): void {
    for (const tensor of this.state().values()) tensor.dispose();
    this.weights = [];
    this.velocities = [];
    this.count = null;
    this.counted = 0;
  }
}

/** Keeps `next` beyond the scope in place of `before`. */
function replaced(before: Tensor, next: Tensor): Tensor {
  before.dispose();
  return persist(next);
}
