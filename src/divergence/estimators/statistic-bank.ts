/**
 * A bank of batch statistics: P̄ is the mean over the present batch and the latest ones before it, so that a domain is
 * described by 64 or 256 images instead of four. The gradient flows through the present batch only. Unlike a running mean
 * it keeps the batches apart, which a permutation test needs.
 */
import { cat, KeptTensors, onesLike, type Tensor, where } from "../../torch/index.js";
import type { Pair } from "./forward.js";

/** One statistic of both domains, and which of its rows count in each (default: all). */
export interface Statistic {
  name: string;
  values: Pair<Tensor>;
  present?: Pair<Tensor>;
}

/** One statistic of the latest batches. */
export interface Banked {
  /** [m, ...], the latest first. */
  values: Tensor;
  /** 1 where an entry counts, else 0, in the same shape. */
  weights: Tensor;
}

/** What a blend is told of its batch. */
export interface BlendedBatch {
  /** Images the statistic is of. */
  images: number;
  /** Whether it is remembered. */
  update: boolean;
  /** 1 for rows that count, else 0, broadcastable to the statistic; default: all. */
  present?: Tensor;
}

/** Mean over the first axis by weights, [...]; 0 where all of them are 0. */
export function weightedMean({ values, weights }: Banked): Tensor {
  return values
    .mul(weights)
    .sum(0)
    .div(weights.sum(0).clamp({ min: 1 }));
}

export class StatisticBank {
  private readonly stored = new KeptTensors();

  /** @param images of a domain that are remembered; at least one batch is */
  constructor(private readonly images: number) {}

  /** The mean of `current` and what is remembered under that name; where nothing counts yet, `current` itself. */
  blend(name: string, current: Tensor, { images, update, present }: BlendedBatch): Tensor {
    const past = this.get(name, current);
    const own = present ? onesLike(current).mul(present) : onesLike(current);
    const [values, weights] = [current.unsqueeze(0), own.unsqueeze(0)];
    const all = past
      ? { values: cat([values, past.values]), weights: cat([weights, past.weights]) }
      : { values, weights };
    const blended = past ? where(all.weights.sum(0).gt(0), weightedMean(all), current) : current;
    if (update) {
      const count = Math.min(all.values.shape[0], this.capacity(images));
      const fixed = all.values.detach().narrow(0, 0, count);
      // A step that overflowed is skipped by the trainer; its NaN must not stay here.
      const finite = fixed.isfinite();
      this.stored.set(`${name}.values`, where(finite, fixed, 0));
      this.stored.set(
        `${name}.weights`,
        all.weights
          .detach()
          .narrow(0, 0, count)
          .mul(finite.to({ dtype: own.dtype })),
      );
    }
    return blended;
  }

  /** What is remembered under a name, on the device of `like`; null before the first update. */
  get(name: string, like: Tensor): Banked | null {
    const [values, weights] = ["values", "weights"].map((part) => this.stored.get(`${name}.${part}`));
    if (!values || !weights) return null;
    const { device } = like;
    return { values: values.to({ device }), weights: weights.to({ device }) };
  }

  /** Batches of that size that are remembered. */
  capacity(images: number): number {
    return Math.max(1, Math.floor(this.images / images));
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
