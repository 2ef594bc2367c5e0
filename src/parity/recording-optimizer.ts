/** A base optimiser that keeps what it is given, for outputs such as "the gradient handed to SGD". */
import type { NamedParameters, Optimizer } from "../optim/index.js";
import type { Tensor } from "../torch/index.js";

export class RecordingOptimizer implements Optimizer {
  /** One entry per step: gradients by parameter name. */
  readonly gradients: Map<string, Float64Array>[] = [];

  constructor(
    private readonly inner: Optimizer,
    private readonly parameters: NamedParameters,
  ) {}

  step(gradients: readonly Tensor[], rate: number, decayAt?: readonly Tensor[]): void {
    this.gradients.push(new Map(gradients.map((gradient, i) => [this.parameters[i][0], gradient.toNumbers()])));
    this.inner.step(gradients, rate, decayAt);
  }

  momentum = () => this.inner.momentum();
  state = () => this.inner.state();
  loadState = (state: ReadonlyMap<string, Tensor>) => this.inner.loadState(state);
}
