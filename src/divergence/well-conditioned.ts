/**
 * Logarithms of ratios near one, where float32 would otherwise lose all digits of a small divergence. Domains that are
 * almost aligned are the normal case in training, so this is not a corner.
 */
import { type Tensor, where } from "../torch/index.js";

/** ln(1 + x) to full relative accuracy, given x and, for |x| > ½, the ratio 1 + x computed without cancellation. */
export function logOfRatio(x: Tensor, ratio: Tensor): Tensor {
  // The clamp keeps the branch that is not taken finite: its gradient is multiplied by zero, and 0·∞ is NaN.
  return where(x.abs().le(0.5), x.clamp({ min: -0.5, max: 0.5 }).log1p(), ratio.log());
}

/** ln(p/q) for p, q > 0. */
export function logRatio(p: Tensor, q: Tensor): Tensor {
  return logOfRatio(p.sub(q).div(q), p.div(q));
}

/**
 * w·p·ln(p/m) + (1−w)·q·ln(q/m) with m = w·p + (1−w)·q: the terms of the Jensen-Shannon divergence with weights
 * (w, 1−w). Through x = (p−q)/m a rounding error of m cancels to first order.
 */
export function jensenShannonTerms(p: Tensor, q: Tensor, weight: number): Tensor {
  const mixture = p.mul(weight).add(q.mul(1 - weight));
  const x = p.sub(q).div(mixture);
  const fromP = p.mul(logOfRatio(x.mul(1 - weight), p.div(mixture)));
  const fromQ = q.mul(logOfRatio(x.mul(-weight), q.div(mixture)));
  return fromP.mul(weight).add(fromQ.mul(1 - weight));
}

/** `value` where t ≤ end, else +∞: a conjugate outside its domain. */
export function infiniteAbove(t: Tensor, end: number, value: Tensor): Tensor {
  return where(t.le(end), value, Number.POSITIVE_INFINITY);
}
