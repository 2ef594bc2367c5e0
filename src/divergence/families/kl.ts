/** Kullback-Leibler divergence: Σ p ln(p/q). */
import type { FDivergence } from "../f-divergence.js";
import { logRatio } from "../well-conditioned.js";

export const kl: FDivergence = {
  id: "kl",
  name: "Kullback-Leibler",
  source: "Kullback & Leibler 1951",
  params: {},
  f: (u) => u.xlogy(u),
  fPrime: (u) => u.log().add(1),
  conjugate: (t) => t.sub(1).exp(),
  activation: (v) => v,
  perspective: (p, q) => p.mul(logRatio(p, q)),
  fPrimeAtOne: 1,
  conjugateEnd: Number.POSITIVE_INFINITY,
  range: [0, Number.POSITIVE_INFINITY],
  defaultScale: 1,
  symmetric: false,
};
