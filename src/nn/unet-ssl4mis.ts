/**
 * The U-Net of SSL4MIS (HiLab-git/SSL4MIS networks/unet.py): 16…256 channels, LeakyReLU, dropout in the encoder,
 * bilinear upsampling after a 1×1 convolution. Key names are those of the PyTorch model.
 */
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { Block, decodeBy, doubleConv, encodeBy } from "./blocks.js";
import { Conv2d, LeakyReLU, MaxPool2d } from "./layers.js";
import { type Layer, Module } from "./module.js";
import { type NetworkOptions, type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";

const encoderDropout = [0.05, 0.1, 0.2, 0.3, 0.5];

/** conv → BatchNorm → LeakyReLU → dropout → conv → BatchNorm → LeakyReLU. */
const convBlock = (inChannels: number, outChannels: number, dropout: number, generator?: Generator) =>
  doubleConv("conv_conv", inChannels, outChannels, {
    bias: true,
    activation: () => new LeakyReLU(),
    dropout,
    generator,
  });

class UpBlock extends Module {
  private readonly conv1x1: Conv2d;
  private readonly conv: Layer;

  constructor(inChannels: number, skipChannels: number, generator?: Generator) {
    super();
    this.conv1x1 = this.child("conv1x1", new Conv2d(inChannels, skipChannels, 1, { generator }));
    this.conv = this.child("conv", convBlock(skipChannels * 2, skipChannels, 0, generator));
  }

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = torch.resizeLinear(this.conv1x1.forward(input), torch.spatialShape(skip), true);
      return this.conv.forward(torch.cat([skip, upsampled], 1));
    });
  }
}

class Encoder extends Module {
  private readonly inConv: Layer;
  private readonly downs: Layer[];

  constructor(inChannels: number, channels: number[], generator?: Generator) {
    super();
    this.inConv = this.child("in_conv", convBlock(inChannels, channels[0], encoderDropout[0], generator));
    this.downs = [1, 2, 3, 4].map((i) => {
      const block = convBlock(channels[i - 1], channels[i], encoderDropout[i], generator);
      return this.child(`down${i}`, new Block("maxpool_conv", new MaxPool2d(2), block));
    });
  }

  forward(images: Tensor): Tensor[] {
    return encodeBy(this.inConv, this.downs, images);
  }
}

class Decoder extends Module {
  private readonly ups: UpBlock[];
  private readonly outConv: Conv2d;

  constructor(outChannels: number, channels: number[], generator?: Generator) {
    super();
    this.ups = [1, 2, 3, 4].map((i) => this.child(`up${i}`, new UpBlock(channels[5 - i], channels[4 - i], generator)));
    this.outConv = this.child("out_conv", new Conv2d(channels[0], outChannels, 3, { padding: 1, generator }));
  }

  forward(levels: readonly Tensor[]): NetworkOutput {
    return decodeBy(this.ups, this.outConv, levels);
  }
}

/** U-Net with LeakyReLU, dropout in the encoder and bilinear upsampling (HiLab-git/SSL4MIS networks/unet.py). */
export class UNetSsl4mis extends SegmentationNetwork {
  /** Four halvings. */
  static readonly strides = [16, 16] as const;
  override readonly rank = 2;
  override readonly strides = UNetSsl4mis.strides;
  override readonly width: number;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;

  /** `width` is the channels at full resolution; SSL4MIS uses 16. */
  constructor({ inChannels, outChannels, width, generator }: NetworkOptions) {
    super();
    this.width = width;
    const channels = [1, 2, 4, 8, 16].map((factor) => factor * width);
    this.encoder = this.child("encoder", new Encoder(inChannels, channels, generator));
    this.decoder = this.child("decoder", new Decoder(outChannels, channels, generator));
  }

  override encode(images: Tensor): Tensor[] {
    return this.encoder.forward(images);
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return this.decoder.forward(levels);
  }
}
