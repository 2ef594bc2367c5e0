/** Weighted Jensen-Shannon divergence: π·KL(P‖M) + (1−π)·KL(Q‖M) with M = πP + (1−π)Q. */
import { UsageError } from "../../core/errors.js";
import type { FDivergence } from "../f-divergence.js";
import { infiniteAbove, jensenShannonTerms } from "../well-conditioned.js";

/**
 * The member with weight `pi` on P; ½ gives the textbook Jensen-Shannon divergence.
 * @param pi inside (0, 1)
 * @throws UsageError outside that interval
 */
export function wjs(pi: number): FDivergence {
  if (!(pi > 0 && pi < 1)) throw new UsageError(`divergence wjs: pi is ${pi}; give a weight inside (0, 1)`);
  const conjugateEnd = -pi * Math.log(pi);
  return {
    id: "wjs",
    name: `weighted Jensen-Shannon (π = ${pi})`,
    source: "Lin 1991; Nowozin et al. 2016",
    params: { pi },
    f: (u) => {
      const mixture = u.mul(pi).add(1 - pi);
      return u.xlogy(u).mul(pi).sub(mixture.xlogy(mixture));
    },
    fPrime: (u) =>
      u
        .div(u.mul(pi).add(1 - pi))
        .log()
        .mul(pi),
    // (1−π)·ln((1−π)/(1 − π·e^{t/π})), with π·e^{t/π} = e^{(t − end)/π}
    conjugate: (t) => {
      const rest = t.sub(conjugateEnd).div(pi).expm1().neg();
      return infiniteAbove(
        t,
        conjugateEnd,
        rest
          .div(1 - pi)
          .log()
          .mul(pi - 1),
      );
    },
    activation: (v) => v.logSigmoid().add(conjugateEnd),
    perspective: (p, q) => jensenShannonTerms(p, q, pi),
    fPrimeAtOne: 0,
    conjugateEnd,
    range: [0, conjugateEnd - (1 - pi) * Math.log(1 - pi)],
    defaultScale: 1,
    symmetric: pi === 0.5,
  };
}
