/**
 * Jensen-Shannon divergence in f-GAN's scaling, Σ p ln(2p/(p+q)) + q ln(2q/(p+q)): twice the textbook value, which
 * the default scale of ½ restores.
 */
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove, jensenShannonTerms } from "../well-conditioned.js";

export const js: FDivergence = {
  id: "js",
  name: "Jensen-Shannon",
  source: "Lin 1991; scaling of Nowozin et al. 2016",
  params: {},
  f: (u) => u.xlogy(u).sub(u.add(1).mul(u.add(1).div(2).log())),
  fPrime: (u) => u.mul(2).div(u.add(1)).log(),
  // −ln(2 − eᵗ), with 2 − eᵗ = −2(e^{t − ln 2} − 1)
  conjugate: (t) => infiniteAbove(t, Math.LN2, t.sub(Math.LN2).expm1().mul(-2).log().neg()),
  activation: (v) => v.logSigmoid().add(Math.LN2),
  perspective: (p, q) => jensenShannonTerms(p, q, 0.5).mul(2),
  fPrimeAtOne: 0,
  conjugateEnd: Math.LN2,
  range: [0, 2 * Math.LN2],
  defaultScale: 0.5,
  symmetric: true,
};
