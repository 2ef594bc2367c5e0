/** Pearson's χ² divergence: Σ (p − q)²/q. */
import { where } from "../../torch/index.js";
import type { FDivergence } from "../f-divergence.js";

export const pearson: FDivergence = {
  id: "pearson",
  name: "Pearson χ²",
  source: "Pearson 1900",
  params: {},
  f: (u) => u.sub(1).square(),
  fPrime: (u) => u.sub(1).mul(2),
  // Below t = −2 the supremum sits at u = 0.
  conjugate: (t) => where(t.ge(-2), t.square().div(4).add(t), -1),
  activation: (v) => v,
  perspective: (p, q) => p.sub(q).square().div(q),
  fPrimeAtOne: 0,
  conjugateEnd: Number.POSITIVE_INFINITY,
  range: [0, Number.POSITIVE_INFINITY],
  defaultScale: 1,
  symmetric: false,
};
