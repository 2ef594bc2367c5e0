/**
 * A U-Net with a residual encoder and a light decoder, over images or volumes, after the ResEnc networks of nnU-Net
 * (Isensee et al., MICCAI 2024; MIC-DKFZ/dynamic-network-architectures): blocks of two convolutions whose input is added
 * (He et al. 2016), pooled and projected where the resolution falls (He, T. et al. 2019, ResNet-D), one convolution a
 * level on the way up, instance normalisation, LeakyReLU. Key names are those of the reference's modules. Deviations: five
 * levels whatever the data, channels doubled at each without a limit, and heads of coarser maps, where there is deep
 * supervision, under a name of their own.
 */
import { z } from "zod";
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { Block, decodeBy, deepLevels, encodeBy, padTo } from "./blocks.js";
import { drawHeWeights, zeroBiases } from "./initial-weights.js";
import { AveragePool, Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d, LeakyReLU, Sequential } from "./layers.js";
import { Layer, Module } from "./module.js";
import { createNorm } from "./norms.js";
import {
  deepSupervisionOption,
  type NetworkOptions,
  type NetworkOutput,
  SegmentationNetwork,
  widthOption,
} from "./segmentation-network.js";

const norms = ["instance", "batch"] as const;
type ResidualNorm = (typeof norms)[number];

/** The network's settings in a configuration. */
export const residualUNetSettings = z.strictObject({
  width: widthOption.default(32),
  norm: z
    .enum(norms)
    .default("instance")
    .describe("what follows convolutions: of each image (the reference), or batch"),
  deepSupervision: deepSupervisionOption,
});

/** Shape of the network. */
export interface ResidualUNetOptions extends NetworkOptions {
  /** Number of spatial axes of its images. */
  rank: 2 | 3;
  /** Default "instance". */
  norm?: ResidualNorm;
  /** Default false. */
  deepSupervision?: boolean;
}

/** Residual blocks of each level, those of the reference's "M" plan. */
const blocksOfLevel = [1, 3, 4, 6, 6];
const slope = 0.01;

/** What the parts of the network are built from. */
interface Parts {
  rank: 2 | 3;
  norm: ResidualNorm;
  generator: Generator | undefined;
}

/** A convolution that keeps the size, or divides it by its stride, and its normalisation. */
class ConvNorm extends Layer {
  private readonly conv: Layer;
  private readonly norm: Layer;

  constructor(inChannels: number, outChannels: number, kernel: 1 | 3, { rank, norm, generator }: Parts, stride = 1) {
    super();
    const Convolution = rank === 3 ? Conv3d : Conv2d;
    const windows = { stride, padding: (kernel - 1) / 2, bias: kernel === 3, generator };
    this.conv = this.child("conv", new Convolution(inChannels, outChannels, kernel, windows));
    this.norm = this.child("norm", createNorm(norm, outChannels, rank, true));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => this.norm.forward(this.conv.forward(input)));
  }

  /** Makes the result 0 until training changes it. */
  silence(): void {
    torch.noGrad(() => {
      for (const parameter of this.norm.parameters()) parameter.zero_();
    });
  }
}

/** Convolutions with normalisation and activation, under the reference's name. */
class StackedConvs extends Layer {
  private readonly convs: Layer;
  private readonly activation = new LeakyReLU(slope);

  constructor(inChannels: number, outChannels: number, parts: Parts) {
    super();
    this.convs = this.child("convs", new Sequential(new ConvNorm(inChannels, outChannels, 3, parts)));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => this.activation.forward(this.convs.forward(input)));
  }
}

/** Two convolutions whose input is added; pooled by `stride` and projected to other channels where it has to be. */
class ResidualBlock extends Layer {
  private readonly conv1: Layer;
  private readonly conv2: ConvNorm;
  private readonly skip: Layer | null;
  private readonly activation = new LeakyReLU(slope);

  constructor(inChannels: number, outChannels: number, stride: number, parts: Parts) {
    super();
    const pool = stride === 1 ? [] : [new AveragePool(Array.from({ length: parts.rank }, () => stride))];
    const project = inChannels === outChannels ? [] : [new ConvNorm(inChannels, outChannels, 1, parts)];
    const skip = [...pool, ...project];
    this.conv1 = this.child("conv1", new ConvNorm(inChannels, outChannels, 3, parts, stride));
    this.conv2 = this.child("conv2", new ConvNorm(outChannels, outChannels, 3, parts));
    this.skip = skip.length === 0 ? null : this.child("skip", new Sequential(...skip));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => {
      const convolved = this.conv2.forward(this.activation.forward(this.conv1.forward(input)));
      // Where sides are odd the strided convolution keeps the last pixel and the pool drops it.
      const skipped = this.skip ? padTo(this.skip.forward(input), convolved) : input;
      return this.activation.forward(convolved.add(skipped));
    });
  }

  /** Makes the block the identity (but for its activation) until training changes it. */
  silence(): void {
    this.conv2.silence();
  }
}

class Encoder extends Module {
  private readonly first: Layer;
  private readonly downs: Layer[];

  constructor(inChannels: number, channels: readonly number[], parts: Parts) {
    super();
    const stem = this.child("stem", new StackedConvs(inChannels, channels[0], parts));
    const stages = channels.map((to, level) => {
      const from = channels[Math.max(level - 1, 0)];
      const blocks = Array.from({ length: blocksOfLevel[level] }, (_, i) =>
        i === 0 ? new ResidualBlock(from, to, level === 0 ? 1 : 2, parts) : new ResidualBlock(to, to, 1, parts),
      );
      return new Block("blocks", ...blocks);
    });
    this.child("stages", new Sequential(...stages));
    this.first = new Sequential(stem, stages[0]);
    this.downs = stages.slice(1);
  }

  forward(images: Tensor): Tensor[] {
    return encodeBy(this.first, this.downs, images);
  }
}

/** Doubles the resolution, pads to the skip's size, concatenates [up, skip] and convolves. */
class Up {
  constructor(
    private readonly transposed: Layer,
    private readonly convs: Layer,
  ) {}

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = padTo(this.transposed.forward(input), skip);
      return this.convs.forward(torch.cat([upsampled, skip], 1));
    });
  }
}

class Decoder extends Module {
  private readonly ups: Up[];
  private readonly head: Layer;
  private readonly deepHeads: readonly Layer[];

  constructor(outChannels: number, channels: readonly number[], parts: Parts, deepSupervision: boolean) {
    super();
    const { rank, generator } = parts;
    const [Convolution, Transposed] = rank === 3 ? [Conv3d, ConvTranspose3d] : [Conv2d, ConvTranspose2d];
    const levels = channels
      .slice(0, -1)
      .map((_, level) => level)
      .reverse();
    const stages = levels.map((level) => new StackedConvs(2 * channels[level], channels[level], parts));
    const transposed = levels.map(
      (level) => new Transposed(channels[level + 1], channels[level], 2, { stride: 2, generator }),
    );
    this.child("stages", new Sequential(...stages));
    this.child("transpconvs", new Sequential(...transposed));
    this.ups = stages.map((convs, i) => new Up(transposed[i], convs));
    const headOf = (level: number) => new Convolution(channels[level], outChannels, 1, { generator });
    this.deepHeads = deepSupervision ? deepLevels.map(headOf) : [];
    this.child("deep_heads", new Sequential(...this.deepHeads));
    this.head = this.child("seg_layer", headOf(0));
  }

  forward(levels: readonly Tensor[]): NetworkOutput {
    return decodeBy(this.ups, this.head, levels, this.deepHeads);
  }
}

/** U-Net with a residual encoder, over images (`rank` 2) or volumes (3). */
export class ResidualUNet extends SegmentationNetwork {
  override readonly rank: 2 | 3;
  override readonly strides: readonly number[];
  override readonly width: number;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;

  /** `width` is the channels at full resolution; nnU-Net uses 32. */
  constructor(options: ResidualUNetOptions) {
    super();
    const { rank, inChannels, outChannels, width, norm = "instance", deepSupervision = false, generator } = options;
    this.rank = rank;
    this.strides = ResidualUNet.strides(rank);
    this.width = width;
    const channels = blocksOfLevel.map((_, level) => width * 2 ** level);
    const parts: Parts = { rank, norm, generator };
    this.encoder = this.child("encoder", new Encoder(inChannels, channels, parts));
    this.decoder = this.child("decoder", new Decoder(outChannels, channels, parts, deepSupervision));
    drawHeWeights(this, generator, slope);
    zeroBiases(this);
    for (const [, part] of this.namedModules()) if (part instanceof ResidualBlock) part.silence();
  }

  /** Four halvings along each axis. */
  static strides(rank: 2 | 3): number[] {
    return Array.from({ length: rank }, () => 16);
  }

  override encode(images: Tensor): Tensor[] {
    return this.encoder.forward(images);
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return this.decoder.forward(levels);
  }
}
