/** What the U-Nets are made of; key names are those of their PyTorch models. */
import type { Generator, Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { BatchNorm2d, Conv2d, Dropout, Sequential } from "./layers.js";
import { Layer } from "./module.js";
import type { NetworkOutput } from "./segmentation-network.js";

/** Layers in order under one further name, as a PyTorch module has them that holds an `nn.Sequential`. */
export class Block extends Layer {
  private readonly layers: Sequential;

  constructor(name: string, ...layers: Layer[]) {
    super();
    this.layers = this.child(name, new Sequential(...layers));
  }

  override forward(input: Tensor): Tensor {
    return this.layers.forward(input);
  }
}

/** What the two convolutions of {@link doubleConv} have around them. */
export interface DoubleConvOptions {
  /** Whether the convolutions have a bias. */
  bias: boolean;
  activation(): Layer;
  /** Probability of the dropout between the two; left out, there is no such layer. */
  dropout?: number;
  generator?: Generator;
}

/** [3×3 convolution → BatchNorm → activation] twice, with dropout between if asked for. */
export function doubleConv(name: string, inChannels: number, outChannels: number, options: DoubleConvOptions): Block {
  const { bias, activation, dropout, generator } = options;
  const convolved = (channels: number) => [
    new Conv2d(channels, outChannels, 3, { padding: 1, bias, generator }),
    new BatchNorm2d(outChannels),
    activation(),
  ];
  const between = dropout === undefined ? [] : [new Dropout(dropout)];
  return new Block(name, ...convolved(inChannels), ...between, ...convolved(outChannels));
}

/** Zero-pads the spatial axes of [B, C, ...S] to those of `like`, centred with the odd pixel at the far end. */
export function padTo(input: Tensor, like: Tensor): Tensor {
  const wanted = torch.spatialShape(like);
  const missing = torch.spatialShape(input).map((size, axis) => wanted[axis] - size);
  if (missing.every((count) => count === 0)) return input;
  // The operator counts axes from the last one.
  const margins = missing.reverse().map((count) => [Math.floor(count / 2), count - Math.floor(count / 2)]);
  return torch.pad(input, margins.flat());
}

/** Encoder maps from full resolution down. */
export function encodeBy(first: Layer, downs: readonly Layer[], images: Tensor): Tensor[] {
  const levels = [first.forward(images)];
  for (const down of downs) levels.push(down.forward(levels[levels.length - 1]));
  return levels;
}

/** A step of a decoder: from a map and the encoder's at the next finer level. */
interface Up {
  forward(input: Tensor, skip: Tensor): Tensor;
}

/**
 * The levels below full resolution, 0, whose decoder maps have a head under deep supervision: all but the coarsest of five
 * levels' decoder, which counts nothing in nnU-Net either.
 */
export const deepLevels = [1, 2] as const;

/**
 * From encoder maps up again; `head` makes the logits of the last map.
 * @param deepHeads those of the maps before it, the finest first; none without deep supervision
 */
export function decodeBy(
  ups: readonly Up[],
  head: Layer,
  levels: readonly Tensor[],
  deepHeads: readonly Layer[] = [],
): NetworkOutput {
  return torch.scope(() => {
    const skips = levels.slice(0, -1).reverse();
    const maps: Tensor[] = [];
    for (const [i, up] of ups.entries()) maps.push(up.forward(maps[i - 1] ?? levels[levels.length - 1], skips[i]));
    const [feature, ...coarser] = maps.reverse();
    const logits = head.forward(feature);
    if (deepHeads.length === 0) return { logits, feature };
    return { logits, feature, deep: deepHeads.map((one, i) => one.forward(coarser[i])) };
  });
}
