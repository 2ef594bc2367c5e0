/** Gradients, and the modes in which operators run. All modes are per thread and end when their function returns. */
import { zerosLike } from "./generated/functions.js";
import { native } from "./native.js";
import { type Device, handlesOf, Tensor } from "./tensor.js";

/** Options of {@link grad}. */
export interface GradOptions {
  /** Weights of the outputs; required when an output has more than one element. */
  gradOutputs?: readonly Tensor[];
  /** Keeps the graph for a second backward pass. Default false. */
  retainGraph?: boolean;
  /** Makes the gradients differentiable. Default false. */
  createGraph?: boolean;
  /** Gives zeros for inputs that do not take part in the outputs instead of refusing them. Default false. */
  allowUnused?: boolean;
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, one tensor each, in order.
 * @throws TorchError when an input does not take part in the outputs, unless `allowUnused`
 * @example const [dw, db] = grad(loss, [w, b]);
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): Tensor[] {
  return native()
    .gradient(
      handlesOf(outputs instanceof Tensor ? [outputs] : outputs),
      handlesOf(inputs),
      options.gradOutputs ? handlesOf(options.gradOutputs) : null,
      options.retainGraph ?? options.createGraph ?? false,
      options.createGraph ?? false,
      options.allowUnused ?? false,
    )
    .map((handle, i) => (handle === 0 ? zerosLike(inputs[i]) : new Tensor(handle)));
}

/** Adds gradients into the `grad` of every leaf that requires one. See {@link grad} for the options. */
export function backward(outputs: Tensor | readonly Tensor[], options: GradOptions = {}): void {
  native().backward(
    handlesOf(outputs instanceof Tensor ? [outputs] : outputs),
    options.gradOutputs ? handlesOf(options.gradOutputs) : null,
    options.retainGraph ?? options.createGraph ?? false,
    options.createGraph ?? false,
  );
}

/** Runs `body` without recording operators for gradients. */
export function noGrad<T>(body: () => T): T {
  const before = native().setGradMode(false);
  try {
    return body();
  } finally {
    native().setGradMode(before);
  }
}

/** Runs `body` recording operators for gradients, also within {@link noGrad}. */
export function enableGrad<T>(body: () => T): T {
  const before = native().setGradMode(true);
  try {
    return body();
  } finally {
    native().setGradMode(before);
  }
}

/** Runs `body` in inference mode: faster than {@link noGrad}, but its tensors can never take part in a gradient. */
export function inferenceMode<T>(body: () => T): T {
  native().enterInferenceMode();
  try {
    return body();
  } finally {
    native().exitInferenceMode();
  }
}

/** Precision of a training step: float32, or convolutions and products in bfloat16 with float32 weights. */
export type Precision = "fp32" | "bf16";

/** Runs `body` under automatic mixed precision on the device; "fp32" runs it unchanged. Does not nest. */
export function autocast<T>(precision: Precision, device: Device, body: () => T): T {
  if (precision === "fp32") return body();
  native().enterAutocast(device, "bfloat16");
  try {
    return body();
  } finally {
    native().exitAutocast(device);
  }
}
