/** The upper tail of the standard normal distribution. */

/** Where the continued fraction takes over from the series. */
const crossover = 2.5;

/** erf(x) for small non-negative x by its all-positive series (Abramowitz & Stegun 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; term > total * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** erfc(x) for large x by its continued fraction (Abramowitz & Stegun 7.1.14), evaluated backwards. */
function erfcFraction(x: number): number {
  let denominator = x;
  for (let k = 100; k >= 1; k--) denominator = x + k / 2 / denominator;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * denominator);
}

/**
 * P(Z > z) of a standard normal variable.
 * @param z any number; relative error of the result below 1e-12 for z ≥ 0
 */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = x < crossover ? 0.5 * (1 - erfSeries(x)) : 0.5 * erfcFraction(x);
  return z >= 0 ? tail : 1 - tail;
}
