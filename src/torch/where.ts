/** A choice by condition. */
import { full, whereSelf } from "./generated/functions.js";
import { scope } from "./scope.js";
import { Tensor } from "./tensor.js";

/**
 * `a` where the condition holds, else `b`, broadcast. A number is made on the device, in the other's dtype: libtorch would
 * copy it there, and on a GPU wait for all work before it.
 * @param condition bool
 */
export function where(condition: Tensor, a: Tensor, b: Tensor | number): Tensor;
export function where(condition: Tensor, a: number, b: Tensor): Tensor;
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const like = (a instanceof Tensor ? a : b) as Tensor;
  const placed = (value: Tensor | number) =>
    value instanceof Tensor ? value : full([], value, { dtype: like.dtype, device: like.device });
  return scope(() => whereSelf(condition, placed(a), placed(b)));
}
