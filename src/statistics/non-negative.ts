/** Least squares with weights that are not negative. */
import { mean } from "./mean.js";

/** Sweeps over the weights, at most, and the change that ends them. */
const mostSweeps = 1000;
const settled = 1e-10;

/**
 * The weights w ≥ 0 for which Σ w_j x_j and an offset are nearest to y, drawn towards equal weights of sum 1: few points
 * must not decide between columns that say nearly the same.
 * @param columns one array for each weight, as long as `y`, at least one
 * @param pull of the draw, in units of the variance of y
 */
export function nonNegativeWeights(
  columns: readonly (readonly number[])[],
  y: readonly number[],
  pull: number,
): number[] {
  const centres = columns.map(mean);
  const centred = columns.map((column, j) => column.map((value) => value - centres[j]));
  const target = mean(y);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const rest = y.map((value) => value - target);
  const strength = pull * Math.max(dot(rest, rest), Number.MIN_VALUE);
  const share = 1 / columns.length;
  const products = centred.map((a, i) => centred.map((b, j) => dot(a, b) + (i === j ? strength : 0)));
  const wanted = centred.map((a) => dot(a, rest) + strength * share);
  const weights = columns.map(() => share);
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let change = 0;
    weights.forEach((before, j) => {
      const others = weights.reduce((sum, weight, i) => sum + (i === j ? 0 : weight * products[j][i]), 0);
      weights[j] = Math.max(0, (wanted[j] - others) / products[j][j]);
      change = Math.max(change, Math.abs(weights[j] - before));
    });
    if (change < settled) break;
  }
  return weights;
}
