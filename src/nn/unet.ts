/**
 * The U-Net of the MiDSS experiments (MQinghe/MiDSS networks/unet_model.py, `bilinear=False`), at any base width.
 * Key names and the order of initial draws are those of the PyTorch model.
 */

import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { BatchNorm2d, Conv2d, ConvTranspose2d, MaxPool2d, ReLU, Sequential } from "./layers.js";
import { Layer, Module } from "./module.js";
import { type NetworkOutput, SegmentationNetwork } from "./segmentation-network.js";

/** Shape of the network. */
export interface UNetOptions {
  inChannels: number;
  outChannels: number;
  /** Channels at full resolution; doubled at each of the four levels below. The paper's base uses 64. */
  width: number;
  /** Source of the initial values; default: libtorch's default generator. */
  generator?: Generator;
}

/** [conv3×3 without bias → BatchNorm → ReLU] twice. */
class DoubleConv extends Layer {
  private readonly layers: Sequential;

  constructor(inChannels: number, outChannels: number, generator?: Generator) {
    super();
    const convolution = (from: number) => new Conv2d(from, outChannels, 3, { padding: 1, bias: false, generator });
    this.layers = this.child(
      "double_conv",
      new Sequential(
        convolution(inChannels),
        new BatchNorm2d(outChannels),
        new ReLU(),
        convolution(outChannels),
        new BatchNorm2d(outChannels),
        new ReLU(),
      ),
    );
  }

  override forward(input: Tensor): Tensor {
    return this.layers.forward(input);
  }
}

/** Halves the resolution, then DoubleConv. */
class Down extends Layer {
  private readonly layers: Sequential;

  constructor(inChannels: number, outChannels: number, generator?: Generator) {
    super();
    this.layers = this.child(
      "maxpool_conv",
      new Sequential(new MaxPool2d(2), new DoubleConv(inChannels, outChannels, generator)),
    );
  }

  override forward(input: Tensor): Tensor {
    return this.layers.forward(input);
  }
}

/** Doubles the resolution, pads to the skip's size, concatenates [skip, up] and applies DoubleConv. */
class Up extends Module {
  private readonly up: ConvTranspose2d;
  private readonly conv: DoubleConv;

  constructor(inChannels: number, outChannels: number, generator?: Generator) {
    super();
    this.up = this.child("up", new ConvTranspose2d(inChannels, inChannels / 2, 2, { stride: 2, generator }));
    this.conv = this.child("conv", new DoubleConv(inChannels, outChannels, generator));
  }

  forward(input: Tensor, skip: Tensor): Tensor {
    return torch.scope(() => {
      const upsampled = padTo(this.up.forward(input), skip);
      return this.conv.forward(torch.cat([skip, upsampled], 1));
    });
  }
}

/** Zero-pads the last two axes to those of `like`, centred with the odd pixel right and below. */
export function padTo(input: Tensor, like: Tensor): Tensor {
  const [height, width] = input.shape.slice(-2);
  const [wantedHeight, wantedWidth] = like.shape.slice(-2);
  const dy = wantedHeight - height;
  const dx = wantedWidth - width;
  if (dy === 0 && dx === 0) return input;
  const left = Math.floor(dx / 2);
  const top = Math.floor(dy / 2);
  return torch.pad(input, [left, dx - left, top, dy - top]);
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
  override readonly width: number;
  private readonly inc: DoubleConv;
  private readonly downs: Down[];
  private readonly ups: Up[];
  private readonly outc: OutConv;

  constructor({ inChannels, outChannels, width, generator }: UNetOptions) {
    super();
    this.width = width;
    this.inc = this.child("inc", new DoubleConv(inChannels, width, generator));
    this.downs = [1, 2, 4, 8].map((factor, i) =>
      this.child(`down${i + 1}`, new Down(width * factor, width * factor * 2, generator)),
    );
    this.ups = [16, 8, 4, 2].map((factor, i) =>
      this.child(`up${i + 1}`, new Up(width * factor, (width * factor) / 2, generator)),
    );
    this.outc = this.child("outc", new OutConv(width, outChannels, generator));
  }

  override encode(images: Tensor): Tensor[] {
    const levels = [this.inc.forward(images)];
    for (const down of this.downs) levels.push(down.forward(levels[levels.length - 1]));
    return levels;
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return torch.scope(() => {
      const skips = levels.slice(0, -1).reverse();
      const feature = this.ups.reduce((value, up, i) => up.forward(value, skips[i]), levels[levels.length - 1]);
      return { logits: this.outc.forward(feature), feature };
    });
  }
}
