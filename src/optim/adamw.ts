/** Adam with decoupled weight decay as torch.optim.AdamW defines it, over all tensors at once. */
import { CheckpointError } from "../core/errors.js";
import {
  foreachAdd_,
  foreachAddcdiv_,
  foreachAddcmul_,
  foreachAddScalar_,
  foreachMul_,
  foreachSqrt,
  noGrad,
  persist,
  scope,
  type Tensor,
  tensor,
  zerosLike,
} from "../torch/index.js";
import type { Optimizer } from "./optimizer.js";
import { loadList } from "./sgd.js";
import type { Factor } from "./step-values.js";

/** Settings of {@link AdamW}, with PyTorch's defaults. */
export interface AdamWOptions {
  beta1?: number;
  beta2?: number;
  eps?: number;
  weightDecay?: number;
}

/** w ← w(1−lr·λ) − lr·m̂/(√v̂+ε) with bias-corrected m̂, v̂ (Loshchilov & Hutter 2019). */
export class AdamW implements Optimizer {
  private means: Tensor[] | null = null;
  private squares: Tensor[] | null = null;
  private steps = 0;

  constructor(
    private readonly parameters: readonly Tensor[],
    private readonly options: AdamWOptions = {},
  ) {}

  step(gradients: readonly Tensor[], rate: Factor): void {
    // Its corrections for the first steps count on the host.
    if (typeof rate !== "number") throw new Error("internal: AdamW was given a rate on the device");
    const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0.01 } = this.options;
    noGrad(() =>
      scope(() => {
        this.means ??= this.parameters.map((parameter) => persist(zerosLike(parameter)));
        this.squares ??= this.parameters.map((parameter) => persist(zerosLike(parameter)));
        this.steps++;
        foreachMul_(this.parameters, 1 - rate * weightDecay);
        foreachMul_(this.means, beta1);
        foreachAdd_(this.means, gradients, { alpha: 1 - beta1 });
        foreachMul_(this.squares, beta2);
        foreachAddcmul_(this.squares, gradients, gradients, 1 - beta2);
        const scale = Math.sqrt(1 - beta2 ** this.steps);
        const denominators = foreachSqrt(this.squares);
        foreachMul_(denominators, 1 / scale);
        foreachAddScalar_(denominators, eps);
        foreachAddcdiv_(this.parameters, this.means, denominators, -rate / (1 - beta1 ** this.steps));
      }),
    );
  }

  momentum(): readonly Tensor[] {
    return this.means ?? [];
  }

  state(): Map<string, Tensor> {
    if (!this.means || !this.squares) return new Map();
    const state = new Map<string, Tensor>([["steps", tensor([this.steps], { dtype: "float64" })]]);
    this.means.forEach((mean, i) => {
      state.set(`mean.${i}`, mean);
    });
    this.squares.forEach((square, i) => {
      state.set(`square.${i}`, square);
    });
    return state;
  }

  loadState(state: ReadonlyMap<string, Tensor>): void {
    const steps = state.get("steps");
    if (state.size > 0 && !steps) {
      throw new CheckpointError('loadState: the optimiser state has no "steps"; it belongs to another optimiser');
    }
    const means = steps ? loadList(state, "mean", this.parameters) : null;
    const squares = steps ? loadList(state, "square", this.parameters) : null;
    for (const old of [...(this.means ?? []), ...(this.squares ?? [])]) old.dispose();
    this.means = means;
    this.squares = squares;
    this.steps = steps?.item() ?? 0;
  }
}
