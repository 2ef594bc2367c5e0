/** The numbers of a comparison on tables small enough to work out by hand. */
import { describe, expect, it } from "vitest";
import { compareGroups } from "../../src/comparison/comparison.js";
import { groupRuns } from "../../src/comparison/groups.js";
import { UsageError } from "../../src/core/errors.js";
import { runOf, scoresOf, withSam } from "./compared-runs.js";

const cases = (centre: number, count: number) => Array.from({ length: count }, (_, i) => centre + 0.001 * i);
const flat = (value: number) => ({ a: [value, value], b: [value] });

describe("groupRuns", () => {
  it("puts runs together that differ in seed, threads, captured steps and place of the data alone", () => {
    const runs = [runOf("m", 2, flat(0.5)), runOf("sam", 1, flat(0.5), withSam), runOf("m", 1, flat(0.5))];
    const groups = groupRuns(runs);
    expect(groups.map(({ name }) => name)).toEqual(["m", "sam"]);
    expect(groups[0].runs.map(({ config }) => config.training.seed)).toEqual([1, 2]);
  });

  it("tells groups of one name apart by what differs", () => {
    const other = { config: { optimizer: { name: "sam", rho: 0.1 } } };
    const names = groupRuns([runOf("x", 1, flat(0.5), withSam), runOf("x", 1, flat(0.5), other)]).map(
      ({ name }) => name,
    );
    expect(names).toEqual([expect.stringMatching(/^x \(optimizer\.rho=0\.05\)$/), "x (optimizer.rho=0.1)"]);
  });

  it("refuses the same experiment with the same seed twice", () => {
    const copy = runOf("m", 1, flat(0.5), { folder: "/copy/m-seed1" });
    expect(() => groupRuns([runOf("m", 1, flat(0.5)), copy])).toThrow(UsageError);
    expect(() => groupRuns([runOf("m", 1, flat(0.5)), copy])).toThrow(
      "/runs/m-seed1 and /copy/m-seed1 are the same experiment with the same seed 1",
    );
  });
});

describe("compareGroups", () => {
  it("averages over cases, then domains, then seeds, with the spread over seeds", () => {
    const runs = [runOf("m", 1, { a: [0.8, 0.6], b: [0.5] }), runOf("m", 2, { a: [0.9, 0.9], b: [0.5] })];
    const { domains, groups, labelledDomain, cases: count } = compareGroups(groupRuns(runs));
    expect([domains, labelledDomain, count]).toEqual([["a", "b"], "a", 3]);
    const [group] = groups;
    expect(group.domains.map(({ mean }) => mean)).toEqual([expect.closeTo(0.8, 12), 0.5]);
    expect(group.domains[0].deviation).toBeCloseTo(Math.SQRT1_2 * 0.2, 12);
    expect(group.metrics.dice.mean).toBeCloseTo((0.6 + 0.7) / 2, 12);
    expect(group.metrics.hd95.mean).toBeCloseTo(10 * (1 - 0.65), 12);
    expect(group.gap?.mean).toBeCloseTo(0.3, 12);
    expect(group).toMatchObject({ seeds: [1, 2], standing: "best", againstBest: null });
  });

  it("has no spread for one seed", () => {
    expect(compareGroups(groupRuns([runOf("m", 1, flat(0.5))])).groups[0].metrics.dice.deviation).toBeNaN();
  });

  it("calls a group worse that is worse on every case, and close where only chance speaks", () => {
    const best = { a: cases(0.9, 8), b: cases(0.8, 8) };
    const falling = (drop: number) => (value: number, i: number) => value - drop - 0.0021 * i;
    const worse = { a: best.a.map(falling(0.2)), b: best.b.map(falling(0.2005)) };
    const thousandths = { a: [1, -2, -3, 4, 5, -6, -7, 8], b: [-9, 10, 11, -12, -13, 14, 15, -16.5] };
    const shifted = (values: number[], by: number[]) => values.map((value, i) => value + by[i] / 1000);
    const close = { a: shifted(best.a, thousandths.a), b: shifted(best.b, thousandths.b) };
    const asam = { config: { optimizer: { name: "asam" } } };
    const runs = [runOf("worse", 1, worse, withSam), runOf("best", 1, best), runOf("close", 1, close, asam)];
    const { groups } = compareGroups(groupRuns(runs));
    expect(groups.map(({ standing }) => standing)).toEqual(["worse", "best", "close"]);
    const [first, , third] = groups.map(({ againstBest }) => againstBest);
    // Sixteen untied pairs of one sign.
    expect(first?.pValue).toBeCloseTo(2 / 2 ** 16, 12);
    expect(first?.cases).toBe(16);
    expect(first?.adjusted).toBeCloseTo(2 * (first?.pValue as number), 12);
    expect(first?.difference.estimate).toBeCloseTo(-0.20025 - 0.0021 * 3.5, 10);
    expect(first?.difference.high).toBeLessThan(0);
    expect(third?.pValue).toBeGreaterThan(0.5);
    expect(third?.adjusted).toBe(third?.pValue);
  });

  it("averages a case over seeds before it tests, so that more seeds are not more cases", () => {
    const one = compareGroups(groupRuns([runOf("x", 1, flat(0.9)), runOf("y", 1, flat(0.8), withSam)]));
    const two = compareGroups(
      groupRuns([
        ...[runOf("x", 1, flat(0.95)), runOf("x", 2, flat(0.85))],
        ...[runOf("y", 1, flat(0.85), withSam), runOf("y", 2, flat(0.75), withSam)],
      ]),
    );
    expect(two.groups[1].againstBest?.cases).toBe(3);
    expect(two.groups[1].againstBest?.pValue).toBe(one.groups[1].againstBest?.pValue);
  });

  it("tests over subjects: many slices of a patient are one pair", () => {
    const slices = (values: readonly number[]) => values.flatMap((value) => [value - 0.01, value, value + 0.01]);
    const subjectOf = (domain: string, i: number) => `${domain}/p${Math.floor(i / 3)}`;
    const best = { a: [0.9, 0.8], b: [0.7, 0.6] };
    const worse = { a: [0.85, 0.7], b: [0.55, 0.4] };
    const sliced = (dice: Record<string, readonly number[]>) => ({
      scores: scoresOf({ a: slices(dice.a), b: slices(dice.b) }, "disc", subjectOf),
    });
    const groups = (runs: ReturnType<typeof runOf>[]) => compareGroups(groupRuns(runs)).groups;
    const [, patients] = groups([runOf("x", 1, best), runOf("y", 1, worse, withSam)]);
    const [, grouped] = groups([runOf("x", 1, {}, sliced(best)), runOf("y", 1, {}, { ...sliced(worse), ...withSam })]);
    // Four pairs of one sign: 2 / 2^4.
    expect(grouped.againstBest).toMatchObject({ cases: 12, subjects: 4, pValue: 0.125 });
    expect(patients.againstBest).toMatchObject({ cases: 4, subjects: 4, pValue: 0.125 });
    for (const key of ["estimate", "low", "high"] as const)
      expect(grouped.againstBest?.difference[key]).toBeCloseTo(patients.againstBest?.difference[key] as number, 12);
    const [, independent] = groups([
      runOf("x", 1, { a: slices(best.a), b: slices(best.b) }),
      runOf("y", 1, { a: slices(worse.a), b: slices(worse.b) }, withSam),
    ]);
    expect(independent.againstBest).toMatchObject({ cases: 12, subjects: 12 });
    expect(independent.againstBest?.pValue).toBeLessThan(0.01);
  });

  it("makes one pair of a subject that is in both domains", () => {
    const both = (_: string, i: number) => `p${i}`;
    const runs = [
      runOf("x", 1, {}, { scores: scoresOf({ a: [0.9, 0.8, 0.7], b: [0.9, 0.8, 0.7] }, "disc", both) }),
      runOf("y", 1, {}, { ...withSam, scores: scoresOf({ a: [0.8, 0.6, 0.4], b: [0.7, 0.5, 0.3] }, "disc", both) }),
    ];
    const { groups, subjects, cases } = compareGroups(groupRuns(runs));
    expect([subjects, cases]).toEqual([3, 6]);
    expect(groups[1].againstBest).toMatchObject({ subjects: 3, cases: 6, pValue: 0.25 });
  });

  it("calls nothing worse on a single subject", () => {
    const one = (domain: string) => `${domain}/p`;
    const worse = { a: cases(0.5, 12), b: cases(0.4, 12) };
    const best = { a: cases(0.9, 12), b: cases(0.9, 12) };
    const [, group] = compareGroups(
      groupRuns([
        runOf("x", 1, {}, { scores: scoresOf(best, "disc", one) }),
        runOf("y", 1, {}, { ...withSam, scores: scoresOf(worse, "disc", one) }),
      ]),
    ).groups;
    expect(group.againstBest?.difference).toMatchObject({ low: Number.NaN, high: Number.NaN });
    expect(group.standing).toBe("close");
  });

  it("leaves out of the tests what a convention leaves undefined, and finds cases in any order", () => {
    const first = { a: [0.9, Number.NaN], b: [0.7] };
    const reversed = runOf("y", 1, {}, { ...withSam, scores: scoresOf({ b: [0.6], a: [0.8, Number.NaN] }) });
    const { groups } = compareGroups(groupRuns([runOf("x", 1, first), reversed]));
    expect(groups[1].againstBest?.cases).toBe(2);
    expect(groups[1].domains.map(({ mean }) => mean)).toEqual([0.8, 0.6]);
  });
});

describe("compareGroups against a row", () => {
  const two = (name: string, first: number, second: number, changes = {}) => [
    runOf(name, 1, { a: [first, first], b: [first, first] }, changes),
    runOf(name, 2, { a: [second, second], b: [second, second] }, changes),
  ];

  it("sets every row against it seed by seed, with an interval that knows the spread over seeds", () => {
    // Better by 0.1 in both seeds, whatever each seed brings: only pairs show that.
    const runs = [...two("m", 0.5, 0.8), ...two("sam", 0.6, 0.9, withSam)];
    const { groups, reference } = compareGroups(groupRuns(runs), "m");
    expect(reference).toBe("m");
    expect(groups[0].againstReference).toBeNull();
    const { estimate, low, high } = groups[1].againstReference as { estimate: number; low: number; high: number };
    expect([estimate, low, high]).toEqual([0.1, 0.1, 0.1].map((value) => expect.closeTo(value, 12)));
    const apart = compareGroups(groupRuns([...two("m", 0.5, 0.8), ...two("sam", 0.7, 0.7, withSam)]), "m");
    expect(apart.groups[1].againstReference).toMatchObject({
      estimate: expect.closeTo(0.05, 12),
      low: expect.closeTo(-0.1, 12),
      high: expect.closeTo(0.2, 12),
    });
  });

  it("refuses a row that is not there, and rows of other seeds", () => {
    const level = { a: [0.5, 0.5], b: [0.5, 0.5] };
    const runs = [...two("m", 0.5, 0.8), runOf("sam", 1, level, withSam)];
    expect(() => compareGroups(groupRuns(runs), "x")).toThrow(/no row is called "x"; there are m, sam/);
    expect(() => compareGroups(groupRuns(two("m", 0.5, 0.8)), "m")).not.toThrow();
    const uneven = [...two("m", 0.5, 0.8), runOf("sam", 3, level, withSam)];
    expect(() => compareGroups(groupRuns(uneven), "m")).toThrow(/sam has the seeds 3 and m 1, 2/);
  });
});
