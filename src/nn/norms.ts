/**
 * What may follow a convolution, by the name that configurations give it. BatchNorm is in layers.ts, as the modes of
 * networks act on it; the others treat every image alone and have no mode.
 */
import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { BatchNorm2d, BatchNorm3d } from "./layers.js";
import { Layer } from "./module.js";

/**
 * Normalisation of each image [C, ...S] over groups of channels (Wu & He, ECCV 2018; eps 1e-5), in training and
 * evaluation alike.
 */
export class GroupNorm extends Layer {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;

  /**
   * @param groups must divide the channels
   * @param affine whether a trained weight and bias a channel follow
   */
  constructor(
    channels: number,
    private readonly groups: number,
    affine = true,
  ) {
    super();
    this.weight = affine ? this.parameter("weight", torch.ones([channels])) : null;
    this.bias = affine ? this.parameter("bias", torch.zeros([channels])) : null;
  }

  override forward(input: Tensor): Tensor {
    return torch.normaliseByGroup(input, this.groups, this.weight, this.bias);
  }
}

/** Normalisation of each map of each image by itself (Ulyanov et al. 2016; eps 1e-5). */
export class InstanceNorm extends GroupNorm {
  /** @param affine as PyTorch's InstanceNorm has it, without unless asked for */
  constructor(channels: number, affine = false) {
    super(channels, channels, affine);
  }
}

/** Names of normalisations. */
export const normNames = ["batch", "instance", "group"] as const;
/** Name of a normalisation in a configuration. */
export type NormName = (typeof normNames)[number];

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** The reference code's number of groups. */
const usualGroups = 16;

/**
 * A layer that normalises maps of `channels` channels. Groups are 16, as the reference code has them, or as many of those
 * as divide the channels evenly.
 * @param affine whether instance normalisation has a trained weight and bias; the other two always do
 */
export function createNorm(name: NormName, channels: number, rank: 2 | 3, affine = false): Layer {
  if (name === "instance") return new InstanceNorm(channels, affine);
  if (name === "group") return new GroupNorm(channels, commonDivisor(usualGroups, channels));
  return rank === 3 ? new BatchNorm3d(channels) : new BatchNorm2d(channels);
}
