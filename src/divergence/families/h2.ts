/** Squared Hellinger distance without the factor ½: Σ (√p − √q)². */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove } from "../well-conditioned.js";

export const h2: FDivergence = {
  id: "h2",
  name: "squared Hellinger",
  source: "Hellinger 1909; scaling of Nowozin et al. 2016",
  params: {},
  f: (u) => u.sqrt().sub(1).square(),
  fPrime: (u) => u.rsqrt().neg().add(1),
  conjugate: (t) => infiniteAbove(t, 1, t.div(t.neg().add(1))),
  activation: (v) => v.neg().expm1().neg(),
  // √p − √q = (p − q)/(√p + √q)
  perspective: (p, q) => p.sub(q).div(p.sqrt().add(q.sqrt())).square(),
  fPrimeAtOne: 0,
  conjugateEnd: 1,
  range: [0, 2],
  defaultScale: 1,
  symmetric: true,
};
