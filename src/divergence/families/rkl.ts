/** Reverse Kullback-Leibler divergence: Σ q ln(q/p). */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove, logRatio } from "../well-conditioned.js";

export const rkl: FDivergence = {
  id: "rkl",
  name: "reverse Kullback-Leibler",
  source: "Kullback & Leibler 1951, arguments swapped",
  params: {},
  f: (u) => u.log().neg(),
  fPrime: (u) => u.reciprocal().neg(),
  conjugate: (t) => infiniteAbove(t, 0, t.neg().log().add(1).neg()),
  activation: (v) => v.neg().exp().neg(),
  perspective: (p, q) => q.mul(logRatio(p, q)).neg(),
  fPrimeAtOne: -1,
  conjugateEnd: 0,
  range: [0, Number.POSITIVE_INFINITY],
  defaultScale: 1,
  symmetric: false,
};
