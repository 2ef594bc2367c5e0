/**
 * Numbers of the host that differ from step to step, such as the learning rate. A step that is captured to be repeated
 * reads them from memory of the device, where they are put before each repetition; any other has them as they are.
 */
import type { Tensor } from "../torch/index.js";

/** A number of the host, or a float64 scalar on the device. */
export type Factor = number | Tensor;

/** Where steps take their numbers from; `Place` says where in training a step stands. */
export interface StepValues<Place> {
  /**
   * The number of the step at hand, or where it lies.
   * @param of gives the number at any step; it must not look at anything else that changes
   */
  value(of: (place: Place) => number): Factor;
}

/**
 * A number of the step at hand.
 * @example const decay = stepValue(step, ({ iteration }: MethodStep) => emaDecay(iteration));
 */
export function stepValue<Place>(
  at: NoInfer<Place> & { values?: StepValues<NoInfer<Place>> },
  of: (place: Place) => number,
): Factor {
  return at.values ? at.values.value(of) : of(at);
}

/** tensor·factor, in the tensor's dtype whether or not the factor lies on the device. */
export function times(tensor: Tensor, factor: Factor): Tensor {
  return tensor.mul(typeof factor === "number" ? factor : factor.to({ dtype: tensor.dtype }));
}
