/** Several networks as one: what it says is the mean of what they say. */
import type { TargetKind } from "../core/target-kind.js";
import { probabilities } from "../losses/index.js";
import { type NetworkOutput, SegmentationNetwork } from "../nn/index.js";
import { scope, type Tensor } from "../torch/index.js";
import { summed } from "./summed.js";

/**
 * Averages class probabilities and gives them as logits, so that it may stand wherever a network is asked: a sigmoid or
 * softmax of these is that mean again. It is not for training.
 */
export class Ensemble extends SegmentationNetwork {
  override readonly rank: 2 | 3;
  override readonly strides: readonly number[];
  override readonly width: number;

  /** @param members at least one, all for images of one rank and the same classes */
  constructor(
    private readonly members: readonly SegmentationNetwork[],
    private readonly kind: TargetKind,
  ) {
    super();
    const [{ rank, width, strides }] = members;
    [this.rank, this.width] = [rank, width];
    this.strides = strides.map((_, axis) => Math.max(...members.map((one) => one.strides[axis])));
    members.forEach((one, i) => {
      this.child(`member${i}`, one);
    });
  }

  override forward(images: Tensor): Tensor {
    return scope(() => {
      const answer = (one: SegmentationNetwork) =>
        scope(() => probabilities(one.forward(images).to({ dtype: "float32" }), this.kind));
      const [first, ...others] = this.members;
      const sum = summed(
        answer(first),
        others.map((one) => () => answer(one)),
      );
      const mean = sum.div(this.members.length);
      return this.kind === "softmax" ? mean.log() : mean.log().sub(mean.neg().log1p());
    });
  }

  override encode(images: Tensor): Tensor[] {
    return [images];
  }

  override decode([images]: readonly Tensor[]): NetworkOutput {
    return { logits: this.forward(images), feature: images };
  }
}
