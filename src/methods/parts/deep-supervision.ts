/**
 * Deep supervision (Lee et al., AISTATS 2015; as nnU-Net's DeepSupervisionWrapper has it): the labelled loss of each
 * resolution that a network has logits of, against labels brought to it. Weights halve from one level to the next and sum
 * to 1. A network without deep supervision has one level, of weight 1; every method's labelled loss goes through here.
 */
import { nearestSources } from "../../grid/resize.js";
import { fromTypedArray, spatialShape, type Tensor } from "../../torch/index.js";
import type { StudentOutput } from "./forward.js";

/** Brings a map of full resolution, labels or weights `[B, ...S]` or `[B, C, ...S]`, to a level's resolution. */
export type AtLevel = (map: Tensor) => Tensor;

/** The nearest values of a map at other sides, along its last axes. */
function nearest(map: Tensor, sides: readonly number[]): Tensor {
  const first = map.ndim - sides.length;
  const thinned = sides.reduce((resized, side, i) => {
    const [axis, length] = [first + i, resized.shape[first + i]];
    const step = length / side;
    // Where a level's positions divide the map's, no table of them has to go to the device.
    if (Number.isInteger(step)) return step === 1 ? resized : resized.slice(axis, Math.floor(step / 2), length, step);
    const sources = BigInt64Array.from(nearestSources(length, side), BigInt);
    return resized.indexSelect(axis, fromTypedArray(sources, [side], { device: map.device }));
  }, map);
  return thinned.contiguous();
}

/**
 * A labelled loss over all levels of an output.
 * @param loss of a level's logits [B, K, ...]; `at` brings maps of full resolution to them, and is the identity at full
 *   resolution
 * @returns a scalar
 * @example overLevels(output, (logits, at) => segmentationLoss(logits, at(labels), null, { kind }).loss)
 */
export function overLevels(
  { logits, deep = [] }: StudentOutput,
  loss: (logits: Tensor, at: AtLevel) => Tensor,
): Tensor {
  const full = loss(logits, (map) => map);
  if (deep.length === 0) return full;
  const weights = [logits, ...deep].map((_, level) => 2 ** -level);
  const sum = weights.reduce((total, weight) => total + weight);
  return deep.reduce(
    (total, coarse, i) => {
      const own = loss(coarse, (map) => nearest(map, spatialShape(coarse)));
      return total.add(own.mul(weights[i + 1] / sum));
    },
    full.mul(weights[0] / sum),
  );
}
