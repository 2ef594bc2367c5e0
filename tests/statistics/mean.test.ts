import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definedValues, mean, meanOfMeans, standardDeviation } from "../../src/statistics/mean.js";
import { percentile } from "../../src/statistics/percentile.js";

const values = [0.3, 1.7, -2, 5.5, 4.25, 9, -0.125];

describe("mean and spread", () => {
  it("agree with numpy", () => {
    expect(mean(values)).toBeCloseTo(2.6607142857142856, 14);
    expect(standardDeviation(values)).toBeCloseTo(3.8024623914110234, 14);
  });

  it("are undefined where there is nothing to average", () => {
    expect(mean([])).toBeNaN();
    expect(standardDeviation([3])).toBeNaN();
    expect(standardDeviation([3, 3])).toBe(0);
  });

  it("average domains without weighting them by their size", () => {
    expect(meanOfMeans([[1, 1, 1, 1], [3]])).toBe(2);
  });

  it("leave out undefined values but not infinite ones", () => {
    expect(definedValues([1, NaN, Infinity])).toEqual([1, Infinity]);
  });
});

describe("percentile", () => {
  it("agrees with numpy's linear interpolation and leaves its argument alone", () => {
    const want = { 0: -2, 2.5: -1.71875, 25: 0.0875, 50: 1.7, 90: 6.9, 95: 7.95, 100: 9 };
    const argument = [...values];
    for (const [percent, value] of Object.entries(want)) {
      expect(percentile(argument, Number(percent))).toBeCloseTo(value, 12);
    }
    expect(argument).toEqual(values);
  });

  it("handles no value, one value, ties, NaN and infinities", () => {
    expect(percentile([], 50)).toBeNaN();
    expect(percentile([4], 95)).toBe(4);
    expect(percentile([2, 2, 2, 2], 33)).toBe(2);
    expect(percentile([1, NaN], 50)).toBeNaN();
    expect(percentile([1, Infinity, Infinity], 95)).toBe(Infinity);
  });

  it("refuses a percent outside 0 … 100", () => {
    expect(() => percentile(values, 101)).toThrow(/percent is 101; expected 0 … 100/);
  });

  it("equals interpolation in the sorted values", () => {
    const numbers = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 100, noNaN: true }), (list, percent) => {
        const sorted = [...list].sort((a, b) => a - b);
        const position = (percent / 100) * (list.length - 1);
        const [low, high] = [Math.floor(position), Math.ceil(position)].map((rank) => sorted[rank]);
        expect(percentile(list, percent)).toBeCloseTo(low + (high - low) * (position - Math.floor(position)), 9);
      }),
    );
  });
});
