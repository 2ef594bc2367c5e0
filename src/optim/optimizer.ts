/** What turns a gradient into new weights. Gradients are given, never read from `grad`, so that any pass may supply them. */
import type { Tensor } from "../torch/index.js";

export interface Optimizer {
  /**
   * Updates the parameters in place.
   * @param gradients one per parameter, in order; not changed and still owned by the caller
   * @param rate learning rate of this step
   */
  step(gradients: readonly Tensor[], rate: number): void;

  /** State to save, by name; empty before the first step. The tensors stay owned by the optimiser. */
  state(): Map<string, Tensor>;

  /** Takes over copies of a saved state. @throws CheckpointError when it does not fit the parameters */
  loadState(state: ReadonlyMap<string, Tensor>): void;
}
