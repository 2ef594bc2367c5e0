/** The α-divergences, f(u) = (u^α − 1 − α(u−1))/(α(α−1)): KL at α → 1, reverse KL at α → 0, half of Pearson at α = 2. */
import { UsageError } from "../../core/errors.js";
import type { Tensor } from "../../torch/index.js";
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove, logRatio } from "../well-conditioned.js";

/** f*(t) = (t(α−1)+1)^{α/(α−1)}/α − 1/α; for α > 1 a negative base counts as 0 (the supremum sits at u = 0). */
function conjugate(t: Tensor, a: number, end: number): Tensor {
  const base = t.mul(a - 1).add(1);
  const value = (a > 1 ? base.clamp({ min: 0 }) : base)
    .pow(a / (a - 1))
    .sub(1)
    .div(a);
  return infiniteAbove(t, end, value);
}

/**
 * The member with parameter `a`.
 * @param a any finite number except 0 and 1
 * @throws UsageError at 0 and 1, where the formula breaks down
 */
export function alpha(a: number): FDivergence {
  if (!Number.isFinite(a) || a === 0 || a === 1)
    throw new UsageError(`divergence alpha: alpha is ${a}; give a number other than 0 (use rkl) and 1 (use kl)`);
  const denominator = a * (a - 1);
  const bounded = a > 0 && a < 1;
  const conjugateEnd = a < 1 ? 1 / (1 - a) : Number.POSITIVE_INFINITY;
  return {
    id: "alpha",
    name: `α-divergence (α = ${a})`,
    source: "Amari 1985; Cressie & Read 1984",
    params: { alpha: a },
    f: (u) => u.pow(a).sub(1).sub(u.sub(1).mul(a)).div(denominator),
    fPrime: (u) =>
      u
        .pow(a - 1)
        .sub(1)
        .div(a - 1),
    conjugate: (t) => conjugate(t, a, conjugateEnd),
    activation: (v) => (a < 1 ? v.logSigmoid().add(1 / (1 - a)) : v),
    perspective: (p, q) => q.mul(logRatio(p, q).mul(a).expm1()).sub(p.sub(q).mul(a)).div(denominator),
    fPrimeAtOne: 0,
    conjugateEnd,
    range: [0, bounded ? -1 / denominator : Number.POSITIVE_INFINITY],
    defaultScale: 1,
    symmetric: a === 0.5,
  };
}
