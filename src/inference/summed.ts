/** Sums of answers too large to lie in memory side by side. */
import { scope, type Tensor } from "../torch/index.js";

/**
 * The sum of answers in their order; of the further ones, one at a time lies in memory beside it.
 * @param first the caller's; left as it is
 */
export function summed(first: Tensor, further: readonly (() => Tensor)[]): Tensor {
  const [second, ...others] = further;
  if (second === undefined) return first;
  const sum = scope(() => first.add(second()));
  for (const answer of others) scope(() => void sum.add_(answer()));
  return sum;
}
