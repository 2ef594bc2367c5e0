/**
 * What an f-divergence is here: D_f(P‖Q) = Σ q·f(p/q) with f convex, its derivative, its convex conjugate and the
 * output activation of the variational form (Nowozin, Cseke, Tomioka, "f-GAN", NIPS 2016; method section 5.1).
 * Each family is one file in families/ and one line in registry.ts; all functions are differentiable operators.
 */
import type { Tensor } from "../torch/index.js";

/** One member of the family, with its parameters fixed. Every function works element by element, in any float dtype. */
export interface FDivergence {
  /** Name in configurations, for example "js". */
  readonly id: string;
  /** Name in words, for tables and help. */
  readonly name: string;
  /** Where the definition comes from. */
  readonly source: string;
  /** The family's parameters (`alpha`, `pi`); empty for most. */
  readonly params: Readonly<Record<string, number>>;

  /** f(u), u > 0. */
  f(u: Tensor): Tensor;
  /** f'(u), u > 0; a subgradient where f has a kink. */
  fPrime(u: Tensor): Tensor;
  /** f*(t) = sup over u ≥ 0 of u·t − f(u); +∞ above {@link conjugateEnd}. */
  conjugate(t: Tensor): Tensor;
  /** Maps a critic's output v ∈ ℝ onto the t the conjugate accepts, increasing in v. */
  activation(v: Tensor): Tensor;
  /**
   * q·f(p/q) for p, q > 0, written so that p ≈ q loses few digits. Its partial derivatives are f'(r) in p and
   * f(r) − r·f'(r) in q, r = p/q, not projected on the simplex.
   */
  perspective(p: Tensor, q: Tensor): Tensor;

  /** f'(1): a critic decides "from P" when its t is above it. */
  readonly fPrimeAtOne: number;
  /** Supremum of the t with finite f*(t). */
  readonly conjugateEnd: number;
  /** Least and greatest value of D_f over all pairs of distributions. The least is 0 except for `gan`, whose f(1) ≠ 0. */
  readonly range: readonly [number, number];
  /** Factor that gives the usual textbook value: 0.5 for `js`, else 1. */
  readonly defaultScale: number;
  /** Whether D_f(P‖Q) = D_f(Q‖P). */
  readonly symmetric: boolean;
}
