/** Isotonic regression: the non-decreasing function that is nearest to given points (pool adjacent violators). */

/** A piecewise linear non-decreasing function; constant beyond its ends. */
export interface MonotoneMap {
  /** Strictly increasing, at least one. */
  readonly at: readonly number[];
  /** Non-decreasing, one each. */
  readonly value: readonly number[];
}

interface Pool {
  first: number;
  last: number;
  sum: number;
  count: number;
}

const level = ({ sum, count }: Pool) => sum / count;

/**
 * Fits by least squares. Points of one x are one; between the middles of pools the map is linear, so that it has no steps.
 * @param x,y at least one finite pair
 */
export function isotonicFit(x: ArrayLike<number>, y: ArrayLike<number>): MonotoneMap {
  const order = Array.from(x, (_, i) => i).sort((a, b) => x[a] - x[b] || a - b);
  const pools: Pool[] = [];
  for (const i of order) {
    const previous = pools.at(-1);
    // A pool ends at the last of equal x, whatever their y.
    if (previous && previous.last === x[i]) {
      previous.sum += y[i];
      previous.count++;
    } else pools.push({ first: x[i], last: x[i], sum: y[i], count: 1 });
  }
  const merged: Pool[] = [];
  for (const pool of pools) {
    let own = pool;
    for (let below = merged.at(-1); below && level(below) >= level(own); below = merged.at(-1)) {
      merged.pop();
      own = { first: below.first, last: own.last, sum: below.sum + own.sum, count: below.count + own.count };
    }
    merged.push(own);
  }
  return { at: merged.map(({ first, last }) => (first + last) / 2), value: merged.map(level) };
}

/** The map's value at a place. */
export function mapped({ at, value }: MonotoneMap, x: number): number {
  const above = at.findIndex((place) => place >= x);
  if (above === 0) return value[0];
  if (above < 0) return value[value.length - 1];
  const share = (x - at[above - 1]) / (at[above] - at[above - 1]);
  return value[above - 1] + share * (value[above] - value[above - 1]);
}
