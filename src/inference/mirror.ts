/** Test-time mirroring: what a network says about an image and its mirror images, averaged or one by one. */
import { type NetworkOutput, SegmentationNetwork } from "../nn/index.js";
import { scope, type Tensor } from "../torch/index.js";
import { summed } from "./summed.js";

/**
 * The axes of each mirror image but the image itself: the last axis, the one before it, both. Of volumes the last axis
 * alone, which training flips: a body that is mirrored along another one is none, and classes as front and back change
 * places.
 * @param rank number of spatial axes of images `[B, C, ...S]`
 */
function mirrorAxes(rank: number): number[][] {
  const axes = rank === 3 ? [4] : [3, 2];
  const subsets = Array.from({ length: 2 ** axes.length }, (_, bits) => axes.filter((_axis, i) => (bits >> i) & 1));
  return subsets.slice(1).map((chosen) => chosen.reverse());
}

/**
 * The mean over an input's answer and those for its mirror images, mirrored back: 4 in all of an image, 2 of a volume.
 * @param direct the answer for the input as it is
 */
export function averageMirrored(input: Tensor, direct: Tensor, answer: (mirrored: Tensor) => Tensor): Tensor {
  return scope(() => {
    const axes = mirrorAxes(input.ndim - 2);
    const mirrored = axes.map((chosen) => () => scope(() => answer(input.flip(chosen)).flip(chosen)));
    return summed(direct, mirrored).div(axes.length + 1);
  });
}

/** A network that sees a mirror image and mirrors what it says back. It is not for training. */
class Mirrored extends SegmentationNetwork {
  override readonly rank: 2 | 3;
  override readonly strides: readonly number[];
  override readonly width: number;

  constructor(
    private readonly network: SegmentationNetwork,
    private readonly axes: readonly number[],
  ) {
    super();
    ({ rank: this.rank, strides: this.strides, width: this.width } = network);
    this.child("network", network);
  }

  override forward(images: Tensor): Tensor {
    return scope(() => this.network.forward(images.flip([...this.axes])).flip([...this.axes]));
  }

  override encode(images: Tensor): Tensor[] {
    return this.network.encode(images.flip([...this.axes]));
  }

  override decode(levels: readonly Tensor[]): NetworkOutput {
    const { logits, feature } = this.network.decode(levels);
    return { logits: logits.flip([...this.axes]), feature: feature.flip([...this.axes]) };
  }
}

/** The network's answers for each mirror image but the image itself, as networks of their own: 3 of images, 1 of volumes. */
export function mirrorMembers(network: SegmentationNetwork): SegmentationNetwork[] {
  return mirrorAxes(network.rank).map((axes) => new Mirrored(network, axes));
}
