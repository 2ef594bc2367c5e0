/**
 * t-SNE by Barnes-Hut (van der Maaten, JMLR 2014) with the defaults of scikit-learn's `TSNE`: start at the principal
 * components, early exaggeration 12 for 250 iterations, learning rate n/48 but at least 50 (Belkina et al., Nature
 * Communications 2019). Always the full number of iterations, so that progress can be told.
 */
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import { type Affinities, affinities, klDivergence } from "./affinities.js";
import { pca } from "./pca.js";
import { requirePoints } from "./points.js";
import { Quadtree } from "./quadtree.js";

export interface TsneOptions {
  /** Effective number of neighbours; default 30, and never more than a third of the other points. */
  perplexity?: number;
  /** Default 1000. */
  iterations?: number;
  /** Of the start along an axis in which the points do not differ; default 0. */
  seed?: number;
  /** Called with the number of iterations done, every 50 and at the end. */
  onProgress?(done: number): void;
}

export interface TsneResult {
  /** [n, 2], row-major. */
  embedding: Float64Array;
  /** Kullback-Leibler divergence in nats between the input's nearest neighbours and the embedding, computed exactly. */
  kl: number;
}

const exaggeration = 12;
const exaggeratedIterations = 250;
/** Standard deviation of the start along its first axis. */
const startDeviation = 1e-4;
/** Size over distance below which a group of points counts as one; scikit-learn takes 0.5, see docs/tsne.md. */
const angle = 0.4;
/** Up to this many points every pair is computed, which costs no more. */
const mostExact = 500;
const iterationsPerReport = 50;
const leastCount = 4;

/** Standard deviation of one column of [n, 2]. */
function columnDeviation(values: Float64Array, column: 0 | 1): number {
  let sum = 0;
  for (let at = column; at < values.length; at += 2) sum += values[at] ** 2;
  return Math.sqrt(sum / (values.length / 2));
}

/** The first two principal components [n, 2], scaled; noise replaces one that does not separate the points. */
function startingPositions(points: Float32Array, count: number, dimensions: number, seed: number): Float64Array {
  const scores = dimensions === 1 ? withSecondColumn(pca(points, count, 1, 1)) : pca(points, count, dimensions, 2);
  const first = columnDeviation(scores, 0);
  const scale = first > 0 ? startDeviation / first : 0;
  const start = scores.map((score) => score * scale);
  const stream = new RandomStream(seed, "tsne.start");
  for (const column of [0, 1] as const) {
    // What rounding leaves of an axis without spread would pass for structure.
    if (columnDeviation(start, column) > 1e-6 * startDeviation) continue;
    for (let i = 0; i < count; i++) start[2 * i + column] = stream.normal(0, startDeviation);
  }
  return start;
}

function withSecondColumn(column: Float64Array): Float64Array {
  const both = new Float64Array(2 * column.length);
  column.forEach((value, i) => {
    both[2 * i] = value;
  });
  return both;
}

/** Adds to `gradient` the attraction Σ_j p_ij q_ij (y_i − y_j), times `factor`. */
function addAttraction(pairs: Affinities, y: Float64Array, factor: number, gradient: Float64Array): void {
  const { count, start, column, value } = pairs;
  for (let i = 0; i < count; i++) {
    const [x0, y0] = [y[2 * i], y[2 * i + 1]];
    let [sumX, sumY] = [0, 0];
    for (let at = start[i]; at < start[i + 1]; at++) {
      const j = 2 * column[at];
      const dx = x0 - y[j];
      const dy = y0 - y[j + 1];
      const pull = (factor * value[at]) / (1 + dx * dx + dy * dy);
      sumX += pull * dx;
      sumY += pull * dy;
      gradient[j] -= pull * dx;
      gradient[j + 1] -= pull * dy;
    }
    gradient[2 * i] += sumX;
    gradient[2 * i + 1] += sumY;
  }
}

/** Gradient descent with momentum and a gain for each coordinate (Jacobs 1988, as in the original t-SNE). */
class Descent {
  private readonly velocity: Float64Array;
  private readonly gains: Float64Array;

  constructor(
    private readonly y: Float64Array,
    private readonly rate: number,
  ) {
    this.velocity = new Float64Array(y.length);
    this.gains = new Float64Array(y.length).fill(1);
  }

  step(gradient: Float64Array, momentum: number): void {
    const { y, velocity, gains, rate } = this;
    for (let at = 0; at < y.length; at++) {
      const along = velocity[at] * gradient[at] < 0;
      gains[at] = along ? gains[at] + 0.2 : Math.max(gains[at] * 0.8, 0.01);
      velocity[at] = momentum * velocity[at] - rate * gains[at] * gradient[at];
      y[at] += velocity[at];
    }
  }
}

function minimise(pairs: Affinities, y: Float64Array, iterations: number, onProgress?: (done: number) => void): void {
  const { count } = pairs;
  const tree = new Quadtree(count);
  const gradient = new Float64Array(2 * count);
  const rate = Math.max(count / exaggeration / 4, 50);
  let descent = new Descent(y, rate);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const early = iteration < exaggeratedIterations;
    // Gains that grew under exaggeration would throw single points far out after it.
    if (iteration === exaggeratedIterations) descent = new Descent(y, rate);
    tree.build(y);
    const normaliser = tree.repulsion(count <= mostExact ? 0 : angle, gradient);
    const scale = -4 / normaliser;
    for (let at = 0; at < gradient.length; at++) gradient[at] *= scale;
    addAttraction(pairs, y, early ? 4 * exaggeration : 4, gradient);
    descent.step(gradient, early ? 0.5 : 0.8);
    const done = iteration + 1;
    if (done % iterationsPerReport === 0 || done === iterations) onProgress?.(done);
  }
}

function requireOptions(
  count: number,
  { perplexity, iterations }: Required<Pick<TsneOptions, "perplexity" | "iterations">>,
) {
  if (count < leastCount) throw new UsageError(`tsne: there are ${count} points; t-SNE needs at least ${leastCount}`);
  if (!(perplexity >= 1 && Number.isFinite(perplexity)))
    throw new UsageError(`tsne: perplexity is ${perplexity}; give a number of at least 1`);
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new UsageError(`tsne: iterations is ${iterations}; give a whole number of at least 1`);
}

/**
 * Places points in the plane so that neighbours stay neighbours. The same points and options give the same bits on one
 * machine with one number of threads (of which only the search for neighbours and the start make use).
 * @param points     [n, d], row-major
 * @param count      n, at least 4
 * @param dimensions d
 * @throws UsageError when there are fewer than 4 points, one holds NaN or an infinity, or an option is out of range
 * @example const { embedding } = tsne(features, 300, 256, { seed: 0 });
 */
export function tsne(points: Float32Array, count: number, dimensions: number, options: TsneOptions = {}): TsneResult {
  const { perplexity = 30, iterations = 1000, seed = 0, onProgress } = options;
  requirePoints("tsne", points, count, dimensions);
  requireOptions(count, { perplexity, iterations });
  const effective = Math.min(perplexity, (count - 1) / 3);
  const neighbours = Math.min(count - 1, Math.floor(3 * effective + 1));
  const pairs = affinities(points, count, dimensions, effective, neighbours);
  const embedding = startingPositions(points, count, dimensions, seed);
  minimise(pairs, embedding, iterations, onProgress);
  return { embedding, kl: klDivergence(pairs, embedding) };
}
