/** Intervals and tests against numbers from scipy 1.17 and numpy 2.4. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { bootstrapMean, bootstrapPairedDifference } from "../../src/statistics/bootstrap.js";
import { holmAdjusted } from "../../src/statistics/holm.js";
import { normalTail } from "../../src/statistics/normal.js";
import { wilcoxonSignedRank } from "../../src/statistics/wilcoxon.js";

const first30 = [
  0.8578, 0.8407, 0.7242, 0.8231, 0.8476, 0.8557, 0.7735, 0.8261, 0.8011, 0.8096, 0.903, 0.8096, 0.8484, 0.8942, 0.8208,
  0.8444, 0.8555, 0.8532, 0.7887, 0.8538, 0.9179, 0.7726, 0.893, 0.856, 0.8179, 0.95, 0.8881, 0.79, 0.8537, 0.8788,
];
const second30 = [
  0.8535, 0.8102, 0.7162, 0.7931, 0.7944, 0.866, 0.7574, 0.83, 0.7873, 0.8352, 0.9104, 0.8055, 0.8114, 0.8498, 0.8505,
  0.8582, 0.8261, 0.903, 0.7926, 0.8467, 0.8702, 0.7419, 0.8928, 0.8571, 0.8154, 0.8943, 0.8909, 0.7891, 0.8331, 0.8724,
];
const first12 = [0.8501, 0.8649, 0.8363, 0.8055, 0.8273, 0.8004, 0.853, 0.917, 0.8254, 0.819, 0.8745, 0.8678];
const second12 = [0.8169, 0.8628, 0.8072, 0.7546, 0.8376, 0.7841, 0.88, 0.9257, 0.8507, 0.7961, 0.8825, 0.8297];

/** 1 … n, every third one (from the first) negative. */
const signed = (n: number) => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? -1 : 1) * (i + 1));
const zeros = (n: number) => new Array<number>(n).fill(0);

describe("wilcoxonSignedRank", () => {
  it("is exact up to 25 untied pairs", () => {
    expect(wilcoxonSignedRank(first12, second12)).toEqual({
      pairs: 12,
      statistic: 24,
      pValue: 0.26611328125,
      method: "exact",
    });
    expect(wilcoxonSignedRank(signed(25), zeros(25))).toMatchObject({ statistic: 117, method: "exact" });
    expect(wilcoxonSignedRank(signed(25), zeros(25)).pValue).toBeCloseTo(0.23036134243011475, 14);
    expect(wilcoxonSignedRank([1, 2, 3, 4, 5], zeros(5)).pValue).toBe(0.0625);
  });

  it("uses the normal approximation with continuity correction beyond", () => {
    const { pValue, ...rest } = wilcoxonSignedRank(first30, second30);
    expect(rest).toEqual({ pairs: 30, statistic: 130, method: "normal" });
    expect(pValue).toBeCloseTo(0.03590284081166453, 13);
    expect(wilcoxonSignedRank(signed(26), zeros(26)).pValue).toBeCloseTo(0.14072874277056632, 13);
  });

  it("drops zero differences and corrects for ties", () => {
    const first = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];
    const second = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3, 5, 3];
    const result = wilcoxonSignedRank(first, second);
    expect(result).toMatchObject({ pairs: 17, statistic: 58, method: "normal" });
    expect(result.pValue).toBeCloseTo(0.39129880042005094, 13);
  });

  it("finds no evidence where nothing differs", () => {
    expect(wilcoxonSignedRank(first12, first12)).toMatchObject({ pairs: 0, statistic: 0, pValue: 1 });
    expect(wilcoxonSignedRank([], [])).toMatchObject({ pairs: 0, pValue: 1 });
    expect(wilcoxonSignedRank([1, -1], [0, 0])).toMatchObject({ pairs: 2, pValue: 1, method: "normal" });
  });

  it("does not depend on the order of cases or of the two lists", () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        const test = (rows: [number, number][], swap = false) =>
          wilcoxonSignedRank(
            rows.map((row) => row[swap ? 1 : 0]),
            rows.map((row) => row[swap ? 0 : 1]),
          ).pValue;
        expect(test([...list].reverse())).toBe(test(list));
        expect(test(list, true)).toBe(test(list));
        expect(test(list)).toBeGreaterThan(0);
        expect(test(list)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("refuses unpaired and undefined values", () => {
    expect(() => wilcoxonSignedRank([1, 2], [1])).toThrow(/got 2 and 1 values/);
    expect(() => wilcoxonSignedRank([1, NaN], [1, 2])).toThrow(/not finite/);
  });
});

describe("normalTail", () => {
  it.each([
    [0, 0.5],
    [0.1, 0.460172162722971],
    [1, 0.15865525393145707],
    [1.96, 0.024997895148220435],
    [3, 0.0013498980316300933],
    [3.5, 0.00023262907903552502],
    [3.6, 0.00015910859015753364],
    [5, 2.866515718791933e-7],
    [8, 6.22096057427174e-16],
    [20, 2.7536241186061556e-89],
    [37, 5.7255712225239266e-300],
  ])("at %d", (z, tail) => {
    expect(Math.abs(normalTail(z) / tail - 1)).toBeLessThan(1e-12);
    expect(normalTail(-z)).toBeCloseTo(1 - tail, 15);
  });
});

describe("holmAdjusted", () => {
  it("multiplies by the hypotheses left, never decreasing, in the given order", () => {
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((want, i) => {
      expect(adjusted[i]).toBeCloseTo(want, 14);
    });
  });

  it("stops at 1, keeps a single value and accepts none", () => {
    expect(holmAdjusted([0.9, 0.6])).toEqual([1, 1]);
    expect(holmAdjusted([0.2])).toEqual([0.2]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it("refuses what is no probability", () => {
    expect(() => holmAdjusted([0.5, 1.2])).toThrow(/p-value is 1.2/);
    expect(() => holmAdjusted([NaN])).toThrow(/p-value is NaN/);
  });
});

describe("bootstrap", () => {
  // Limits of scipy.stats.bootstrap(method="percentile") with 200,000 resamples; ours uses 20,000.
  it("agrees with scipy's interval of a mean and of paired differences", () => {
    const options = { seed: 1, resamples: 20_000 };
    const single = bootstrapMean([first30], options);
    expect(single.low).toBeCloseTo(0.82486, 3);
    expect(single.high).toBeCloseTo(0.85821, 3);
    const paired = bootstrapPairedDifference([first30], [second30], options);
    expect(Math.abs(paired.low - 0.00109)).toBeLessThan(4e-4);
    expect(Math.abs(paired.high - 0.01847)).toBeLessThan(4e-4);
  });

  it("resamples within domains and averages them unweighted", () => {
    const groups = [first30.slice(0, 20), second30.slice(0, 6)];
    const { estimate, low, high } = bootstrapMean(groups, { seed: 3, resamples: 20_000 });
    expect(estimate).toBeCloseTo(0.8185583333333333, 12);
    expect(Math.abs(low - 0.79645)).toBeLessThan(1e-3);
    expect(Math.abs(high - 0.83883)).toBeLessThan(1e-3);
    const constants = bootstrapMean([zeros(3), [1, 1]], { seed: 3 });
    expect(constants).toEqual({ estimate: 0.5, low: 0.5, high: 0.5 });
  });

  it("takes 2000 resamples unless told otherwise, and no fewer than 100", () => {
    const interval = (resamples?: number) => bootstrapMean([first12], { seed: 5, resamples });
    expect(interval()).toEqual(interval(2000));
    for (const other of [1999, 2001, 100]) expect(interval(other)).not.toEqual(interval());
  });

  it("depends on the seed alone", () => {
    expect(bootstrapMean([first12], { seed: 5 })).toEqual(bootstrapMean([first12], { seed: 5 }));
    expect(bootstrapMean([first12], { seed: 6 })).not.toEqual(bootstrapMean([first12], { seed: 5 }));
  });

  it("covers the true mean about 95 times in 100", () => {
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const stream = new RandomStream(trial, "sample");
      const sample = Array.from({ length: 60 }, () => stream.normal());
      const { low, high } = bootstrapMean([sample], { seed: trial, resamples: 400 });
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });

  it("is not defined for one subject, of one case or several, and infinite where a value is", () => {
    const undefinedInterval = { estimate: 0.7, low: Number.NaN, high: Number.NaN };
    expect(bootstrapMean([[0.7]], { seed: 0 })).toEqual(undefinedInterval);
    expect(bootstrapMean([[0.6, 0.8]], { seed: 0, subjects: [["p", "p"]] })).toEqual(undefinedInterval);
    expect(bootstrapMean([[0.1, 0.2], [1.25]], { seed: 0 }).low).toBeNaN();
    expect(bootstrapMean([[1, Infinity]], { seed: 0 })).toMatchObject({ estimate: Infinity, high: Infinity });
  });

  it("refuses empty groups, undefined values, unequal pairs and too few resamples", () => {
    expect(() => bootstrapMean([], { seed: 0 })).toThrow(/a group has no values/);
    expect(() => bootstrapMean([[1], []], { seed: 0 })).toThrow(/a group has no values/);
    expect(() => bootstrapMean([[1, NaN]], { seed: 0 })).toThrow(/a value is NaN/);
    expect(() => bootstrapMean([[1], [1, NaN]], { seed: 0 })).toThrow(/a value is NaN/);
    for (const resamples of [10, 99, 100.5])
      expect(() => bootstrapMean([[1]], { seed: 0, resamples })).toThrow(`resamples is ${resamples}`);
    expect(() => bootstrapPairedDifference([[1, 2]], [[1]], { seed: 0 })).toThrow(/sizes \[2\] and \[1\]/);
  });
});
