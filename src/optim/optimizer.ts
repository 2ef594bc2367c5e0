/** What turns a gradient into new weights. Gradients are given, never read from `grad`, so that any pass may supply them. */
import type { Tensor } from "../torch/index.js";
import type { Factor } from "./step-values.js";

/** A base optimiser. */
export interface Optimizer {
  /**
   * Updates the parameters in place.
   * @param gradients one per parameter, in order; not changed and still owned by the caller
   * @param rate learning rate of this step
   * @param decayAt the weights that coupled weight decay reads instead of the parameters (MSAM); decoupled decay
   *   shrinks the parameters themselves and ignores it
   */
  step(gradients: readonly Tensor[], rate: Factor, decayAt?: readonly Tensor[]): void;

  /**
   * The running mean (or sum) of past gradients, one per parameter, still owned by the optimiser; empty before the
   * first step, null when it keeps none.
   */
  momentum(): readonly Tensor[] | null;

  /** State to save, by name; empty before the first step. The tensors stay owned by the optimiser. */
  state(): Map<string, Tensor>;

  /** Takes over copies of a saved state. @throws CheckpointError when it does not fit the parameters */
  loadState(state: ReadonlyMap<string, Tensor>): void;
}
