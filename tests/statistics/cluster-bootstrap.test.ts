/** Resampling whole subjects: against all resamples counted out by hand, and against the plain bootstrap. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { RandomStream } from "../../src/core/random.js";
import { bootstrapMean, bootstrapOverSeeds, bootstrapPairedDifference } from "../../src/statistics/bootstrap.js";
import { percentile } from "../../src/statistics/percentile.js";

/** All n^n ways of drawing n of n. */
function allDraws(n: number): number[][] {
  const grow = (draws: number[][]): number[][] =>
    draws[0].length === n ? draws : grow(draws.flatMap((draw) => Array.from({ length: n }, (_, i) => [...draw, i])));
  return grow([[]]);
}

function limits(means: readonly number[]): [number, number] {
  return [percentile(means, 2.5), percentile(means, 97.5)];
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** The bootstrap of cases as it is usually written. */
function plain(groups: readonly (readonly number[])[], seed: number, resamples: number): [number, number] {
  const means = Array.from({ length: resamples }, (_, resample) => {
    const ofGroup = groups.map((group, index) => {
      const stream = new RandomStream(seed, "evaluation.bootstrap", resample, index);
      return total(group.map(() => group[stream.integer(0, group.length - 1)])) / group.length;
    });
    return total(ofGroup) / groups.length;
  });
  return limits(means);
}

const options = { seed: 4, resamples: 20_000 };
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("bootstrap of subjects", () => {
  it("draws subjects and takes all their cases: the 27 resamples of three subjects", () => {
    // p has three cases, q one, r two: means of resamples weigh subjects by their cases.
    const bySubject = [[0.1, 0.2, 0.3], [0.9], [0.5, 0.7]];
    const means = allDraws(3).map((draw) => {
      const cases = draw.flatMap((i) => bySubject[i]);
      return total(cases) / cases.length;
    });
    const { estimate, low, high } = bootstrapMean([[0.1, 0.9, 0.2, 0.5, 0.3, 0.7]], {
      ...options,
      subjects: [["p", "q", "p", "r", "p", "r"]],
    });
    expect(estimate).toBeCloseTo(2.7 / 6, 12);
    // Each a thousand times, as in very many draws; the limits lie within steps of the distribution.
    const [least, most] = limits(means.flatMap((mean) => Array.from({ length: 1000 }, () => mean)));
    expect([low, high]).toEqual([expect.closeTo(least, 12), expect.closeTo(most, 12)]);
    expect([least, most]).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.9, 12)]);
  });

  it("draws a subject of several domains in all of them at once", () => {
    // The domains cancel within a subject: drawn apart their mean would spread, drawn together it cannot.
    const groups = [
      [0, 0.2, 1],
      [1, 0.8, 0],
    ];
    const names = ["p", "q", "r"];
    const together = bootstrapMean(groups, { ...options, subjects: [names, names] });
    const half = expect.closeTo(0.5, 12);
    expect(together).toEqual({ estimate: half, low: half, high: half });
    const apart = bootstrapMean(groups, options);
    expect(apart.high - apart.low).toBeGreaterThan(0.4);
  });

  it("draws the subjects that are in both domains apart from those in one, so that no domain is ever empty", () => {
    const subjects = [
      ["both", "a"],
      ["both", "b"],
    ];
    // Each of the three is the only one of its kind, so that every resample is the sample.
    const groups = [
      [0.2, 0.4],
      [0.6, 0.9],
    ];
    const { estimate, low, high } = bootstrapMean(groups, { ...options, subjects });
    expect([estimate, low, high]).toEqual([0.525, 0.525, 0.525]);
  });

  it("is the bootstrap of cases, draw for draw, where every case is a subject of its own", () => {
    const groups = fc.array(fc.array(share, { minLength: 2, maxLength: 8 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(groups, fc.nat(1000), (values, seed) => {
        const { low, high } = bootstrapMean(values, { seed, resamples: 100 });
        expect([low, high]).toEqual(plain(values, seed, 100));
        const subjects = values.map((group, g) => group.map((_, i) => `subject ${i} of ${g}`));
        expect(bootstrapMean(values, { seed, resamples: 100, subjects })).toEqual(
          bootstrapMean(values, { seed, resamples: 100 }),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("gives repeated cases of each subject the interval of one case each", () => {
    const means = fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(means, fc.integer({ min: 1, max: 4 }), (values, copies) => {
        const repeated = values.flatMap((value, i) => Array.from({ length: copies }, () => ({ value, name: `s${i}` })));
        const few = { seed: 2, resamples: 100 };
        const clustered = bootstrapMean([repeated.map(({ value }) => value)], {
          ...few,
          subjects: [repeated.map(({ name }) => name)],
        });
        const once = bootstrapMean([values], few);
        expect(clustered.low).toBeCloseTo(once.low, 10);
        expect(clustered.high).toBeCloseTo(once.high, 10);
      }),
      { numRuns: 40 },
    );
  });

  it("resamples paired differences by subject", () => {
    const subjects = [["p", "p", "q", "q"]];
    const { estimate, low, high } = bootstrapPairedDifference([[0.5, 0.7, 0.9, 0.9]], [[0.4, 0.6, 0.6, 0.6]], {
      ...options,
      subjects,
    });
    expect([estimate, low, high]).toEqual([0.2, 0.1, 0.3].map((value) => expect.closeTo(value, 12)));
  });

  it("refuses subjects of another shape", () => {
    const wrong = () => bootstrapMean([[1, 2], [3]], { seed: 0, subjects: [["a", "b"], []] });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(/groups have sizes \[2, 1\] but their subjects \[2, 0\]/);
  });
});

describe("bootstrap of seeds and subjects", () => {
  it("draws both: the 16 resamples of two seeds and two subjects", () => {
    const bySeed = [[[0.1, 0.5]], [[0.4, 0.2]]];
    const means = allDraws(2).flatMap((seeds) =>
      allDraws(2).map((cases) => total(seeds.flatMap((s) => cases.map((i) => bySeed[s][0][i]))) / 4),
    );
    const { estimate, low, high } = bootstrapOverSeeds(bySeed, options);
    expect(estimate).toBeCloseTo(0.3, 12);
    const [least, most] = limits(means.flatMap((mean) => Array.from({ length: 1000 }, () => mean)));
    expect([low, high]).toEqual([expect.closeTo(least, 12), expect.closeTo(most, 12)]);
  });

  it("draws the subjects alike for all seeds: equal seeds add nothing and hide nothing", () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 6 }), fc.integer({ min: 2, max: 4 }), (values, seeds) => {
        const once = bootstrapMean([values], { seed: 1, resamples: 200 });
        const often = bootstrapOverSeeds(
          Array.from({ length: seeds }, () => [values]),
          { seed: 1, resamples: 200 },
        );
        expect(often.low).toBeCloseTo(once.low, 12);
        expect(often.high).toBeCloseTo(once.high, 12);
      }),
      { numRuns: 20 },
    );
  });

  it("has no interval for one seed, and refuses seeds of different cases", () => {
    expect(bootstrapOverSeeds([[[0.1, 0.2]]], options)).toEqual({
      estimate: expect.closeTo(0.15, 12),
      low: Number.NaN,
      high: Number.NaN,
    });
    expect(() => bootstrapOverSeeds([[[0.1, 0.2]], [[0.1]]], options)).toThrow(UsageError);
  });
});
