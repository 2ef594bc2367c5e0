/** Test-time mirroring: what a network says about an image and its mirror images, averaged. */
import { scope, spatialAxes, type Tensor } from "../torch/index.js";

/**
 * The axes of each mirror image but the image itself: the last axis, the one before it, both. Of volumes the last axis
 * alone, which training flips: a body that is mirrored along another one is none, and classes as front and back change
 * places.
 */
function mirrorAxes(images: Tensor): number[][] {
  const axes = images.ndim === 5 ? [4] : spatialAxes(images).reverse();
  const subsets = Array.from({ length: 2 ** axes.length }, (_, bits) => axes.filter((_axis, i) => (bits >> i) & 1));
  return subsets.slice(1).map((chosen) => chosen.reverse());
}

/**
 * The mean over an input's answer and those for its mirror images, mirrored back: 4 in all of an image, 2 of a volume.
 * @param direct the answer for the input as it is
 */
export function averageMirrored(input: Tensor, direct: Tensor, answer: (mirrored: Tensor) => Tensor): Tensor {
  return scope(() => {
    const axes = mirrorAxes(input);
    const mirrored = axes.map((chosen) => scope(() => answer(input.flip(chosen)).flip(chosen)));
    const sum = mirrored.reduce((total, one) => total.add(one), direct);
    return sum.div(axes.length + 1);
  });
}
