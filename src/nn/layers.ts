/** The layers the networks are made of; initial values are PyTorch's defaults, drawn in PyTorch's order. */

import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { Layer } from "./module.js";

/** A tensor uniform in ±1/√fanIn, PyTorch's default for convolutions and linear layers. */
function uniformByFanIn(shape: readonly number[], fanIn: number, generator: Generator | undefined): Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  return torch.empty(shape).uniform_(-bound, bound, { generator });
}

/** Options shared by convolutions. */
export interface ConvolutionOptions {
  stride?: number;
  padding?: number;
  /** Default true. */
  bias?: boolean;
  /** Source of the initial values; default: libtorch's default generator. */
  generator?: Generator;
}

/** Convolution [B, Cin, H, W] → [B, Cout, H', W']. */
export class Conv2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    private readonly options: ConvolutionOptions = {},
  ) {
    super();
    const fanIn = inChannels * kernelSize * kernelSize;
    const shape = [outChannels, inChannels, kernelSize, kernelSize];
    this.weight = this.parameter("weight", uniformByFanIn(shape, fanIn, options.generator));
    const bias = options.bias ?? true;
    this.bias = bias ? this.parameter("bias", uniformByFanIn([outChannels], fanIn, options.generator)) : null;
  }

  override forward(input: Tensor): Tensor {
    const { stride, padding } = this.options;
    return torch.conv2d(input, this.weight, { bias: this.bias, stride, padding });
  }
}

/** Transposed convolution [B, Cin, H, W] → [B, Cout, H·stride, W·stride] for kernel = stride. */
export class ConvTranspose2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    private readonly options: ConvolutionOptions = {},
  ) {
    super();
    // PyTorch computes fan-in from the second axis of the weight, which is the output here.
    const fanIn = outChannels * kernelSize * kernelSize;
    const shape = [inChannels, outChannels, kernelSize, kernelSize];
    this.weight = this.parameter("weight", uniformByFanIn(shape, fanIn, options.generator));
    const bias = options.bias ?? true;
    this.bias = bias ? this.parameter("bias", uniformByFanIn([outChannels], fanIn, options.generator)) : null;
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias } = this;
    const { stride = 1, padding = 0 } = this.options;
    const tiles = padding === 0 && weight.shape[2] === stride;
    if (tiles && input.dtype !== "float32" && isChannelsLast(input)) return tileProduct(input, weight, bias);
    return torch.convTranspose2d(input, weight, { bias, stride, padding });
  }
}

/** Whether the channels of one pixel lie side by side. */
function isChannelsLast({ ndim, shape, strides }: Tensor): boolean {
  return ndim === 4 && strides[1] === 1 && strides[3] === shape[1];
}

/**
 * Transposed convolution of a channels-last x [B, Cin, H, W] whose k×k windows do not overlap: one matrix product over
 * the channels makes every pixel's window. In reduced precision oneDNN takes twice as long for the gradients of the
 * weights and the bias of its own operator.
 */
function tileProduct(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return torch.scope(() => {
    const [batch, , height, width] = x.shape;
    const [inChannels, outChannels, k] = weight.shape;
    const rows = weight.permute([2, 3, 1, 0]).reshape([k * k * outChannels, inChannels]);
    const windows = torch.linear(x.permute([0, 2, 3, 1]), rows, { bias: bias?.repeat([k * k]) });
    return windows
      .view([batch, height, width, k, k * outChannels])
      .transpose(2, 3)
      .reshape([batch, height * k, width * k, outChannels])
      .permute([0, 3, 1, 2]);
  });
}

/** Affine map of the last axis. */
export class Linear extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(inFeatures: number, outFeatures: number, generator?: Generator) {
    super();
    this.weight = this.parameter("weight", uniformByFanIn([outFeatures, inFeatures], inFeatures, generator));
    this.bias = this.parameter("bias", uniformByFanIn([outFeatures], inFeatures, generator));
  }

  override forward(input: Tensor): Tensor {
    return torch.linear(input, this.weight, { bias: this.bias });
  }
}

const momentum = 0.1;
const epsilon = 1e-5;
/** Up to this many channels libtorch's own operator leaves most of a processor's vectors empty. */
const narrow = 16;

function isNarrowOnProcessor(input: Tensor): boolean {
  const { shape, dtype, device } = input;
  const known = dtype === "float32" || dtype === "bfloat16";
  return known && shape[1] <= narrow && device === "cpu" && isChannelsLast(input);
}

/**
 * Batch normalisation over [B, C, H, W] (eps 1e-5, momentum 0.1). In training mode it uses the batch's own statistics;
 * `updateRunningStatistics` says whether that pass also moves the running ones, which a sharpness-aware optimiser
 * allows in its clean pass only, and `parts` how many images in a row are normalised together (null: all).
 */
export class BatchNorm2d extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  updateRunningStatistics = true;
  parts: readonly number[] | null = null;

  constructor(channels: number) {
    super();
    this.weight = this.parameter("weight", torch.ones([channels]));
    this.bias = this.parameter("bias", torch.zeros([channels]));
    this.runningMean = this.buffer("running_mean", torch.zeros([channels]));
    this.runningVar = this.buffer("running_var", torch.ones([channels]));
  }

  override forward(input: Tensor): Tensor {
    const { parts, weight, bias } = this;
    if (!this.training) return this.normalise(input);
    if (isNarrowOnProcessor(input)) {
      const sizes = parts ?? [input.shape[0]];
      return torch.batchNormParts(input, weight, bias, ...this.averages(), sizes, momentum, epsilon);
    }
    if (parts === null) return this.normalise(input);
    return torch.scope(() => torch.cat(input.split(parts).map((part) => this.normalise(part))));
  }

  private normalise(input: Tensor): Tensor {
    const { weight, bias, training } = this;
    return torch.batchNorm(input, weight, bias, ...this.averages(), training, momentum, epsilon, true);
  }

  /** The running statistics, where this pass uses or moves them. */
  private averages(): [Tensor | null, Tensor | null] {
    return !this.training || this.updateRunningStatistics ? [this.runningMean, this.runningVar] : [null, null];
  }
}

/** max(x, 0), or slope·x below zero; overwrites its input to save memory. */
export class ReLU extends Layer {
  override forward(input: Tensor): Tensor {
    return torch.relu_(input);
  }
}

/** x above zero, slope·x below. */
export class LeakyReLU extends Layer {
  constructor(private readonly slope = 0.01) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return torch.leakyRelu(input, this.slope);
  }
}

/** Maximum over windows of `size`, stride `size`; odd edges are dropped. */
export class MaxPool2d extends Layer {
  constructor(private readonly size: number) {
    super();
  }

  override forward(input: Tensor): Tensor {
    const { dtype, device } = input;
    const planes = this.size === 2 && dtype === "float32" && device === "cpu" && !isChannelsLast(input);
    return planes ? torch.maxPoolPlanes(input) : torch.maxPool2d(input, this.size);
  }
}

/** Zeroes each value with the given probability while training. */
export class Dropout extends Layer {
  constructor(private readonly probability: number) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return this.training && this.probability > 0 ? torch.dropout(input, this.probability, true) : input;
  }
}

/**
 * Layers applied in order; children are named "0", "1", … as in PyTorch. What lies between them is freed at the end,
 * so that during the backward pass only autograd holds it and can let go of it layer by layer.
 */
export class Sequential extends Layer {
  private readonly layers: Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers.map((layer, i) => this.child(String(i), layer));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => this.layers.reduce((value, layer) => layer.forward(value), input));
  }
}
