/** Many small numbers for one wait: each read of a tensor stops the host until the device has come that far. */
import { stack, to } from "./generated/functions.js";
import { scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** The values of tensors with one element each, by name, in a single read; any dtypes, one device. */
export function readScalars(scalars: Readonly<Record<string, Tensor>>): Record<string, number> {
  const names = Object.keys(scalars);
  if (names.length === 0) return {};
  const values = scope(() =>
    stack(Object.values(scalars).map((one) => to(one, { dtype: "float64" }).reshape([]))).toNumbers(),
  );
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}
