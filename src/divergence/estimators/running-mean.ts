/**
 * Running means of batch statistics, P̄ ← βP̄ + (1−β)P, for batches too small to describe a domain. The gradient flows
 * through the current term only. An entry counts fully until its mean has a past.
 */
import { UsageError } from "../../core/errors.js";
import { KeptTensors, type Tensor, where, zerosLike } from "../../torch/index.js";
import type { BlendedBatch } from "./statistic-bank.js";

export class RunningMeans {
  private readonly stored = new KeptTensors();

  /** @param beta weight of the past in [0, 1); 0 keeps no state @throws UsageError outside */
  constructor(private readonly beta: number) {
    if (!(beta >= 0 && beta < 1))
      throw new UsageError(`domain divergence: runningMean is ${beta}; give a number from 0 to below 1`);
  }

  /**
   * The mean of the past and `current`.
   * @param name what it is, for example "source"
   * @param current [rows, ...] or [n]
   */
  blend(name: string, current: Tensor, { update, present }: Omit<BlendedBatch, "images">): Tensor {
    if (this.beta === 0) return current;
    const { device, dtype } = current;
    const mean = this.stored.get(`${name}.mean`)?.to({ device }) ?? zerosLike(current);
    const seen = this.stored.get(`${name}.seen`)?.to({ device }) ?? zerosLike(current);
    const pastWeight = seen.mul(this.beta);
    const blended = current.mul(pastWeight.neg().add(1)).add(mean.mul(pastWeight));
    if (update) {
      const next = blended.detach();
      // A step that overflowed is skipped by the trainer; one NaN taken in here would spoil every step after it.
      const counts = present ? next.isfinite().logicalAnd(present.gt(0)) : next.isfinite();
      this.stored.set(`${name}.mean`, where(counts, next, mean));
      this.stored.set(`${name}.seen`, seen.maximum(counts.to({ dtype })));
    }
    return blended;
  }

  /** The stored tensors by name; they stay owned by this object. */
  state(): Map<string, Tensor> {
    return this.stored.state();
  }

  /** Replaces what is stored by copies of `state`. */
  load(state: ReadonlyMap<string, Tensor>): void {
    this.stored.load(state);
  }

  dispose(): void {
    this.stored.dispose();
  }
}
