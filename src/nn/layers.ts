/**
 * The layers the networks are made of; initial values are PyTorch's defaults, drawn in PyTorch's order. A layer over
 * images [B, C, H, W] and its like over volumes [B, C, D, H, W] differ in the number of spatial axes S only.
 */
import { UsageError } from "../core/errors.js";
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { Layer } from "./module.js";

/** A tensor uniform in ±1/√fanIn, PyTorch's default for convolutions and linear layers. */
function uniformByFanIn(shape: readonly number[], fanIn: number, generator: Generator | undefined): Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  return torch.empty(shape).uniform_(-bound, bound, { generator });
}

/** A length per spatial axis, slowest first, or one for all. */
export type Lengths = number | readonly number[];

function perAxis(lengths: Lengths, rank: number): readonly number[] {
  return typeof lengths === "number" ? Array.from({ length: rank }, () => lengths) : lengths;
}

/** Options shared by convolutions. */
export interface ConvolutionOptions {
  /** Default 1. */
  stride?: Lengths;
  /** Default 0. */
  padding?: Lengths;
  /** Default true. */
  bias?: boolean;
  /** Source of the initial values; default: libtorch's default generator. */
  generator?: Generator;
}

/** Weights and windows of a convolution of either direction. */
abstract class Windowed extends Layer {
  /** [first, second, ...kernel]. */
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  protected readonly windows: torch.Windows;

  /** @param channels the first two axes of the weight; PyTorch counts the fan-in from the second in both directions */
  constructor(
    rank: number,
    channels: readonly [first: number, second: number],
    outChannels: number,
    kernelSize: Lengths,
    { stride = 1, padding = 0, bias = true, generator }: ConvolutionOptions,
  ) {
    super();
    const kernel = perAxis(kernelSize, rank);
    const fanIn = kernel.reduce((product, side) => product * side, channels[1]);
    this.weight = this.parameter("weight", uniformByFanIn([...channels, ...kernel], fanIn, generator));
    this.bias = bias ? this.parameter("bias", uniformByFanIn([outChannels], fanIn, generator)) : null;
    this.windows = { bias: this.bias, stride: perAxis(stride, rank), padding: perAxis(padding, rank) };
  }
}

/** Convolution [B, Cin, ...S] → [B, Cout, ...S']. */
export abstract class Convolution extends Windowed {
  constructor(rank: number, inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions) {
    super(rank, [outChannels, inChannels], outChannels, kernelSize, options);
  }

  override forward(input: Tensor): Tensor {
    return torch.convolve(input, this.weight, this.windows);
  }
}

/** Convolution over images. */
export class Conv2d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/** Convolution over volumes. */
export class Conv3d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
}

/** Transposed convolution [B, Cin, ...S] → [B, Cout, ...S·stride] for kernel = stride. */
export abstract class TransposedConvolution extends Windowed {
  constructor(rank: number, inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions) {
    super(rank, [inChannels, outChannels], outChannels, kernelSize, options);
  }

  override forward(input: Tensor): Tensor {
    return torch.convolveTransposed(input, this.weight, this.windows);
  }
}

/** Transposed convolution over images. */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options);
  }
}

/** Transposed convolution over volumes. */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Lengths, options: ConvolutionOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options);
  }
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

/**
 * Batch normalisation over [B, C, ...S] (eps 1e-5). In training mode it uses the batch's own statistics;
 * `updateRunningStatistics` says whether that pass also moves the running ones, which a sharpness-aware optimiser
 * allows in its clean pass only, and `parts` how many images in a row are normalised together (null: all). `synced` says
 * whether a batch is that of all processes which share in it.
 */
export abstract class BatchNorm extends Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  updateRunningStatistics = true;
  /** Share of the present batch in the running statistics. */
  momentum = 0.1;
  parts: readonly number[] | null = null;
  synced = true;

  constructor(channels: number) {
    super();
    this.weight = this.parameter("weight", torch.ones([channels]));
    this.bias = this.parameter("bias", torch.zeros([channels]));
    this.runningMean = this.buffer("running_mean", torch.zeros([channels]));
    this.runningVar = this.buffer("running_var", torch.ones([channels]));
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, runningMean, runningVar, momentum } = this;
    const normaliser = { weight, bias, runningMean, runningVar, momentum, epsilon: 1e-5 };
    if (!this.training) return torch.normaliseByRunning(input, normaliser);
    this.requireValues(input);
    const kept = this.updateRunningStatistics ? {} : { runningMean: null, runningVar: null };
    return torch.normaliseByBatch(input, { ...normaliser, ...kept }, this.parts, this.synced);
  }

  /** As PyTorch's batch_norm refuses it: the unbiased variance of one value would divide by zero. */
  private requireValues({ shape, numel }: Tensor): void {
    const [count, channels] = shape;
    const images = this.parts ? Math.min(...this.parts) : count;
    if (numel * images !== count * channels) return;
    throw new UsageError(
      `batch normalisation trains on one value per channel of an input of shape [${shape.join(", ")}]; take larger training ` +
        "batches (method bcp passes them in halves), or a larger imageSize or patch",
    );
  }
}

/** Batch normalisation over the rows of a matrix [B, C]. */
export class BatchNorm1d extends BatchNorm {}

/** Batch normalisation over images. */
export class BatchNorm2d extends BatchNorm {}

/** Batch normalisation over volumes. */
export class BatchNorm3d extends BatchNorm {}

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
abstract class MaxPool extends Layer {
  private readonly size: readonly number[];

  constructor(rank: number, size: Lengths) {
    super();
    this.size = perAxis(size, rank);
  }

  override forward(input: Tensor): Tensor {
    return torch.maxPool(input, this.size);
  }
}

/** Maximum over squares or rectangles of an image. */
export class MaxPool2d extends MaxPool {
  constructor(size: Lengths) {
    super(2, size);
  }
}

/** Maximum over cubes or cuboids of a volume. */
export class MaxPool3d extends MaxPool {
  constructor(size: Lengths) {
    super(3, size);
  }
}

/** Mean over windows of `size`, stride `size`; odd edges are dropped. */
export class AveragePool extends Layer {
  /** @param size a number per spatial axis */
  constructor(private readonly size: readonly number[]) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return torch.averagePool(input, this.size);
  }
}

/** Zeroes each value with the given probability while training. */
export class Dropout extends Layer {
  constructor(protected readonly probability: number) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return this.training && this.probability > 0 ? torch.dropout(input, this.probability, true) : input;
  }
}

/** Zeroes each map of each image with the given probability while training, PyTorch's Dropout2d and Dropout3d. */
export class MapDropout extends Dropout {
  override forward(input: Tensor): Tensor {
    return this.training && this.probability > 0 ? torch.featureDropout(input, this.probability, true) : input;
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
