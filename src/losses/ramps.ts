/** Weights that grow over training. All take the 0-based iteration. */

/** exp(−5(1−min(t,1))²): from 0.0067 to 1 (Laine & Aila's sigmoid ramp-up). */
export function sigmoidRampUp(progress: number): number {
  const t = Math.min(Math.max(progress, 0), 1);
  return Math.exp(-5 * (1 - t) ** 2);
}

/** MiDSS's weight of the unlabelled terms: 200 stairs over the whole training (train.py `get_current_consistency_weight`). */
export function midssRampUp(iteration: number, maxIterations: number): number {
  return sigmoidRampUp(Math.min(Math.floor(iteration / (maxIterations / 200)), 200) / 200);
}

/** SSL4MIS's consistency weight: 0.1 at its end, reached after 200·150 iterations. */
export function ssl4misRampUp(iteration: number, { weight = 0.1, stairs = 200, perStair = 150 } = {}): number {
  return weight * sigmoidRampUp(Math.min(Math.floor(iteration / perStair), stairs) / stairs);
}

/** UA-MT's entropy threshold in nats; ln 2 also for more than two classes, as in the reference. */
export function uncertaintyThreshold(iteration: number, maxIterations: number): number {
  return (0.75 + 0.25 * sigmoidRampUp(iteration / maxIterations)) * Math.LN2;
}

/** Strength of the gradient reversal: 0 → hi (fDAL's WarmGRL). */
export function gradientReversalRampUp(iteration: number, { hi = 1, iterations = 1000 } = {}): number {
  return (2 * hi) / (1 + Math.exp(-iteration / iterations)) - hi;
}

/** min(k/K, 1). */
export function linearRampUp(iteration: number, maxIterations: number): number {
  return Math.min(iteration / maxIterations, 1);
}

/** ½(cos(πk/K)+1): from 1 to 0. */
export function cosineRampDown(iteration: number, maxIterations: number): number {
  return 0.5 * (Math.cos((Math.PI * iteration) / maxIterations) + 1);
}
