/** The choice of the cases that are shown. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseCases, ofFewDomains, worstCases } from "../../../src/reporting/overlays/choose-cases.js";
import { scoresOf } from "../../comparison/compared-runs.js";

const chosen = (dice: Record<string, readonly number[]>) =>
  chooseCases(scoresOf(dice)).map(({ domain, id, role }) => `${domain}/${id} ${role}`);

describe("chooseCases", () => {
  it("takes the best, the median and the worst case of each domain", () => {
    expect(chosen({ a: [0.5, 0.9, 0.1, 0.7, 0.6], b: [0.2, 0.4, 0.3] })).toEqual([
      ...["a/1 best", "a/4 median", "a/2 worst"],
      ...["b/1 best", "b/2 median", "b/0 worst"],
    ]);
  });

  it("takes the lower of two middles", () => {
    expect(chosen({ a: [0.1, 0.2, 0.3, 0.4] })[1]).toBe("a/1 median");
  });

  it("shows both of two cases and one of one", () => {
    expect(chosen({ a: [0.1, 0.2], b: [0.3] })).toEqual(["a/1 best", "a/0 worst", "b/0 only"]);
  });

  it("decides ties by order", () => {
    expect(chosen({ a: [0.5, 0.5, 0.5] })).toEqual(["a/2 best", "a/1 median", "a/0 worst"]);
  });

  it("goes by the mean over parts, without undefined ones", () => {
    const scores = [
      ...scoresOf({ a: [0.9, 0.2, 0.5, Number.NaN] }),
      ...scoresOf({ a: [0.1, 0.9, 0.5, Number.NaN] }, "cup"),
    ];
    scores[0] = { ...scores[0], dice: Number.NaN };
    const found = chooseCases(scores);
    expect(found.map(({ id, role, dice }) => [id, role, dice])).toEqual([
      ["1", "best", 0.55],
      ["2", "median", 0.5],
      ["0", "worst", 0.1],
    ]);
  });

  it("shows the first case of a domain without masks", () => {
    const cases = [
      { domain: "b", id: "7" },
      { domain: "b", id: "8" },
      { domain: "a", id: "0" },
    ];
    expect(chooseCases(scoresOf({ a: [0.4] }), cases)).toEqual([
      { domain: "b", id: "7", role: "unjudged", dice: null },
      { domain: "a", id: "0", role: "only", dice: 0.4 },
    ]);
    expect(chooseCases([], [])).toEqual([]);
  });

  it("shows a domain without masks by confidence, where nothing was found as the least sure", () => {
    const cases = ["0", "1", "2", "3", "4"].map((id) => ({ domain: "b", id }));
    const confidences = [0.7, 0.9, Number.NaN, 0.8, 0.6];
    const found = chooseCases([], cases, ({ id }) => confidences[Number(id)]);
    expect(found.map(({ id, role }) => `${id} ${role}`)).toEqual(["1 surest", "0 middling", "2 unsurest"]);
    expect(chooseCases([], cases.slice(0, 1), () => 0.5)).toEqual([
      { domain: "b", id: "0", role: "unjudged", dice: null },
    ]);
  });

  it("never shows a case twice, and its best is nowhere below its median or worst", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 20 }), (dice) => {
        const found = chooseCases(scoresOf({ a: dice }));
        expect(new Set(found.map(({ id }) => id)).size).toBe(3);
        const [best, median, worst] = found.map((one) => one.dice as number);
        expect(best >= median && median >= worst).toBe(true);
        expect([best, worst]).toEqual([Math.max(...dice), Math.min(...dice)]);
      }),
    );
  });
});

describe("ofFewDomains", () => {
  it("keeps the labelled domain and those with the worst cases, in their order", () => {
    const all = chooseCases(scoresOf({ a: [0.9, 0.8], b: [0.5, 0.9], c: [0.7], d: [0.1] }), [
      ...["a", "b", "c", "d", "e"].map((domain) => ({ domain, id: "0" })),
    ]);
    const domains = (most: number) => [...new Set(ofFewDomains(all, most, "a").map(({ domain }) => domain))];
    // e has no mask: nobody knows how bad it is.
    expect(domains(3)).toEqual(["a", "d", "e"]);
    expect(domains(4)).toEqual(["a", "b", "d", "e"]);
    expect(ofFewDomains(all, 5, "a")).toEqual(all);
  });
});

describe("worstCases", () => {
  it("is of all domains together, the worst first", () => {
    const scores = scoresOf({ a: [0.5, 0.2, Number.NaN], b: [0.3, 0.9] });
    expect(worstCases(scores, 3).map(({ domain, id }) => domain + id)).toEqual(["a1", "b0", "a0"]);
    expect(worstCases(scores, 9)).toHaveLength(4);
  });
});
