/**
 * The U-Net of the MiDSS experiments (MQinghe/MiDSS networks/unet_model.py, `bilinear=False`), at any base width.
 * Key names and the order of initial draws are those of the PyTorch model.
 */
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { Block, decodeBy, doubleConv, encodeBy, padTo } from "./blocks.js";
import { Conv2d, ConvTranspose2d, MaxPool2d, ReLU } from "./layers.js";
import { Layer, Module } from "./module.js";
import { type NetworkOptions, type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";

const twoConvs = (inChannels: number, outChannels: number, generator?: Generator) =>
  doubleConv("double_conv", inChannels, outChannels, { bias: false, activation: () => new ReLU(), generator });

/** Doubles the resolution, pads to the skip's size, concatenates [skip, up] and convolves twice. */
class Up extends Module {
  private readonly up: ConvTranspose2d;
  private readonly conv: Layer;

  constructor(inChannels: number, outChannels: number, generator?: Generator) {
    super();
    this.up = this.child("up", new ConvTranspose2d(inChannels, inChannels / 2, 2, { stride: 2, generator }));
    this.conv = this.child("conv", twoConvs(inChannels, outChannels, generator));
  }

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = padTo(this.up.forward(input), skip);
      return this.conv.forward(torch.cat([skip, upsampled], 1));
    });
  }
}

/** The 1×1 convolution to class scores, under the reference's name. */
class OutConv extends Layer {
  private readonly conv: Conv2d;

  constructor(inChannels: number, outChannels: number, generator?: Generator) {
    super();
    this.conv = this.child("conv", new Conv2d(inChannels, outChannels, 1, { generator }));
  }

  override forward(input: Tensor): Tensor {
    return this.conv.forward(input);
  }
}

/** U-Net with BatchNorm and transposed convolutions (MQinghe/MiDSS networks/unet_model.py, bilinear=False). */
export class UNet extends SegmentationNetwork {
  /** Four halvings. */
  static readonly strides = [16, 16] as const;
  override readonly rank = 2;
  override readonly strides = UNet.strides;
  override readonly width: number;
  private readonly inc: Layer;
  private readonly downs: Layer[];
  private readonly ups: Up[];
  private readonly outc: Layer;

  /** The paper's base has a `width` of 64. */
  constructor({ inChannels, outChannels, width, generator }: NetworkOptions) {
    super();
    this.width = width;
    this.inc = this.child("inc", twoConvs(inChannels, width, generator));
    this.downs = [1, 2, 4, 8].map((factor, i) => {
      const block = twoConvs(width * factor, width * factor * 2, generator);
      return this.child(`down${i + 1}`, new Block("maxpool_conv", new MaxPool2d(2), block));
    });
    this.ups = [16, 8, 4, 2].map((factor, i) =>
      this.child(`up${i + 1}`, new Up(width * factor, (width * factor) / 2, generator)),
    );
    this.outc = this.child("outc", new OutConv(width, outChannels, generator));
  }

  override encode(images: Tensor): Tensor[] {
    return encodeBy(this.inc, this.downs, images);
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return decodeBy(this.ups, this.outc, levels);
  }
}
