/** Stochastic gradient descent as torch.optim.SGD defines it, over all tensors at once. */
import { CheckpointError } from "../core/errors.js";
import {
  foreachAdd,
  foreachAdd_,
  foreachMul_,
  noGrad,
  persist,
  scope,
  type Tensor,
  zerosLike,
} from "../torch/index.js";
import type { Optimizer } from "./optimizer.js";
import { addScaled_ } from "./parameter-list.js";
import type { Factor } from "./step-values.js";

/** Settings of {@link Sgd}; MiDSS uses momentum 0.9 and weight decay 1e-4. */
export interface SgdOptions {
  momentum?: number;
  nesterov?: boolean;
  /** Coupled: added to the gradient before momentum. */
  weightDecay?: number;
}

/** d = g + λw; buf = d at first, then m·buf + d; w ← w − lr·buf (Nesterov: w − lr·(d + m·buf)). */
export class Sgd implements Optimizer {
  private buffers: Tensor[] | null = null;

  constructor(
    private readonly parameters: readonly Tensor[],
    private readonly options: SgdOptions = {},
  ) {}

  step(gradients: readonly Tensor[], rate: Factor, decayAt: readonly Tensor[] = this.parameters): void {
    noGrad(() =>
      scope(() => {
        const { momentum = 0, nesterov = false, weightDecay = 0 } = this.options;
        const decayed = weightDecay === 0 ? gradients : foreachAdd(gradients, decayAt, { alpha: weightDecay });
        const direction = momentum === 0 ? decayed : this.accumulate(decayed, momentum);
        const update = nesterov ? foreachAdd(decayed, direction, { alpha: momentum }) : direction;
        addScaled_(this.parameters, typeof rate === "number" ? -rate : rate.neg(), update);
      }),
    );
  }

  private accumulate(direction: readonly Tensor[], momentum: number): readonly Tensor[] {
    if (this.buffers === null) {
      this.buffers = direction.map((tensor) => persist(tensor.clone()));
    } else {
      foreachMul_(this.buffers, momentum);
      foreachAdd_(this.buffers, direction);
    }
    return this.buffers;
  }

  momentum(): readonly Tensor[] | null {
    return this.options.momentum ? (this.buffers ?? []) : null;
  }

  state(): Map<string, Tensor> {
    return new Map((this.buffers ?? []).map((tensor, i) => [`momentum.${i}`, tensor]));
  }

  loadState(state: ReadonlyMap<string, Tensor>): void {
    const loaded = state.size === 0 ? null : loadList(state, "momentum", this.parameters);
    for (const buffer of this.buffers ?? []) buffer.dispose();
    this.buffers = loaded;
  }
}

/**
 * Copies of the saved tensors `name.0 …`, one per parameter and of its shape; they belong to the caller.
 * @throws CheckpointError when one is missing or of another shape; nothing is then copied
 */
export function loadList(state: ReadonlyMap<string, Tensor>, name: string, parameters: readonly Tensor[]): Tensor[] {
  const saved = parameters.map((parameter, i) => {
    const tensor = state.get(`${name}.${i}`);
    if (!tensor || String(tensor.shape) !== String(parameter.shape)) {
      throw new CheckpointError(
        `loadState: optimiser state "${name}.${i}" has shape [${tensor?.shape ?? "missing"}] but the parameter has [${parameter.shape}]`,
      );
    }
    return tensor;
  });
  return noGrad(() => parameters.map((parameter, i) => persist(zerosLike(parameter)).copy_(saved[i])));
}
