/** Counting the values of a label map, quick because equal values lie in runs. */

/** Number of occurrences of each value. */
export function countValues(values: ArrayLike<number>, counts = new Map<number, number>()): Map<number, number> {
  let start = 0;
  for (let i = 1; i <= values.length; i++) {
    if (i < values.length && values[i] === values[start]) continue;
    counts.set(values[start], (counts.get(values[start]) ?? 0) + i - start);
    start = i;
  }
  return counts;
}
