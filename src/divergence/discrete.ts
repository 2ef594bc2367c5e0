/** f-divergences between discrete distributions, and their variational lower bounds from samples. */
import { ShapeError, type Tensor } from "../torch/index.js";
import type { FDivergence } from "./f-divergence.js";

/** max(p, floor), renormalised over the last axis; no derivative goes through an entry that was raised. */
function floored(p: Tensor, floor: number): Tensor {
  const raised = p.clamp({ min: floor });
  return raised.div(raised.sum(-1, { keepdim: true }));
}

/**
 * D_f(P‖Q) = Σ q·f(p/q) over the last axis, in nats, without any scale; differentiable in both arguments.
 * @param p probabilities [..., C], each row summing to 1
 * @param q of the same shape
 * @param options `floor`: least probability before renormalising, 1e-6 by default; 0 leaves both as they are and then
 *                needs all entries > 0
 * @returns [...]
 * @throws ShapeError when the shapes differ
 * @example const d = discreteDivergence(divergence("js"), tensor([0.5, 0.5]), tensor([0.9, 0.1])).item();
 */
export function discreteDivergence(f: FDivergence, p: Tensor, q: Tensor, options: { floor?: number } = {}): Tensor {
  const { floor = 1e-6 } = options;
  if (String(p.shape) !== String(q.shape))
    throw new ShapeError(`discreteDivergence: p has shape [${p.shape}] but q has [${q.shape}]; expected equal shapes`);
  const terms = floor > 0 ? f.perspective(floored(p, floor), floored(q, floor)) : f.perspective(p, q);
  return terms.sum(-1);
}

/**
 * The lower bound E_P[T] − E_Q[f*(T)] ≤ D_f(P‖Q) with T = g_f(v) (Nguyen et al. 2010; Nowozin et al. 2016).
 * @param fromP a critic's unconstrained outputs v on samples of P, any shape
 * @param fromQ the same on samples of Q
 * @returns a scalar; its maximum over critics is the divergence
 */
export function variationalBound(f: FDivergence, fromP: Tensor, fromQ: Tensor): Tensor {
  return f
    .activation(fromP)
    .mean()
    .sub(f.conjugate(f.activation(fromQ)).mean());
}

/**
 * The same bound with the critic's output read as v = ln(p/q): T = f'(e^v), f*(T) = e^v·f'(e^v) − f(e^v). It needs no
 * conjugate. Keep |v| below 10 or so: e^v overflows float32 at 88.
 * @param fromP log-ratios on samples of P, any shape
 * @param fromQ the same on samples of Q
 */
export function ratioBound(f: FDivergence, fromP: Tensor, fromQ: Tensor): Tensor {
  const ratio = fromQ.exp();
  return f
    .fPrime(fromP.exp())
    .mean()
    .sub(ratio.mul(f.fPrime(ratio)).sub(f.f(ratio)).mean());
}
