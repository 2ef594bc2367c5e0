/** Minimising a smooth convex function: L-BFGS with a backtracking line search (Nocedal & Wright, algorithm 7.5). */

/** Value and gradient at a place. */
export interface Evaluated {
  value: number;
  gradient: Float64Array;
}

export interface LbfgsOptions {
  /** Ends when no entry of the gradient exceeds this. */
  tolerance: number;
  mostIterations: number;
}

/** Steps and changes of the gradient remembered. */
const memory = 10;
/** Fraction of the promised decrease that a step must bring (Armijo). */
const sufficient = 1e-4;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** into ← into + factor · by */
function addScaled(into: Float64Array, by: Float64Array, factor: number): void {
  for (let i = 0; i < into.length; i++) into[i] += factor * by[i];
}

interface Change {
  step: Float64Array;
  gradient: Float64Array;
  product: number;
}

/** The inverse Hessian as remembered, times the gradient, downhill. */
function direction(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  const result = gradient.map((value) => -value);
  const weights = changes.map(() => 0);
  for (let i = changes.length - 1; i >= 0; i--) {
    weights[i] = dot(changes[i].step, result) / changes[i].product;
    addScaled(result, changes[i].gradient, -weights[i]);
  }
  const last = changes[changes.length - 1];
  // Before anything is known of the curvature, a step no longer than 1.
  const scale = last
    ? last.product / dot(last.gradient, last.gradient)
    : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
  for (let i = 0; i < result.length; i++) result[i] *= scale;
  for (const [i, { step, gradient: change, product }] of changes.entries())
    addScaled(result, step, weights[i] - dot(change, result) / product);
  return result;
}

/** A place further along a descent direction with a lower value; null where rounding hides any further decrease. */
function search(
  evaluate: (place: Float64Array) => Evaluated,
  place: Float64Array,
  { value, gradient }: Evaluated,
  along: Float64Array,
): { place: Float64Array; found: Evaluated } | null {
  const slope = dot(along, gradient);
  for (let length = 1; length > 1e-12; length /= 2) {
    const tried = place.slice();
    addScaled(tried, along, length);
    const found = evaluate(tried);
    if (found.value <= value + sufficient * length * slope) return { place: tried, found };
  }
  return null;
}

/**
 * The place of least value, starting at zero.
 * @param evaluate convex and smooth; the gradient it returns is kept
 */
export function lbfgs(
  size: number,
  evaluate: (place: Float64Array) => Evaluated,
  { tolerance, mostIterations }: LbfgsOptions,
): Float64Array {
  let place: Float64Array = new Float64Array(size);
  let current = evaluate(place);
  const changes: Change[] = [];
  for (let iteration = 0; iteration < mostIterations; iteration++) {
    if (current.gradient.every((value) => Math.abs(value) <= tolerance)) break;
    const better = search(evaluate, place, current, direction(current.gradient, changes));
    if (better === null) break;
    const step = better.place.slice();
    const gradient = better.found.gradient.slice();
    addScaled(step, place, -1);
    addScaled(gradient, current.gradient, -1);
    const product = dot(step, gradient);
    if (product > 0) changes.push({ step, gradient, product });
    if (changes.length > memory) changes.shift();
    [place, current] = [better.place, better.found];
  }
  return place;
}
