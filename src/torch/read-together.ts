/** Many numbers for one wait: each read of a tensor stops the host until the device has come that far. */
import { cat, to } from "./generated/functions.js";
import { scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

/**
 * The values of tensors of any shapes and dtypes, row-major, in a single read.
 * @param ofAll what is read in place of the values, all of them as one float64 [n]
 */
export function readTogether(tensors: readonly Tensor[], ofAll = (values: Tensor) => values): Float64Array[] {
  if (tensors.length === 0) return [];
  const sizes = tensors.map(({ numel }) => numel);
  const { device } = tensors[0];
  const values = scope(() =>
    ofAll(cat(tensors.map((one) => to(one, { dtype: "float64", device }).reshape([-1])))).toNumbers(),
  );
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return values.slice(end - size, end);
  });
}
