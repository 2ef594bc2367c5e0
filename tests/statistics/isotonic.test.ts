import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isotonicFit, mapped } from "../../src/statistics/isotonic.js";
import { nonNegativeWeights } from "../../src/statistics/non-negative.js";

const points = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 20 })), {
  minLength: 1,
  maxLength: 30,
});

describe("isotonicFit", () => {
  it("pools what falls, and joins points of one x first", () => {
    // 1, 3, 2 → 1, 2.5, 2.5; the two at x = 3 are 4 and 6.
    expect(isotonicFit([0, 1, 2, 3, 3], [1, 3, 2, 4, 6])).toEqual({ at: [0, 1.5, 3], value: [1, 2.5, 5] });
  });

  it("never falls, keeps the mean, and does not depend on the order of the points", () => {
    fc.assert(
      fc.property(points, (given) => {
        const x = given.map(([place]) => place);
        const y = given.map(([, value]) => value);
        const map = isotonicFit(x, y);
        map.value.slice(1).forEach((value, i) => void expect(value).toBeGreaterThan(map.value[i]));
        const backwards = isotonicFit([...x].reverse(), [...y].reverse());
        expect(backwards.at).toEqual(map.at);
        backwards.value.forEach((value, i) => void expect(value).toBeCloseTo(map.value[i], 9));
        expect(Math.min(...map.value)).toBeGreaterThanOrEqual(Math.min(...y));
      }),
    );
  });

  it("leaves points that rise alone, is linear between them and constant beyond", () => {
    const map = isotonicFit([2, 0, 1], [5, 0, 1]);
    expect([-3, 0, 0.5, 1, 1.25, 2, 7].map((x) => mapped(map, x))).toEqual([0, 0, 0.5, 1, 2, 5, 5]);
  });
});

describe("nonNegativeWeights", () => {
  it("finds the weights that made the values, and none below 0", () => {
    const a = [0, 1, 2, 3, 4, 5];
    const b = [1, 0, 2, 0, 1, 2];
    const y = a.map((value, i) => 0.5 * value + 2 * b[i] + 7);
    const [first, second] = nonNegativeWeights([a, b], y, 0);
    expect(first).toBeCloseTo(0.5, 6);
    expect(second).toBeCloseTo(2, 6);
    // Against b the best weight is negative.
    expect(
      nonNegativeWeights(
        [a, b],
        a.map((value, i) => value - b[i]),
        0,
      )[1],
    ).toBe(0);
  });

  it("shares a weight between columns that are the same", () => {
    const column = [0, 1, 4, 2];
    const weights = nonNegativeWeights([column, column], column, 0.01);
    expect(weights[0]).toBeCloseTo(weights[1], 9);
    expect(weights[0]).toBeCloseTo(0.5, 2);
  });
});
