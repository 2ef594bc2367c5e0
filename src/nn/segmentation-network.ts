/**
 * What training asks of a segmentation network, whichever its architecture. Shapes: B images, C channels, K classes, S
 * all spatial axes, slowest first: [H, W] or [D, H, W].
 */
import { z } from "zod";
import { type Generator, scope, type Tensor } from "../torch/index.js";
import { Module } from "./module.js";

/** What every network is built from; each may have settings of its own beside these. */
export interface NetworkOptions {
  inChannels: number;
  outChannels: number;
  /** Channels at full resolution; doubled at each of the levels below. */
  width: number;
  /** Source of the initial values; default: libtorch's default generator. */
  generator?: Generator;
}

/** Deep supervision in a configuration, of the networks that can have it. */
export const deepSupervisionOption = z
  .boolean()
  .default(false)
  .describe("whether the labelled loss is also of the decoder's maps at a half and a quarter of the resolution");

/** The width in a configuration; every network has it with a default of its own. */
export const widthOption = z.int().min(1).describe("channels at full resolution");

/** Everything one forward pass can give. */
export interface NetworkOutput {
  /** Class scores before sigmoid or softmax, [B, K, ...S]. */
  logits: Tensor;
  /** Last decoder map, [B, width, ...S]. */
  feature: Tensor;
  /**
   * Of networks with deep supervision: class scores of the coarser decoder maps, the finest first, each [B, K, ...] with half
   * the sides of the one before, rounded up or down; of the labelled loss alone.
   */
  deep?: Tensor[];
}

/** An encoder and a decoder that make one logit per class and pixel. */
export abstract class SegmentationNetwork extends Module {
  /** Number of spatial axes of its images: 2, or 3 for volumes. */
  abstract readonly rank: 2 | 3;
  /**
   * For each spatial axis how often a side is halved, as one factor: a smaller side leaves nothing of the bottleneck, and
   * sides that are multiples of it need no padding.
   */
  abstract readonly strides: readonly number[];
  /** Channels of the maps at full resolution. */
  abstract readonly width: number;
  /** Encoder maps from full resolution down; the last one is the bottleneck. */
  abstract encode(images: Tensor): Tensor[];
  /** From the encoder maps to logits and the last decoder map. */
  abstract decode(levels: readonly Tensor[]): NetworkOutput;

  /** Images [B, C, ...S] → logits [B, K, ...S]; the maps in between stay alive only where a gradient needs them. */
  forward(images: Tensor): Tensor {
    return scope(() => this.decode(this.encode(images)).logits);
  }
}
