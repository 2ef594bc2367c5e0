/** Numbers from scikit-learn, and clouds of points. */
import { readFileSync } from "node:fs";
import { RandomStream } from "../../src/core/random.js";

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), "utf8"));
}

function bytes(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, "base64")).buffer;
}

/** 250 handwritten digits of 8 x 8 pixels and scikit-learn's embedding of them. */
export function digits() {
  const stored = read("digits");
  return {
    points: Float32Array.from(new Uint8Array(bytes(stored.points))),
    count: stored.count as number,
    dimensions: stored.dimensions as number,
    embedding: Float64Array.from(new Float32Array(bytes(stored.embedding))),
    /** Of that embedding: with all pairs, and with the 91 nearest neighbours and scikit-learn's approximation. */
    klExact: stored.klExact as number,
    klNeighbours: stored.klNeighbours as number,
    trustworthiness: stored.trustworthiness as number,
    /** Standard deviations of the two principal components, and the first five points' sizes along them. */
    pcaDeviations: stored.pcaDeviations as number[],
    pcaFirst: stored.pcaFirst as number[][],
  };
}

/** 90 points of three overlapping classes, scikit-learn's classifier of all and its held-out recognition. */
export function regression() {
  const stored = read("regression");
  return {
    points: new Float32Array(bytes(stored.points)),
    count: stored.count as number,
    dimensions: stored.dimensions as number,
    labels: Int32Array.from(stored.labels as number[]),
    folds: stored.folds as number[],
    /** [d, K] of standardised features, and [K]. */
    weights: stored.weights as number[][],
    intercepts: stored.intercepts as number[],
    recognised: stored.recognised as number[],
  };
}

/** Normal clouds around the given centres, `each` points for every one, in order. */
export function clouds(centres: readonly (readonly number[])[], each: number, seed = 0): Float32Array {
  const stream = new RandomStream(seed, "test.clouds");
  const values = centres.flatMap((centre) =>
    Array.from({ length: each }, () => centre.map((coordinate) => stream.normal(coordinate))).flat(),
  );
  return Float32Array.from(values);
}
