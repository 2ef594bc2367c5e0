/** How unlike others a pattern is, what each signal of a mask says by itself: signals that contradict each other as they never did. */

/** Of neighbours, which one counts: a single odd one must not make others like it. */
const neighbour = 3;

/** Root mean square of the differences of two patterns. */
function distance(one: readonly number[], other: readonly number[]): number {
  return Math.sqrt(one.reduce((sum, value, i) => sum + (value - other[i]) ** 2, 0) / one.length);
}

/** Distance to the third nearest of some patterns, or the furthest of fewer; infinite from none. */
export function strangeness(pattern: readonly number[], known: readonly (readonly number[])[]): number {
  const distances = known.map((other) => distance(pattern, other)).sort((a, b) => a - b);
  return distances[Math.min(neighbour, distances.length) - 1] ?? Number.POSITIVE_INFINITY;
}

/** Distance to the nearest of some patterns; infinite from none. */
export function nearest(pattern: readonly number[], known: readonly (readonly number[])[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...known.map((other) => distance(pattern, other)));
}

/** The mean pattern. @param patterns at least one */
export function meanPattern(patterns: readonly (readonly number[])[]): number[] {
  return patterns[0].map((_, i) => patterns.reduce((sum, pattern) => sum + pattern[i], 0) / patterns.length);
}
