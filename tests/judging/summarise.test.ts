/** Averages, gaps and intervals of a results table, against numbers worked out by hand. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PartScore } from "../../src/judging/evaluate-network.js";
import { presentRows, summarise } from "../../src/judging/summarise.js";

/** A row whose Dice is given; Jaccard is half of it, HD95 ten times and ASD equal to it. */
function row(domain: string, id: string, part: string, dice: number, subject = `${domain}/test/${id}`): PartScore {
  const metrics = { dice, jaccard: dice / 2, hd: 0, hd95: 10 * dice, asd: dice, assd: 0 };
  return { domain, id, subject, part, ...metrics, empty: "none" };
}

/** Three domains of one, three and two cases; cup and disc. */
const table: PartScore[] = [
  ...[row("x", "1", "cup", 0.2), row("x", "1", "disc", 0.6)],
  ...[row("y", "1", "cup", 0.4), row("y", "1", "disc", 0.9)],
  ...[row("y", "2", "cup", 0.5), row("y", "2", "disc", 0.9)],
  ...[row("y", "3", "cup", 0.6), row("y", "3", "disc", 0.6)],
  ...[row("z", "1", "cup", 0.7), row("z", "1", "disc", 0.8)],
  ...[row("z", "2", "cup", 0.9), row("z", "2", "disc", 1)],
];
/** The same with a second case of x, like the first. */
const twoOfX = [row("x", "2", "cup", 0.2), row("x", "2", "disc", 0.6), ...table];
const bootstrap = { seed: 3, resamples: 400 };

describe("summarise", () => {
  it("averages over cases, then over domains of unequal size, then over parts", () => {
    const { parts, average, domains, cases } = summarise(table);
    const means = domains.map((one) => [one.parts.cup.dice.mean, one.parts.disc.dice.mean, one.average.dice.mean]);
    const expected = [
      [0.2, 0.6, 0.4],
      [0.5, 0.8, 0.65],
      [0.8, 0.9, 0.85],
    ];
    expected.flat().forEach((value, i) => {
      expect(means.flat()[i]).toBeCloseTo(value, 12);
    });
    expect(parts.cup.dice.mean).toBeCloseTo(0.5, 12);
    expect(parts.disc.dice.mean).toBeCloseTo(2.3 / 3, 12);
    expect(average.dice.mean).toBeCloseTo((0.5 + 2.3 / 3) / 2, 12);
    expect(average.jaccard.mean).toBeCloseTo(average.dice.mean / 2, 12);
    expect(average.hd95.mean).toBeCloseTo(10 * average.dice.mean, 12);
    expect(cases).toBe(6);
    expect(domains.map((one) => [one.name, one.cases])).toEqual([
      ["x", 1],
      ["y", 3],
      ["z", 2],
    ]);
  });

  it("compares the labelled domain with the unweighted mean of the others", () => {
    const { gap, domains } = summarise(table, { labelledDomain: "z" });
    expect(gap?.dice.labelled).toBeCloseTo(0.85, 12);
    expect(gap?.dice.others).toBeCloseTo((0.4 + 0.65) / 2, 12);
    expect(gap?.dice.difference.mean).toBeCloseTo(0.325, 12);
    expect(domains.map(({ labelled }) => labelled)).toEqual([false, false, true]);
    expect(summarise(table).gap).toBeNull();
    expect(summarise(table, { labelledDomain: "elsewhere" }).gap).toBeNull();
    expect(summarise(table.slice(0, 2), { labelledDomain: "x" }).gap).toBeNull();
  });

  it("draws intervals within domains, only when asked", () => {
    expect(summarise(twoOfX).average.dice.interval).toBeNull();
    const { domains, average, gap } = summarise(twoOfX, { bootstrap, labelledDomain: "z" });
    expect(domains[0].parts.cup.dice.interval).toEqual([0.2, 0.2]);
    const [low, high] = domains[2].parts.cup.dice.interval as [number, number];
    expect([low, high]).toEqual([0.7, 0.9]);
    // Domain y's cases mean 0.65, 0.7 and 0.6, those of z 0.75 and 0.95.
    const [least, most] = average.dice.interval as [number, number];
    expect(least).toBeGreaterThanOrEqual((0.4 + 0.6 + 0.75) / 3 - 1e-12);
    expect(most).toBeLessThanOrEqual((0.4 + 0.7 + 0.95) / 3 + 1e-12);
    expect(least).toBeLessThan(average.dice.mean);
    expect(most).toBeGreaterThan(average.dice.mean);
    const [near, far] = gap?.dice.difference.interval ?? [];
    expect(near).toBeGreaterThanOrEqual(0.75 - (0.4 + 0.7) / 2 - 1e-12);
    expect(far).toBeLessThanOrEqual(0.95 - (0.4 + 0.6) / 2 + 1e-12);
    expect(summarise(twoOfX, { bootstrap })).toEqual(summarise(twoOfX, { bootstrap }));
  });

  it("has no interval where a domain has a single subject, and none of what it takes part in", () => {
    const { domains, parts, average, gap } = summarise(table, { bootstrap, labelledDomain: "z" });
    expect(domains.map((one) => one.average.dice.interval === null)).toEqual([true, false, false]);
    expect([parts.cup.dice.interval, average.dice.interval, gap?.dice.difference.interval]).toEqual([null, null, null]);
    const ofOne = table.map((one) => (one.domain === "y" ? { ...one, subject: "y/p" } : one));
    expect(summarise(ofOne, { bootstrap }).domains[1].parts.cup.dice).toMatchObject({ values: 3, interval: null });
  });

  it("resamples whole subjects, which leaves the means as they are, and counts them", () => {
    // Three subjects, of which one has the three worst cases of four alike.
    const dice = [0.2, 0.2, 0.2, 0.8, 0.9];
    const rows = (subjectOf: (i: number) => string) =>
      dice.map((value, i) => row("x", `${i}`, "disc", value, subjectOf(i)));
    const alone = summarise(rows(String), { bootstrap });
    const together = summarise(
      rows((i) => (i < 3 ? "p" : `${i}`)),
      { bootstrap },
    );
    expect(together.average.dice.mean).toBe(alone.average.dice.mean);
    expect([alone.subjects, together.subjects, together.cases]).toEqual([5, 3, 5]);
    expect(together.domains[0].subjects).toBe(3);
    expect(together.parts.disc.dice).toMatchObject({ values: 5, subjects: 3 });
    expect(together.parts.disc.dice.interval).toEqual([expect.closeTo(0.2, 12), expect.closeTo(0.9, 12)]);
    const [low, high] = alone.parts.disc.dice.interval as [number, number];
    expect(high - low).toBeLessThan(0.7);
  });

  it("is the same whatever subjects are called, if every case is its own", () => {
    const renamed = twoOfX.map((one, i) => ({ ...one, subject: `${one.domain}-${one.id}`, hd: i }));
    expect(summarise(renamed, { bootstrap, labelledDomain: "z" })).toEqual(
      summarise(twoOfX, { bootstrap, labelledDomain: "z" }),
    );
  });

  it("leaves undefined values out, counts them and gives no interval for what mixes them", () => {
    const changed = twoOfX.map((one, i) => (i === 4 ? { ...one, dice: Number.NaN } : one));
    const { parts, average, domains } = summarise(changed, { bootstrap });
    expect(domains[1].parts.cup.dice).toMatchObject({ mean: 0.55, values: 2, undefinedValues: 1, subjects: 2 });
    expect(domains[1].parts.cup.dice.interval).toEqual([0.5, 0.6]);
    expect(parts.cup.dice.mean).toBeCloseTo((0.2 + 0.55 + 0.8) / 3, 12);
    expect(average.dice).toMatchObject({ interval: null, values: 13, undefinedValues: 1, subjects: 7 });
    expect(average.hd95.interval).not.toBeNull();
  });

  it("leaves a domain without any defined value out of the mean, and keeps infinities", () => {
    const changed = table.map((one) =>
      one.domain === "x" ? { ...one, dice: Number.NaN, hd95: Number.POSITIVE_INFINITY } : one,
    );
    const { parts, domains } = summarise(changed, { bootstrap });
    expect(domains[0].parts.cup.dice).toEqual({
      ...{ mean: Number.NaN, interval: null },
      ...{ values: 0, undefinedValues: 1, subjects: 0 },
    });
    expect(parts.cup.dice.mean).toBeCloseTo(0.65, 12);
    expect(parts.cup.hd95).toMatchObject({ mean: Number.POSITIVE_INFINITY, interval: null, undefinedValues: 0 });
  });

  it("gives the mean over parts of the parts' means for any complete table", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const sizes = fc.array(fc.array(fc.tuple(share, share)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(sizes, (domains) => {
        const filled = domains.map((cases) => [[0.5, 0.25] as const, ...cases]);
        const rows = filled.flatMap((cases, d) =>
          cases.flatMap(([cup, disc], i) => [row(`d${d}`, `${i}`, "cup", cup), row(`d${d}`, `${i}`, "disc", disc)]),
        );
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const part = (k: 0 | 1) => mean(filled.map((cases) => mean(cases.map((one) => one[k]))));
        const { parts, average } = summarise(rows);
        expect(parts.cup.dice.mean).toBeCloseTo(part(0), 10);
        expect(average.dice.mean).toBeCloseTo((part(0) + part(1)) / 2, 10);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a part that no reference of a domain holds", () => {
  /** Rows of a domain that lacks cup: nothing found, which conventions may call perfect, or something invented. */
  const without = (domain: string, ...disc: number[]) =>
    disc.flatMap((dice, i) => [
      { ...row(domain, `${i}`, "cup", i === 0 ? 0 : 1), empty: i === 0 ? ("reference" as const) : ("both" as const) },
      row(domain, `${i}`, "disc", dice),
    ]);
  const rows = [
    ...without("x", 0.6, 0.8),
    ...[row("y", "1", "cup", 0.4), row("y", "1", "disc", 0.9)],
    ...[row("y", "2", "cup", 0.6), row("y", "2", "disc", 0.7)],
    ...[row("z", "1", "cup", 0.2), row("z", "1", "disc", 0.5)],
    ...[row("z", "2", "cup", 0.4), row("z", "2", "disc", 0.5)],
  ];

  it("has no value there, and is left out of the means", () => {
    const { domains, parts, average, cases } = summarise(rows);
    const none = { mean: Number.NaN, interval: null, values: 0, undefinedValues: 0, subjects: 0 };
    expect(domains[0].parts.cup).toEqual({ dice: none, jaccard: none, hd95: none, asd: none });
    expect(domains.map(({ absentParts }) => absentParts)).toEqual([["cup"], undefined, undefined]);
    expect(domains[0].average.dice).toMatchObject({ mean: expect.closeTo(0.7, 12), values: 2, undefinedValues: 0 });
    expect(parts.cup.dice).toMatchObject({ mean: expect.closeTo((0.5 + 0.3) / 2, 12), values: 4, subjects: 4 });
    expect(parts.disc.dice.mean).toBeCloseTo((0.7 + 0.8 + 0.5) / 3, 12);
    expect(average.dice.mean).toBeCloseTo((0.4 + 2 / 3) / 2, 12);
    expect([cases, domains[0].cases, average.dice.undefinedValues]).toEqual([6, 2, 0]);
  });

  it("keeps the interval of the average, which is that of the mean over parts", () => {
    const { average, domains } = summarise(rows, { bootstrap });
    const [low, high] = average.dice.interval as [number, number];
    // Cases may be drawn twice: from the worst of every domain to the best.
    expect(low).toBeGreaterThanOrEqual((0.3 + (0.6 + 0.7 + 0.5) / 3) / 2 - 1e-12);
    expect(high).toBeLessThanOrEqual((0.5 + (0.8 + 0.9 + 0.5) / 3) / 2 + 1e-12);
    expect(low).toBeLessThan(average.dice.mean);
    expect(high).toBeGreaterThan(average.dice.mean);
    expect(domains[0].average.dice.interval).toEqual(domains[0].parts.disc.dice.interval);
    const constant = rows.map((one) => ({ ...one, dice: one.part === "cup" ? 0.25 : 0.75 }));
    expect(summarise(constant, { bootstrap }).average.dice.interval).toEqual([0.5, 0.5]);
  });

  it("takes no part in the gap, which is over what both sides hold", () => {
    const { gap } = summarise(rows, { labelledDomain: "x", bootstrap });
    expect(gap?.dice.labelled).toBeCloseTo(0.7, 12);
    expect(gap?.dice.others).toBeCloseTo((0.8 + 0.5) / 2, 12);
    expect(gap?.dice.difference.mean).toBeCloseTo(0.05, 12);
    // Where only one of the others lacks it, the labelled domain stands against those that have it.
    const ofZ = summarise(rows, { labelledDomain: "z", bootstrap }).gap?.dice;
    expect(ofZ?.labelled).toBeCloseTo(0.4, 12);
    expect(ofZ?.others).toBeCloseTo((0.5 + (0.7 + 0.8) / 2) / 2, 12);
    const constant = rows.map((one) => ({ ...one, dice: one.domain === "z" ? 0.25 : 0.75 }));
    const { difference } = summarise(constant, { labelledDomain: "z", bootstrap }).gap?.dice ?? {};
    expect(difference).toMatchObject({ mean: -0.5, interval: [-0.5, -0.5] });
  });

  it("leaves no gap where the labelled domain shares no part with another", () => {
    const apart = [
      ...without("x", 0.6, 0.8),
      ...[row("y", "1", "cup", 0.4), { ...row("y", "1", "disc", 1), empty: "both" as const }],
    ];
    const { gap, average, domains } = summarise(apart, { labelledDomain: "x", bootstrap });
    expect(gap).toBeNull();
    expect(average.dice.mean).toBeCloseTo((0.4 + 0.7) / 2, 12);
    expect(domains.map(({ absentParts }) => absentParts)).toEqual([["cup"], ["disc"]]);
    const nothing = summarise(without("x", 0.6).slice(0, 1), { labelledDomain: "x" });
    expect([nothing.average.dice.mean, nothing.average.dice.values, nothing.gap]).toEqual([Number.NaN, 0, null]);
  });

  it("is dropped with its rows where numbers are made of rows", () => {
    expect(presentRows(rows)).toEqual(rows.filter(({ domain, part }) => domain !== "x" || part === "disc"));
    expect(presentRows(table)).toEqual(table);
  });

  it("is not a part that some reference holds: its empty masks count, and are counted", () => {
    const mixed = [...rows, { ...row("y", "3", "cup", 1), empty: "both" as const }, row("y", "3", "disc", 0.8)];
    const { domains } = summarise(mixed);
    expect(domains[1].parts.cup.dice).toMatchObject({ mean: expect.closeTo(2 / 3, 12), values: 3 });
    expect(domains.map(({ emptyInBoth }) => emptyInBoth)).toEqual([undefined, { cup: 1 }, undefined]);
    const left = mixed.map((one) => (one.id === "3" && one.part === "cup" ? { ...one, dice: Number.NaN } : one));
    expect(summarise(left).domains[1]).not.toHaveProperty("emptyInBoth");
  });
});
