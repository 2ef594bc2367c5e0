/** Linear interpolation to another number of positions over the same field of view: outer edges stay where they are. */

/** For each position of the new axis the old ones it lies between, and the weight of the second. */
export interface Neighbours {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly weight: readonly number[];
}

/** The neighbours along one axis. @param from,to number of positions */
export function neighboursAlong(from: number, to: number): Neighbours {
  const places = Array.from({ length: to }, (_, i) => Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1));
  const low = places.map(Math.floor);
  return {
    low,
    high: low.map((at) => Math.min(at + 1, from - 1)),
    weight: places.map((place, i) => place - low[i]),
  };
}

/** Values between two lists, by the weight of the second. */
export function interpolated(low: Float32Array, high: Float32Array, weight: number): Float32Array {
  return low.map((value, i) => value + weight * (high[i] - value));
}

/** Values `[outer, from, inner]` as `[outer, to, inner]`. */
export function interpolateAxis(values: Float32Array, inner: number, from: number, along: Neighbours): Float32Array {
  const to = along.low.length;
  const outer = values.length / (from * inner);
  const result = new Float32Array(outer * to * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < to; i++) {
      const low = (o * from + along.low[i]) * inner;
      const high = (o * from + along.high[i]) * inner;
      const target = (o * to + i) * inner;
      const weight = along.weight[i];
      for (let k = 0; k < inner; k++)
        result[target + k] = values[low + k] + weight * (values[high + k] - values[low + k]);
    }
  return result;
}

/**
 * Resizes class values `[K, ...from]` linearly to `[K, ...to]` and hands them out plane by plane of the slowest spatial
 * axis, so that not all of them lie in memory at once.
 * @param take gets `[K, ...]` without the slowest axis, and the plane's number
 */
export function eachPlaneResized(
  values: Float32Array,
  from: readonly number[],
  to: readonly number[],
  take: (plane: Float32Array, index: number) => void,
): void {
  let flat = values;
  for (let axis = from.length - 1; axis > 0; axis--) {
    const inner = to.slice(axis + 1).reduce((product, side) => product * side, 1);
    if (from[axis] !== to[axis]) flat = interpolateAxis(flat, inner, from[axis], neighboursAlong(from[axis], to[axis]));
  }
  const size = to.slice(1).reduce((product, side) => product * side, 1);
  const { low, high, weight } = neighboursAlong(from[0], to[0]);
  for (let i = 0; i < to[0]; i++) {
    const both = { low: [low[i]], high: [high[i]], weight: [weight[i]] };
    take(interpolateAxis(flat, size, from[0], both), i);
  }
}
