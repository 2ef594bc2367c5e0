/** A small network over volumes, made of the layers for them, and made-up volumes with labels. Sides are all different. */
import { Block } from "../../src/nn/blocks.js";
import {
  BatchNorm3d,
  Conv3d,
  ConvTranspose3d,
  type Lengths,
  MaxPool3d,
  type NetworkOutput,
  ReLU,
  SegmentationNetwork,
} from "../../src/nn/index.js";
import { cat, Generator, noGrad, rand, scope, stack, type Tensor, zeros } from "../../src/torch/index.js";

export const kinds = ["sigmoid", "softmax"] as const;
export type Kind = (typeof kinds)[number];
/** Output channels: two parts that may overlap, or a background and two classes. */
export const channelsOf = (kind: Kind) => (kind === "sigmoid" ? 2 : 3);

/** D, H and W. */
export const sides = [8, 16, 12] as const;

/** An encoder that halves slices first and then all axes, with skips. */
export class VolumeNetwork extends SegmentationNetwork {
  override readonly rank = 3;
  override readonly strides = [2, 4, 4] as const;
  override readonly width = 4;
  private readonly blocks: readonly Block[];
  private readonly pools: readonly MaxPool3d[];
  private readonly ups: readonly ConvTranspose3d[];
  private readonly merges: readonly Block[];
  private readonly out: Conv3d;

  constructor(kind: Kind, seed: number) {
    super();
    using generator = new Generator(seed);
    const block = (from: number, to: number) =>
      new Block("conv", new Conv3d(from, to, 3, { padding: 1, generator }), new BatchNorm3d(to), new ReLU());
    const halves: Lengths[] = [[1, 2, 2], 2];
    this.pools = halves.map((size) => new MaxPool3d(size));
    this.blocks = [block(1, 4), block(4, 8), block(8, 16)].map((one, i) => this.child(`block${i}`, one));
    const up = (from: number, size: Lengths) => new ConvTranspose3d(from, from / 2, size, { stride: size, generator });
    this.ups = [up(16, halves[1]), up(8, halves[0])].map((one, i) => this.child(`up${i}`, one));
    this.merges = [block(16, 8), block(8, 4)].map((one, i) => this.child(`merge${i}`, one));
    this.out = this.child("out", new Conv3d(4, channelsOf(kind), 1, { generator }));
  }

  override encode(images: Tensor): Tensor[] {
    const levels = [this.blocks[0].forward(images)];
    this.pools.forEach((pool, i) => {
      levels.push(this.blocks[i + 1].forward(pool.forward(levels[i])));
    });
    return levels;
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    return scope(() => {
      const [fine, middle, bottleneck] = levels;
      const feature = [middle, fine].reduce(
        (value, skip, i) => this.merges[i].forward(cat([skip, this.ups[i].forward(value)], 1)),
        bottleneck,
      );
      return { logits: this.out.forward(feature), feature };
    });
  }
}

/** Volumes [count, 1, ...sides] of grey levels with a bright ball inside a grey one, and the labels of both. */
export function makeVolumes(kind: Kind, seed: number, count = 2): { images: Tensor; labels: Tensor } {
  return noGrad(() =>
    scope(() => {
      using generator = new Generator(seed);
      const squares = sides.map((side, axis) => {
        const shape = [1, 1, 1, 1].map((one, i) => (i === axis + 1 ? side : one));
        const centres = rand([count, 1, 1, 1], { generator })
          .mul(side / 2)
          .add(side / 4);
        const places = zeros([side]).add(1).cumsum(0).sub(1).reshape(shape);
        return places
          .sub(centres)
          .div(side / 2)
          .square();
      });
      const distance = squares.reduce((sum, square) => sum.add(square)).sqrt();
      const [inner, outer] = [0.4, 0.7].map((radius) => distance.lt(radius).to({ dtype: "float32" }));
      const noise = rand([count, ...sides], { generator }).mul(90);
      const images = noise.add(outer.mul(80)).add(inner.mul(60)).floor().unsqueeze(1);
      const labels = kind === "sigmoid" ? stack([inner, outer], 1) : inner.add(outer).to({ dtype: "int64" });
      return { images, labels };
    }),
  );
}
