/** Windows of volumes: percentiles of any numbers, exact, and what becomes of a volume of one value. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { percentileValues, windowOf } from "../../../src/data/volumes/windows.js";

/** By sorting: the smallest value with more than this share of all at or below it. */
function bySorting(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor((share / 100) * sorted.length), sorted.length - 1)];
}

describe("percentileValues", () => {
  it("finds those of a ramp", () => {
    const ramp = Int16Array.from({ length: 2001 }, (_, i) => i - 1000);
    expect(percentileValues(ramp, [0, 50, 100])).toEqual([-1000, 0, 1000]);
    expect(percentileValues(ramp, [0.5, 99.5])).toEqual([-990, 990]);
  });

  it("agrees with sorting on any float32 values", () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (values, share) => {
          const [found] = percentileValues(Float32Array.from(values), [share]) as number[];
          expect(found).toBe(bySorting(values, share) + 0);
        },
      ),
    );
  });

  it("passes NaN and infinities over, and has none of nothing else", () => {
    expect(percentileValues(Float32Array.of(Number.NaN, 3, Number.POSITIVE_INFINITY, 1), [0, 100])).toEqual([1, 3]);
    expect(percentileValues(Float32Array.of(Number.NaN), [50])).toBeUndefined();
  });
});

describe("windowOf", () => {
  it("is fixed where the rule says so, and the volume's own with percentiles", () => {
    const samples = Int16Array.of(-1000, 0, 40, 3000);
    expect(windowOf(samples, { low: -160, high: 240 })).toEqual({ low: -160, high: 240 });
    expect(windowOf(samples, { percentiles: [0, 100] })).toEqual({ low: -1000, high: 3000 });
  });

  it("is never empty", () => {
    expect(windowOf(new Float32Array(8).fill(7), { percentiles: [0.5, 99.5] })).toEqual({ low: 7, high: 8 });
  });
});
