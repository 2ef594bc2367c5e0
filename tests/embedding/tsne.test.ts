import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { affinities, klDivergence, trustworthiness, tsne } from "../../src/embedding/index.js";
import { liveTensors } from "../../src/torch/index.js";
import { clouds, digits } from "./fixtures.js";

/** Euclidean distance between two points of the plane. */
function apart(embedding: Float64Array, i: number, j: number): number {
  return Math.hypot(embedding[2 * i] - embedding[2 * j], embedding[2 * i + 1] - embedding[2 * j + 1]);
}

describe("affinities", () => {
  it("gives equal probabilities to the corners of a regular simplex", () => {
    const { value, column, start } = affinities(Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), 3, 3, 2, 2);
    expect([...start]).toEqual([0, 2, 3, 3]);
    expect([...column].sort()).toEqual([1, 2, 2]);
    for (const p of value) expect(p).toBeCloseTo(1 / 6, 12);
  });

  it("sums to one, whatever the scale of the points and however many coincide", () => {
    const points = clouds([[0, 0, 0]], 40).map((value, at) => (at < 60 ? 0 : 1e12 * value));
    const { value } = affinities(points, 40, 3, 5, 16);
    expect(value.reduce((sum, p) => sum + 2 * p, 0)).toBeCloseTo(1, 12);
  });

  it("reaches the perplexity that was asked for", () => {
    const count = 30;
    const { value, column, start } = affinities(clouds([[0, 0]], count), count, 2, 6, count - 1);
    // Averaged over points, the entropy of the joint distribution is at least that of each point's choice.
    let entropy = 0;
    for (let i = 0; i < count; i++) {
      for (let at = start[i]; at < start[i + 1]; at++) {
        expect(column[at]).toBeGreaterThan(i);
        entropy -= 2 * value[at] * Math.log(value[at]);
      }
    }
    expect(Math.exp(entropy) / count).toBeGreaterThan(6);
    expect(Math.exp(entropy) / count).toBeLessThan(12);
  });
});

describe("klDivergence", () => {
  it("is zero where the picture has exactly the input's probabilities", () => {
    // Three points with equal distances in data and picture.
    const pairs = affinities(Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), 3, 3, 2, 2);
    expect(klDivergence(pairs, Float64Array.from([0, 0, 1, 0, 0.5, Math.sqrt(3) / 2]))).toBeCloseTo(0, 12);
  });

  it("equals scikit-learn's for its embedding of digits", () => {
    const { points, count, dimensions, embedding, klExact, klNeighbours } = digits();
    const all = klDivergence(affinities(points, count, dimensions, 30, count - 1), embedding);
    expect(Math.abs(all / klExact - 1)).toBeLessThan(1e-4);
    // scikit-learn approximates the embedding's side of this one.
    const nearest = klDivergence(affinities(points, count, dimensions, 30, 91), embedding);
    expect(Math.abs(nearest / klNeighbours - 1)).toBeLessThan(0.01);
  });
});

describe("tsne", () => {
  it("is as good as scikit-learn on digits", { timeout: 60_000 }, () => {
    const { points, count, dimensions, klExact, trustworthiness: theirs } = digits();
    const { embedding, kl } = tsne(points, count, dimensions);
    const exact = klDivergence(affinities(points, count, dimensions, 30, count - 1), embedding);
    expect(exact).toBeLessThan(1.02 * klExact);
    expect(kl).toBeCloseTo(klDivergence(affinities(points, count, dimensions, 30, 91), embedding), 12);
    expect(trustworthiness(points, count, dimensions, embedding)).toBeGreaterThan(theirs - 0.01);
  });

  it("separates far clouds and keeps their points together", () => {
    const points = clouds(
      [
        [0, 0, 0],
        [20, 0, 0],
        [0, 20, 0],
      ],
      20,
    );
    const { embedding } = tsne(points, 60, 3, { perplexity: 8, iterations: 500 });
    for (let i = 0; i < 60; i++) {
      const others = [...Array(60).keys()]
        .filter((j) => j !== i)
        .sort((a, b) => apart(embedding, i, a) - apart(embedding, i, b));
      expect(Math.floor(others[0] / 20)).toBe(Math.floor(i / 20));
    }
  });

  it("gives the same bits again, reports progress and leaves no tensors", () => {
    const points = clouds(
      [
        [0, 0, 0, 0],
        [3, 0, 0, 0],
      ],
      15,
    );
    const before = liveTensors();
    const reports: number[] = [];
    const run = () => tsne(points, 30, 4, { iterations: 120, onProgress: (done) => reports.push(done) });
    expect(run()).toEqual(run());
    expect(reports).toEqual([50, 100, 120, 50, 100, 120]);
    expect(liveTensors()).toBe(before);
  });

  it("spreads points that differ along no axis, or along one, by the seed", () => {
    const same = new Float32Array(10 * 3).fill(2);
    const line = Float32Array.from({ length: 12 }, (_, i) => i);
    for (const [points, dimensions] of [
      [same, 3],
      [line, 1],
    ] as const) {
      const count = points.length / dimensions;
      const [a, b, c] = [1, 1, 2].map((seed) => tsne(points, count, dimensions, { seed, iterations: 60 }).embedding);
      expect(a.every(Number.isFinite)).toBe(true);
      expect(a).toEqual(b);
      expect(a).not.toEqual(c);
      expect(apart(a, 0, 1)).toBeGreaterThan(0);
    }
  });

  it("works from four points on, more dimensions than points included", () => {
    const { embedding, kl } = tsne(clouds([Array(50).fill(0)], 4), 4, 50);
    expect(embedding).toHaveLength(8);
    expect(embedding.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(kl)).toBe(true);
  });

  it.each([
    ["three points", new Float32Array(6), 3, {}, /3 points; t-SNE needs at least 4/],
    ["a NaN", Float32Array.from([0, 1, 2, 3, 4, Number.NaN, 6, 7]), 4, {}, /point 2 holds NaN/],
    ["a wrong count", new Float32Array(7), 4, {}, /7 values; expected count x dimensions = 4 x 2/],
    ["a perplexity below 1", new Float32Array(8), 4, { perplexity: 0.5 }, /perplexity is 0.5/],
    ["no iterations", new Float32Array(8), 4, { iterations: 0 }, /iterations is 0/],
  ])("refuses %s", (_, points, count, options, message) => {
    const call = () => tsne(points, count, 2, options);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(message);
  });
});
