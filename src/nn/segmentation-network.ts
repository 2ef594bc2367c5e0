/** What training asks of a segmentation network, whichever its architecture. */
import { scope, type Tensor } from "../torch/index.js";
import { Module } from "./module.js";

/** Everything one forward pass can give. */
export interface NetworkOutput {
  /** Class scores before sigmoid or softmax, [B, K, H, W]. */
  logits: Tensor;
  /** Last decoder map, [B, width, H, W]. */
  feature: Tensor;
}

/** An encoder and a decoder that make one logit per class and pixel. */
export abstract class SegmentationNetwork extends Module {
  /** Channels of the maps at full resolution. */
  abstract readonly width: number;
  /** Encoder maps from full resolution down; the last one is the bottleneck. */
  abstract encode(images: Tensor): Tensor[];
  /** From the encoder maps to logits and the last decoder map. */
  abstract decode(levels: readonly Tensor[]): NetworkOutput;

  /** Images [B, C, H, W] → logits [B, K, H, W]; the maps in between stay alive only where a gradient needs them. */
  forward(images: Tensor): Tensor {
    return scope(() => this.decode(this.encode(images)).logits);
  }
}
