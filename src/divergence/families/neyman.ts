/** Neyman's χ² divergence: Σ (p − q)²/p, Pearson's with the arguments swapped. */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove } from "../well-conditioned.js";

export const neyman: FDivergence = {
  id: "neyman",
  name: "Neyman χ²",
  source: "Neyman 1949",
  params: {},
  f: (u) => u.sub(1).square().div(u),
  fPrime: (u) => u.square().reciprocal().neg().add(1),
  conjugate: (t) => infiniteAbove(t, 1, t.neg().add(1).sqrt().mul(-2).add(2)),
  activation: (v) => v.neg().expm1().neg(),
  perspective: (p, q) => p.sub(q).square().div(p),
  fPrimeAtOne: 0,
  conjugateEnd: 1,
  range: [0, Number.POSITIVE_INFINITY],
  defaultScale: 1,
  symmetric: false,
};
