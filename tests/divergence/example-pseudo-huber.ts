/**
 * Pseudo-Huber divergence, total variation without the kink at equality: Σ √(q² + (p−q)²) − q. For small differences
 * half of Pearson's χ², for large ones the distance itself.
 */
import { type FDivergence, torch } from "../../src/index.js";

export const pseudoHuber: FDivergence = {
  id: "huber",
  name: "pseudo-Huber",
  source: "the function of Charbonnier et al. 1994 as f",
  params: {},
  f: (u) => u.sub(1).square().add(1).sqrt().sub(1),
  fPrime: (u) => u.sub(1).div(u.sub(1).square().add(1).sqrt()),
  // t + 1 − √(1−t²); below t = −1/√2 the supremum sits at u = 0.
  conjugate: (t) => {
    const root = t.square().neg().add(1).clamp({ min: 0 }).sqrt();
    const inside = torch.where(t.ge(-Math.SQRT1_2), t.add(1).sub(root), 1 - Math.SQRT2);
    return torch.where(t.le(1), inside, Number.POSITIVE_INFINITY);
  },
  activation: (v) => v.tanh(),
  // Multiplied by its conjugate sum, so that p ≈ q loses no digits.
  perspective: (p, q) => {
    const squared = p.sub(q).square();
    return squared.div(q.square().add(squared).sqrt().add(q));
  },
  fPrimeAtOne: 0,
  conjugateEnd: 1,
  range: [0, Math.SQRT2],
  defaultScale: 1,
  symmetric: false,
};
