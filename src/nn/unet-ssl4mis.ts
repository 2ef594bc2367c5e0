/**
 * The U-Net of SSL4MIS (HiLab-git/SSL4MIS networks/unet.py): 16…256 channels, LeakyReLU, dropout in the encoder,
 * bilinear upsampling after a 1×1 convolution. Key names are those of the PyTorch model.
 */

import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { BatchNorm2d, Conv2d, Dropout, LeakyReLU, MaxPool2d, Sequential } from "./layers.js";
import { Layer, Module } from "./module.js";
import { type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";
import type { UNetOptions } from "./unet.js";

const encoderDropout = [0.05, 0.1, 0.2, 0.3, 0.5];

/** conv → BatchNorm → LeakyReLU → dropout → conv → BatchNorm → LeakyReLU. */
class ConvBlock extends Layer {
  private readonly layers: Sequential;

  constructor(inChannels: number, outChannels: number, dropout: number, generator?: Generator) {
    super();
    this.layers = this.child(
      "conv_conv",
      new Sequential(
        new Conv2d(inChannels, outChannels, 3, { padding: 1, generator }),
        new BatchNorm2d(outChannels),
        new LeakyReLU(),
        new Dropout(dropout),
        new Conv2d(outChannels, outChannels, 3, { padding: 1, generator }),
        new BatchNorm2d(outChannels),
        new LeakyReLU(),
      ),
    );
  }

  override forward(input: Tensor): Tensor {
    return this.layers.forward(input);
  }
}

class DownBlock extends Layer {
  private readonly layers: Sequential;

  constructor(inChannels: number, outChannels: number, dropout: number, generator?: Generator) {
    super();
    const block = new ConvBlock(inChannels, outChannels, dropout, generator);
    this.layers = this.child("maxpool_conv", new Sequential(new MaxPool2d(2), block));
  }

  override forward(input: Tensor): Tensor {
    return this.layers.forward(input);
  }
}

class UpBlock extends Module {
  private readonly conv1x1: Conv2d;
  private readonly conv: ConvBlock;

  constructor(inChannels: number, skipChannels: number, generator?: Generator) {
    super();
    this.conv1x1 = this.child("conv1x1", new Conv2d(inChannels, skipChannels, 1, { generator }));
    this.conv = this.child("conv", new ConvBlock(skipChannels * 2, skipChannels, 0, generator));
  }

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = torch.upsampleBilinear2d(this.conv1x1.forward(input), skip.shape.slice(-2), true, null);
      return this.conv.forward(torch.cat([skip, upsampled], 1));
    });
  }
}

class Encoder extends Module {
  private readonly inConv: ConvBlock;
  private readonly downs: DownBlock[];

  constructor(inChannels: number, channels: number[], generator?: Generator) {
    super();
    this.inConv = this.child("in_conv", new ConvBlock(inChannels, channels[0], encoderDropout[0], generator));
    this.downs = [1, 2, 3, 4].map((i) =>
      this.child(`down${i}`, new DownBlock(channels[i - 1], channels[i], encoderDropout[i], generator)),
    );
  }

  forward(images: Tensor): Tensor[] {
    const levels = [this.inConv.forward(images)];
    for (const down of this.downs) levels.push(down.forward(levels[levels.length - 1]));
    return levels;
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
    return torch.scope(() => {
      const skips = levels.slice(0, -1).reverse();
      const feature = this.ups.reduce((value, up, i) => up.forward(value, skips[i]), levels[levels.length - 1]);
      return { logits: this.outConv.forward(feature), feature };
    });
  }
}

/** U-Net with LeakyReLU, dropout in the encoder and bilinear upsampling (HiLab-git/SSL4MIS networks/unet.py). */
export class UNetSsl4mis extends SegmentationNetwork {
  override readonly width: number;
  private readonly encoder: Encoder;
  private readonly decoder: Decoder;

  /** `width` is the channels at full resolution; SSL4MIS uses 16. Image sides must be multiples of 16. */
  constructor({ inChannels, outChannels, width, generator }: UNetOptions) {
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
