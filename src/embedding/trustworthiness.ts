/** How far the neighbours that a picture shows are neighbours in the data. */
import { UsageError } from "../core/errors.js";
import { eachDistanceBlock, requirePoints } from "./points.js";

/** The `k` points nearest to each point [n, k], itself excluded. */
function nearest(embedding: Float64Array, count: number, k: number): Int32Array {
  const result = new Int32Array(count * k);
  eachDistanceBlock(embedding, count, 2, (block, firstRow) => {
    const indices = block.topk(k + 1, { largest: false })[1].toNumbers();
    for (let row = 0; row < indices.length / (k + 1); row++) {
      const own = firstRow + row;
      const others = indices.subarray(row * (k + 1), (row + 1) * (k + 1)).filter((j) => j !== own);
      result.set(others.subarray(0, k), own * k);
    }
  });
  return result;
}

/** How many of the other points lie nearer to `own` than `other` does; of equals, those of lower number do. */
function rankOf(distances: Float64Array, own: number, other: number): number {
  let rank = 0;
  for (let j = 0; j < distances.length; j++) {
    const nearer = distances[j] < distances[other] || (distances[j] === distances[other] && j < other);
    if (nearer && j !== own) rank++;
  }
  return rank;
}

/**
 * Trustworthiness of an embedding in [0, 1] (Venna & Kaski, ICANN 2001; scikit-learn's function of this name): 1 when
 * the `neighbours` nearest points of every point in the picture are its nearest in the data, less by how far down the
 * data's list those stand that are not.
 * @param points     [n, d]
 * @param embedding  [n, 2]
 * @param neighbours default 12, below n/2
 * @throws UsageError when the sizes do not fit or a value is not finite
 */
export function trustworthiness(
  points: Float32Array,
  count: number,
  dimensions: number,
  embedding: Float64Array,
  neighbours = 12,
): number {
  requirePoints("trustworthiness", points, count, dimensions);
  if (embedding.length !== 2 * count || !embedding.every(Number.isFinite))
    throw new UsageError(
      `trustworthiness: embedding has ${embedding.length} values; expected 2 x ${count}, all finite numbers`,
    );
  if (!Number.isInteger(neighbours) || neighbours < 1 || neighbours >= count / 2)
    throw new UsageError(
      `trustworthiness: neighbours is ${neighbours}; give a whole number from 1 to below half the ${count} points`,
    );
  const shown = nearest(embedding, count, neighbours);
  let intruders = 0;
  eachDistanceBlock(points, count, dimensions, (block, firstRow) => {
    const values = block.toTypedArray() as Float64Array;
    for (let row = 0; row < values.length / count; row++) {
      const own = firstRow + row;
      const distances = values.subarray(row * count, (row + 1) * count);
      for (let at = own * neighbours; at < (own + 1) * neighbours; at++)
        intruders += Math.max(0, rankOf(distances, own, shown[at]) + 1 - neighbours);
    }
  });
  return 1 - (2 / (count * neighbours * (2 * count - 3 * neighbours - 1))) * intruders;
}
