/**
 * The V-Net of the semi-supervised papers on volumes (yulequan/UA-MT and HiLab-git/SSL4MIS networks/vnet.py, after
 * Milletari et al., 3DV 2016): strided convolutions down, transposed ones up, skips added, dropout of whole maps at the
 * bottleneck and before the head. Key names and the order of initial draws are those of the PyTorch model.
 */
import { z } from "zod";
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { decodeBy, encodeBy, padTo } from "./blocks.js";
import { Conv3d, ConvTranspose3d, MapDropout, ReLU, Sequential } from "./layers.js";
import { Layer } from "./module.js";
import { createNorm, type NormName, normNames } from "./norms.js";
import { type NetworkOptions, type NetworkOutput, SegmentationNetwork, widthOption } from "./segmentation-network.js";

/** The network's settings in a configuration. */
export const vnetSettings = z.strictObject({
  width: widthOption.default(16),
  norm: z
    .enum(normNames)
    .default("batch")
    .describe("what follows convolutions: of the batch, each image, or groups of 16"),
  residual: z.boolean().default(false).describe("whether each block adds its input to its result"),
});

/** Shape of the network. */
export interface VNetOptions extends NetworkOptions {
  /** Default "batch". */
  norm?: NormName;
  /** Whether each block of convolutions adds its input to its result, as in Milletari et al.; default false. */
  residual?: boolean;
}

/** What the parts of the network are built from. */
interface Parts {
  norm: NormName;
  generator: Generator | undefined;
}

/** A convolution of either direction and what follows it. */
const normalised = (convolution: Layer, channels: number, { norm }: Parts): Layer[] => [
  convolution,
  createNorm(norm, channels, 3),
];

/** [3×3×3 convolution → normalisation → ReLU] some times; where it is residual, the input is added before the last ReLU. */
class ConvBlock extends Layer {
  private readonly conv: Layer;
  private readonly last = new ReLU();

  constructor(
    stages: number,
    inChannels: number,
    outChannels: number,
    private readonly residual: boolean,
    parts: Parts,
  ) {
    super();
    const layers = Array.from({ length: stages }, (_, i) => {
      const from = i === 0 ? inChannels : outChannels;
      const convolution = new Conv3d(from, outChannels, 3, { padding: 1, generator: parts.generator });
      return [...(i === 0 ? [] : [new ReLU()]), ...normalised(convolution, outChannels, parts)];
    });
    this.conv = this.child("conv", new Sequential(...layers.flat()));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => {
      const convolved = this.conv.forward(input);
      return this.last.forward(this.residual ? convolved.add(input) : convolved);
    });
  }
}

/** A convolution by whole windows of 2×2×2, normalisation and ReLU, under the name "conv". */
class Step extends Layer {
  private readonly conv: Layer;

  constructor(convolution: Layer, channels: number, parts: Parts) {
    super();
    this.conv = this.child("conv", new Sequential(...normalised(convolution, channels, parts), new ReLU()));
  }

  override forward(input: Tensor): Tensor {
    return this.conv.forward(input);
  }
}

/** The blocks from full resolution down to the bottleneck and up again, with the convolutions of each. */
const blocks = [
  ["block_one", 1],
  ["block_two", 2],
  ["block_three", 3],
  ["block_four", 3],
  ["block_five", 3],
  ["block_six", 3],
  ["block_seven", 3],
  ["block_eight", 2],
  ["block_nine", 1],
] as const;
const bottleneck = 4;

/** Doubles the resolution, pads to the skip's size, adds the skip and convolves. */
class Up {
  constructor(
    private readonly step: Layer,
    private readonly block: Layer,
  ) {}

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => this.block.forward(padTo(this.step.forward(input), skip).add(skip)));
  }
}

/** V-Net (yulequan/UA-MT and HiLab-git/SSL4MIS networks/vnet.py with `has_dropout=True`). */
export class VNet extends SegmentationNetwork {
  /** Four halvings. */
  static readonly strides = [16, 16, 16] as const;
  override readonly rank = 3;
  override readonly strides = VNet.strides;
  override readonly width: number;
  private readonly first: Layer;
  private readonly downs: Layer[];
  private readonly ups: Up[];
  private readonly head: Layer;

  /** `width` is the channels at full resolution; the reference uses 16. */
  constructor({ inChannels, outChannels, width, norm = "batch", residual = false, generator }: VNetOptions) {
    super();
    this.width = width;
    const parts: Parts = { norm, generator };
    const channels = (block: number) => width * 2 ** (bottleneck - Math.abs(bottleneck - block));
    const convolutions: Layer[] = [];
    const steps: Layer[] = [];
    // The reference's own order: a block, then the step from it to the next.
    blocks.forEach(([name, stages], i) => {
      const [from, to] = [i === 0 ? inChannels : channels(i), channels(i)];
      // One channel is added to every map; several have no counterpart among them.
      const adds = residual && (from === to || from === 1);
      convolutions.push(this.child(name, new ConvBlock(stages, from, to, adds, parts)));
      if (i === blocks.length - 1) return;
      const next = channels(i + 1);
      const Convolution = i < bottleneck ? Conv3d : ConvTranspose3d;
      const step = new Step(new Convolution(to, next, 2, { stride: 2, generator }), next, parts);
      steps.push(this.child(i < bottleneck ? `${name}_dw` : `${name}_up`, step));
    });
    const outConv = this.child("out_conv", new Conv3d(width, outChannels, 1, { generator }));
    const dropout = this.child("dropout", new MapDropout(0.5));
    // Groups of parts that have their names already.
    const below = convolutions.slice(1, bottleneck + 1);
    this.first = convolutions[0];
    this.downs = below.map((block, i) => new Sequential(steps[i], block, ...(i === bottleneck - 1 ? [dropout] : [])));
    this.ups = steps.slice(bottleneck).map((step, i) => new Up(step, convolutions[bottleneck + 1 + i]));
    this.head = new Sequential(dropout, outConv);
  }

  override encode(images: Tensor): Tensor[] {
    return encodeBy(this.first, this.downs, images);
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return decodeBy(this.ups, this.head, levels);
  }
}
