/** Learning rate and averaging coefficient per 0-based iteration (MQinghe/MiDSS train.py). */

/** The polynomial rate set after step `iteration`: base·(1 − k/K)^power. */
export function polynomialRate(base: number, iteration: number, maxIterations: number, power = 0.9): number {
  return base * (1 - iteration / maxIterations) ** power;
}

/** The rate that step `iteration` uses: the one set after the step before, and the base for the first. */
export function learningRate(base: number, iteration: number, maxIterations: number, power = 0.9): number {
  return iteration === 0 ? base : polynomialRate(base, iteration - 1, maxIterations, power);
}

/** Weight of the old teacher in its exponential moving average: min(1 − 1/(k+1), limit); 0 copies the student. */
export function emaDecay(iteration: number, limit = 0.99): number {
  return Math.min(1 - 1 / (iteration + 1), limit);
}
