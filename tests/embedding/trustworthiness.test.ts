import { describe, expect, it } from "vitest";
import { trustworthiness } from "../../src/embedding/index.js";
import { clouds, digits } from "./fixtures.js";

describe("trustworthiness", () => {
  it("is 1 for the data itself", () => {
    const points = clouds([[0, 0]], 30);
    expect(trustworthiness(points, 30, 2, Float64Array.from(points), 5)).toBe(1);
  });

  it("is what the formula says of two intruders", () => {
    // On a line of 5 points the picture swaps the last two.
    const line = Float32Array.from([0, 1, 2.1, 3.3, 4.6]);
    const picture = Float64Array.from([0, 0, 1, 0, 2.1, 0, 4.6, 0, 3.3, 0]);
    // Nearest in the picture: 0→1, 1→0, 2→1, 3→4, 4→2; the last two stand second in the data's lists.
    expect(trustworthiness(line, 5, 1, picture, 1)).toBeCloseTo(1 - (2 / (5 * 1 * (10 - 3 - 1))) * 2, 12);
  });

  it("equals scikit-learn's for its embedding of digits", () => {
    const { points, count, dimensions, embedding, trustworthiness: want } = digits();
    // Distances between digits are often equal, and scikit-learn's order of equals is left to chance.
    expect(Math.abs(trustworthiness(points, count, dimensions, embedding, 12) - want)).toBeLessThan(1e-5);
  });

  it("refuses too many neighbours and an embedding of other points", () => {
    expect(() => trustworthiness(new Float32Array(10), 10, 1, new Float64Array(20), 5)).toThrow(/neighbours is 5/);
    expect(() => trustworthiness(new Float32Array(10), 10, 1, new Float64Array(18), 2)).toThrow(/18 values/);
  });
});
