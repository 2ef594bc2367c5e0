import { describe, expect, it } from "vitest";
import { pca } from "../../src/embedding/index.js";
import { clouds, digits } from "./fixtures.js";

describe("pca", () => {
  it("finds the direction of points on a line, centred, with a fixed sign", () => {
    const along = Float32Array.from([0, 0, 3, -4, 6, -8]);
    // The axis is (0.6, −0.8), whose largest entry is made positive.
    [5, 0, -5].forEach((want, i) => {
      expect(pca(along, 3, 2, 1)[i]).toBeCloseTo(want, 10);
    });
  });

  it("equals scikit-learn's on digits up to sign", () => {
    const { points, count, dimensions, pcaDeviations, pcaFirst } = digits();
    const scores = pca(points, count, dimensions, 2);
    pcaDeviations.forEach((want, c) => {
      const column = Array.from({ length: count }, (_, i) => scores[2 * i + c]);
      expect(Math.sqrt(column.reduce((sum, value) => sum + value * value, 0) / count)).toBeCloseTo(want, 6);
      pcaFirst.forEach((row, i) => {
        expect(Math.abs(column[i])).toBeCloseTo(row[c], 6);
      });
    });
  });

  it("gives the same with fewer points than dimensions", () => {
    const points = clouds([[0, 0, 0, 0, 0]], 6, 3);
    const padded = new Float32Array(6 * 9);
    for (let i = 0; i < 6; i++) padded.set(points.subarray(5 * i, 5 * i + 5), 9 * i);
    const [few, many] = [pca(points, 6, 5, 2), pca(padded, 6, 9, 2)];
    few.forEach((value, at) => {
      expect(many[at]).toBeCloseTo(value, 8);
    });
  });

  it("gives zeros for points that do not differ", () => {
    expect([...pca(new Float32Array(8).fill(3), 2, 4, 2)]).toEqual([0, 0, 0, 0].map((zero) => expect.closeTo(zero)));
  });
});
