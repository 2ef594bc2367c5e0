/**
 * The objective of the original GAN, Σ p ln(p/(p+q)) + q ln(q/(p+q)). Not normalised: f(1) = −2 ln 2, so it equals
 * `js` − 2 ln 2 and is −2 ln 2, not 0, at equality; its gradients are those of `js` on the simplex.
 */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove } from "../well-conditioned.js";

export const gan: FDivergence = {
  id: "gan",
  name: "GAN (not normalised)",
  source: "Goodfellow et al. 2014; Nowozin et al. 2016",
  params: {},
  f: (u) => u.xlogy(u).sub(u.add(1).mul(u.log1p())),
  fPrime: (u) => u.div(u.add(1)).log(),
  conjugate: (t) => infiniteAbove(t, 0, t.expm1().neg().log().neg()),
  activation: (v) => v.logSigmoid(),
  perspective: (p, q) => {
    const sum = p.add(q);
    return p.mul(p.div(sum).log()).add(q.mul(q.div(sum).log()));
  },
  fPrimeAtOne: -Math.LN2,
  conjugateEnd: 0,
  range: [-2 * Math.LN2, 0],
  defaultScale: 1,
  symmetric: true,
};
