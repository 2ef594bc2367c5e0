/** What the functions of this folder ask of their points, and the distances between them. */
import { UsageError } from "../core/errors.js";
import { cdist, fromTypedArray, noGrad, scope, type Tensor } from "../torch/index.js";

/** Compute distances pair by pair: exact zeros between equal points, the same bits with any number of threads. */
const withoutProducts = 2;

/** Distances held at a time, so that memory stays flat. */
const blockElements = 2 ** 20;

/**
 * Refuses arrays that are not `count` points.
 * @param where the function's name, for the message
 * @throws UsageError when the sizes do not fit or a value is NaN or infinite
 */
export function requirePoints(where: string, points: Float32Array, count: number, dimensions: number): void {
  if (
    !Number.isInteger(count) ||
    !Number.isInteger(dimensions) ||
    dimensions < 1 ||
    points.length !== count * dimensions
  )
    throw new UsageError(
      `${where}: points has ${points.length} values; expected count x dimensions = ${count} x ${dimensions}`,
    );
  const wrong = points.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new UsageError(
    `${where}: point ${Math.floor(wrong / dimensions)} holds ${points[wrong]}; expected finite numbers`,
  );
}

/** Points [n, d] as a tensor of double precision. */
export function pointsTensor(points: Float32Array | Float64Array, count: number, dimensions: number): Tensor {
  return fromTypedArray(points, [count, dimensions]).to({ dtype: "float64" });
}

/**
 * Hands the Euclidean distances from each point to all points, a few rows at a time, to `visit`.
 * @param visit gets the distances [rows, n] as float64, valid during the call, and the number of the first row
 */
export function eachDistanceBlock(
  points: Float32Array | Float64Array,
  count: number,
  dimensions: number,
  visit: (distances: Tensor, firstRow: number) => void,
): void {
  const rows = Math.max(1, Math.floor(blockElements / count));
  noGrad(() =>
    scope(() => {
      const all = pointsTensor(points, count, dimensions);
      for (let first = 0; first < count; first += rows) {
        scope(() => {
          const block = all.slice(0, first, Math.min(count, first + rows));
          visit(cdist(block, all, { computeMode: withoutProducts }), first);
        });
      }
    }),
  );
}
