/** Holm's correction for several tests at once (Holm 1979). */
import { UsageError } from "../core/errors.js";

/**
 * Holm-adjusted p-values: reject where the result is at most α to keep the chance of any false rejection below α.
 * @param pValues in [0, 1]
 * @returns adjusted values in the same order, at most 1
 * @throws UsageError when a value is outside [0, 1]
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw new UsageError(`holmAdjusted: a p-value is ${wrong}; expected 0 … 1`);
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  order.forEach((index, position) => {
    running = Math.max(running, Math.min(1, (pValues.length - position) * pValues[index]));
    adjusted[index] = running;
  });
  return adjusted;
}
