/**
 * t-SNE's picture of the input: which points are near each other, as probabilities of pairs (van der Maaten & Hinton,
 * "Visualizing data using t-SNE", JMLR 2008), over nearest neighbours only as in the Barnes-Hut variant (JMLR 2014).
 */
import { eachDistanceBlock } from "./points.js";

/** Probabilities of pairs. Each unordered pair stands once; twice the sum of all values is 1. */
export interface Affinities {
  readonly count: number;
  /** Pairs of point i with points j > i: `column` and `value` at [start[i], start[i + 1]). */
  readonly start: Int32Array;
  readonly column: Int32Array;
  readonly value: Float64Array;
}

/** Nearest neighbours of each point, itself excluded, and the probability that it chooses each; both [n, k]. */
interface Choices {
  neighbours: Int32Array;
  probabilities: Float64Array;
}

/** Largest difference from the wished entropy, in nats, at which the search for a bandwidth ends (scikit-learn's). */
const entropyTolerance = 1e-5;
const mostHalvings = 100;

/**
 * Fills `into` with p_j ∝ exp(−β d_j²), β such that their entropy is ln(perplexity), or as near as distances allow.
 * @param distances to the k neighbours
 */
function conditional(distances: Float64Array, perplexity: number, into: Float64Array): void {
  const squares = distances.map((distance) => distance * distance);
  const least = squares.reduce((a, b) => Math.min(a, b), Infinity);
  const spread = squares.reduce((sum, square) => sum + (square - least), 0) / squares.length;
  // In units of their mean the search starts near its end, whatever the scale of the data.
  const scaled = squares.map((square) => (spread > 0 ? (square - least) / spread : 0));
  let [low, beta, high] = [0, 1, Infinity];
  for (let step = 0; step < mostHalvings; step++) {
    let [sum, weighted] = [0, 0];
    for (let j = 0; j < scaled.length; j++) {
      into[j] = Math.exp(-beta * scaled[j]);
      sum += into[j];
      weighted += into[j] * scaled[j];
    }
    for (let j = 0; j < into.length; j++) into[j] /= sum;
    const excess = Math.log(sum) + (beta * weighted) / sum - Math.log(perplexity);
    if (Math.abs(excess) <= entropyTolerance) return;
    if (excess > 0) low = beta;
    else high = beta;
    beta = high === Infinity ? 2 * beta : (low + high) / 2;
  }
}

function chooseNeighbours(
  points: Float32Array,
  count: number,
  dimensions: number,
  perplexity: number,
  k: number,
): Choices {
  const neighbours = new Int32Array(count * k);
  const probabilities = new Float64Array(count * k);
  const distances = new Float64Array(k);
  eachDistanceBlock(points, count, dimensions, (block, firstRow) => {
    // One more than asked for, because a point is its own nearest, or one of the nearest if others coincide with it.
    const [nearest, indices] = block.topk(k + 1, { largest: false }).map((tensor) => tensor.toNumbers());
    for (let row = 0; row < nearest.length / (k + 1); row++) {
      const point = firstRow + row;
      let found = 0;
      for (let at = row * (k + 1); at < (row + 1) * (k + 1) && found < k; at++) {
        if (indices[at] === point) continue;
        neighbours[point * k + found] = indices[at];
        distances[found++] = nearest[at];
      }
      conditional(distances, perplexity, probabilities.subarray(point * k, (point + 1) * k));
    }
  });
  return { neighbours, probabilities };
}

/** Where each row of pairs begins when every choice goes to the row of the lower of its two points. */
function rowStarts({ neighbours }: Choices, count: number, k: number): Int32Array {
  const start = new Int32Array(count + 1);
  neighbours.forEach((j, at) => {
    start[Math.min(Math.floor(at / k), j) + 1]++;
  });
  for (let i = 0; i < count; i++) start[i + 1] += start[i];
  return start;
}

/** Adds up the two directions of each pair. */
function symmetrise(choices: Choices, count: number, k: number): Affinities {
  const { neighbours, probabilities } = choices;
  const room = rowStarts(choices, count, k);
  const column = new Int32Array(neighbours.length);
  const value = new Float64Array(neighbours.length);
  const filled = room.slice();
  neighbours.forEach((j, at) => {
    const i = Math.floor(at / k);
    const place = filled[Math.min(i, j)]++;
    column[place] = Math.max(i, j);
    value[place] = probabilities[at] / (2 * count);
  });
  // Merge in place: what is written never overtakes what is read.
  const start = new Int32Array(count + 1);
  const placeOf = new Int32Array(count).fill(-1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    start[i] = end;
    for (let at = room[i]; at < room[i + 1]; at++) {
      const known = placeOf[column[at]];
      if (known >= start[i]) {
        value[known] += value[at];
        continue;
      }
      placeOf[column[at]] = end;
      column[end] = column[at];
      value[end++] = value[at];
    }
  }
  start[count] = end;
  return { count, start, column: column.slice(0, end), value: value.slice(0, end) };
}

/**
 * Joint probabilities p_ij = (p_{j|i} + p_{i|j})/2n of the pairs of points.
 * @param points     [n, d]
 * @param perplexity effective number of neighbours of each point, from 1 to below `neighbours`
 * @param neighbours nearest neighbours that a point may choose, at most n − 1, which is t-SNE without approximation
 */
export function affinities(
  points: Float32Array,
  count: number,
  dimensions: number,
  perplexity: number,
  neighbours: number,
): Affinities {
  return symmetrise(chooseNeighbours(points, count, dimensions, perplexity, neighbours), count, neighbours);
}

/**
 * The Kullback-Leibler divergence in nats that t-SNE minimises, without approximation of the embedding's side.
 * @param embedding [n, 2]
 */
export function klDivergence({ count, start, column, value }: Affinities, embedding: Float64Array): number {
  const squaredDistance = (i: number, j: number) =>
    (embedding[2 * i] - embedding[2 * j]) ** 2 + (embedding[2 * i + 1] - embedding[2 * j + 1]) ** 2;
  let normaliser = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) normaliser += 2 / (1 + squaredDistance(i, j));
    for (let at = start[i]; at < start[i + 1]; at++) {
      if (value[at] > 0) sum += 2 * value[at] * Math.log(value[at] * (1 + squaredDistance(i, column[at])));
    }
  }
  // The pairs' probabilities sum to 1.
  return sum + Math.log(normaliser);
}
