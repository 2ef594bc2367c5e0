/** Total variation distance: ½ Σ |p − q|. Its gradient has constant size and vanishes only at equality. */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove } from "../well-conditioned.js";

export const tv: FDivergence = {
  id: "tv",
  name: "total variation",
  source: "Nowozin et al. 2016, table 5",
  params: {},
  f: (u) => u.sub(1).abs().mul(0.5),
  fPrime: (u) => u.sub(1).sign().mul(0.5),
  // Below t = −½ the supremum sits at u = 0.
  conjugate: (t) => infiniteAbove(t, 0.5, t.clamp({ min: -0.5 })),
  activation: (v) => v.tanh().mul(0.5),
  perspective: (p, q) => p.sub(q).abs().mul(0.5),
  fPrimeAtOne: 0,
  conjugateEnd: 0.5,
  range: [0, 1],
  defaultScale: 1,
  symmetric: true,
};
