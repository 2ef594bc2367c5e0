/** Percentiles with linear interpolation, as numpy's default. */
import { UsageError } from "../core/errors.js";

/** Moves the k-th smallest value to index k, smaller ones before it and larger ones after it (Hoare's selection). */
function select(values: Float64Array, k: number): void {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const kept = values[i];
        values[i++] = values[j];
        values[j--] = kept;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

/**
 * Percentile in linear time; reorders `values`.
 * @param values  finite numbers or infinities, no NaN
 * @param percent 0 … 100
 * @returns NaN when there are no values
 */
export function percentileInPlace(values: Float64Array, percent: number): number {
  if (values.length === 0) return Number.NaN;
  const position = (percent / 100) * (values.length - 1);
  const k = Math.floor(position);
  select(values, k);
  const lower = values[k];
  const fraction = position - k;
  if (fraction === 0) return lower;
  let upper = values[k + 1];
  for (let i = k + 2; i < values.length; i++) if (values[i] < upper) upper = values[i];
  return upper === lower ? lower : lower + (upper - lower) * fraction;
}

/**
 * Percentile with linear interpolation between the two nearest ranks, as `numpy.percentile`.
 * @param values  any order, left as they are; NaN in gives NaN out
 * @param percent 0 … 100
 * @returns NaN when there are no values
 * @throws UsageError when `percent` is outside 0 … 100
 */
export function percentile(values: ArrayLike<number>, percent: number): number {
  if (!(percent >= 0 && percent <= 100)) throw new UsageError(`percentile: percent is ${percent}; expected 0 … 100`);
  const copy = Float64Array.from(values);
  return copy.some(Number.isNaN) ? Number.NaN : percentileInPlace(copy, percent);
}
