/** Jeffreys divergence: Σ (p − q) ln(p/q), the sum of both Kullback-Leibler divergences. */
import type { Tensor } from "../../torch/index.js";
import type { FDivergence } from "../f-divergence.js";
import { logRatio } from "../well-conditioned.js";
import { wrightOmega } from "../wright-omega.js";

/** f*(t) = W + 1/W + t − 2 with W = LambertW(e^{1−t}), which is ω(1−t): no overflow of the exponential. */
function conjugate(t: Tensor): Tensor {
  const w = wrightOmega(t.neg().add(1));
  return w.add(w.reciprocal()).add(t).sub(2);
}

export const jeffreys: FDivergence = {
  id: "jeffreys",
  name: "Jeffreys",
  source: "Jeffreys 1946",
  params: {},
  f: (u) => u.sub(1).mul(u.log()),
  fPrime: (u) => u.log().add(1).sub(u.reciprocal()),
  conjugate,
  activation: (v) => v,
  perspective: (p, q) => p.sub(q).mul(logRatio(p, q)),
  fPrimeAtOne: 0,
  conjugateEnd: Number.POSITIVE_INFINITY,
  range: [0, Number.POSITIVE_INFINITY],
  defaultScale: 1,
  symmetric: true,
};
