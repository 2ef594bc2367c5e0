/** Le Cam (triangular) divergence: ½ Σ (p − q)²/(p + q). */
import { type Tensor, where } from "../../torch/index.js";
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove } from "../well-conditioned.js";

/** f*(t) = 2 − t − 2√(1−2t); below t = −3/2 the supremum sits at u = 0. */
function conjugate(t: Tensor): Tensor {
  const value = t.mul(-2).add(1).sqrt().mul(-2).sub(t).add(2);
  return infiniteAbove(t, 0.5, where(t.ge(-1.5), value, -0.5));
}

export const lecam: FDivergence = {
  id: "lecam",
  name: "Le Cam",
  source: "Le Cam 1986; Vincze 1981",
  params: {},
  f: (u) => u.sub(1).square().div(u.add(1).mul(2)),
  fPrime: (u) => u.add(1).square().reciprocal().mul(-2).add(0.5),
  conjugate,
  activation: (v) => v.neg().sigmoid().square().mul(-2).add(0.5),
  perspective: (p, q) => p.sub(q).square().div(p.add(q).mul(2)),
  fPrimeAtOne: 0,
  conjugateEnd: 0.5,
  range: [0, 1],
  defaultScale: 1,
  symmetric: true,
};
