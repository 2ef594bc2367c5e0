/**
 * The 3-D U-Net of SSL4MIS (HiLab-git/SSL4MIS networks/unet_3D.py, after Çiçek et al., MICCAI 2016): instance
 * normalisation without weights, dropout at the bottleneck and before the head, trilinear upsampling. Key names are those
 * of the PyTorch model.
 */
import { z } from "zod";
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { decodeBy, deepLevels, encodeBy } from "./blocks.js";
import { drawHeWeights } from "./initial-weights.js";
import { Conv3d, Dropout, MaxPool3d, ReLU, Sequential } from "./layers.js";
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
/** Normalisation of the 3-D U-Net: the reference code's, or Çiçek et al.'s. */
type UNet3dNorm = (typeof norms)[number];

/** The network's settings in a configuration. */
export const unet3dSettings = z.strictObject({
  width: widthOption.default(16),
  norm: z
    .enum(norms)
    .default("instance")
    .describe("what follows convolutions: of each image (the reference), or batch"),
  deepSupervision: deepSupervisionOption,
});

/** Shape of the network. */
export interface UNet3dOptions extends NetworkOptions {
  /** Default "instance". */
  norm?: UNet3dNorm;
  /** Default false. */
  deepSupervision?: boolean;
}

const dropout = 0.3;

/** [3×3×3 convolution → normalisation → ReLU] twice. */
class TwoConvs extends Layer {
  private readonly conv1: Layer;
  private readonly conv2: Layer;

  constructor(inChannels: number, outChannels: number, norm: UNet3dNorm, generator?: Generator) {
    super();
    const convolved = (channels: number) =>
      new Sequential(
        new Conv3d(channels, outChannels, 3, { padding: 1, generator }),
        createNorm(norm, outChannels, 3),
        new ReLU(),
      );
    this.conv1 = this.child("conv1", convolved(inChannels));
    this.conv2 = this.child("conv2", convolved(outChannels));
  }

  override forward(input: Tensor): Tensor {
    return torch.scope(() => this.conv2.forward(this.conv1.forward(input)));
  }
}

/** Doubles the resolution, to that of the skip, concatenates [skip, up] and convolves twice. */
class Up extends Module {
  private readonly conv: Layer;

  constructor(inChannels: number, outChannels: number, norm: UNet3dNorm, generator?: Generator) {
    super();
    this.conv = this.child("conv", new TwoConvs(inChannels + outChannels, outChannels, norm, generator));
  }

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = torch.resizeLinear(input, torch.spatialShape(skip));
      return this.conv.forward(torch.cat([skip, upsampled], 1));
    });
  }
}

/** U-Net over volumes with trilinear upsampling (HiLab-git/SSL4MIS networks/unet_3D.py). */
export class UNet3d extends SegmentationNetwork {
  /** Four halvings. */
  static readonly strides = [16, 16, 16] as const;
  override readonly rank = 3;
  override readonly strides = UNet3d.strides;
  override readonly width: number;
  private readonly first: Layer;
  private readonly downs: Layer[];
  private readonly ups: Up[];
  private readonly head: Layer;
  private readonly deepHeads: readonly Layer[];

  /** `width` is the channels at full resolution; SSL4MIS uses 16. */
  constructor(options: UNet3dOptions) {
    super();
    const { inChannels, outChannels, width, norm = "instance", deepSupervision = false, generator } = options;
    this.width = width;
    const channels = [1, 2, 4, 8, 16].map((factor) => factor * width);
    const twoConvs = (name: string, level: number) =>
      this.child(name, new TwoConvs(channels[level - 1] ?? inChannels, channels[level], norm, generator));
    this.first = twoConvs("conv1", 0);
    const downs = ["conv2", "conv3", "conv4"].map((name, i) => [new MaxPool3d(2), twoConvs(name, i + 1)]);
    const center = [new MaxPool3d(2), twoConvs("center", 4), this.child("dropout1", new Dropout(dropout))];
    // Groups of parts that have their names already.
    this.downs = [...downs, center].map((layers) => new Sequential(...layers));
    this.ups = [4, 3, 2, 1].map((level) =>
      this.child(`up_concat${level}`, new Up(channels[level], channels[level - 1], norm, generator)),
    );
    const deepHead = (level: number) => new Conv3d(channels[level], outChannels, 1, { generator });
    this.deepHeads = deepSupervision ? deepLevels.map(deepHead) : [];
    this.child("deep_heads", new Sequential(...this.deepHeads));
    const final = this.child("final", new Conv3d(width, outChannels, 1, { generator }));
    this.head = new Sequential(this.child("dropout2", new Dropout(dropout)), final);
    drawHeWeights(this, generator);
  }

  override encode(images: Tensor): Tensor[] {
    return encodeBy(this.first, this.downs, images);
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return decodeBy(this.ups, this.head, levels, this.deepHeads);
  }
}
