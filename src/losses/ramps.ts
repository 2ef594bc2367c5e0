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

/** UA-MT's entropy threshold in nats; ln 2 also for more than two classes, as in the reference. */
export function uncertaintyThreshold(iteration: number, maxIterations: number): number {
  return (0.75 + 0.25 * sigmoidRampUp(iteration / maxIterations)) * Math.LN2;
}
