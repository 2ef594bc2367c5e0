/** Which rows count as failures, by which rule. */
import { describe, expect, it } from "vitest";
import { failureRuleText, findFailures } from "../../../src/analysis/errors/failures.js";
import type { Emptiness } from "../../../src/evaluation/conventions.js";
import type { PartScore } from "../../../src/judging/evaluate-network.js";

function row(id: string, dice: number, changes: Partial<PartScore> = {}): PartScore {
  const distances = { hd: 9, hd95: 8, asd: 3, assd: 3 };
  return {
    domain: "a",
    id,
    subject: `a/test/${id}`,
    part: "disc",
    dice,
    jaccard: dice,
    ...distances,
    empty: "none",
    ...changes,
  };
}

const rulesOf = (scores: PartScore[], threshold?: number) =>
  findFailures(scores, { threshold }).map(({ id, rules }) => [id, ...rules]);

describe("findFailures", () => {
  it("finds Dice below the threshold, the worst first, equal ones in order", () => {
    const scores = [row("x", 0.49), row("y", 0.5), row("z", 0.2), row("w", 0.2)];
    expect(rulesOf(scores)).toEqual([
      ["z", "low"],
      ["w", "low"],
      ["x", "low"],
    ]);
    expect(rulesOf(scores, 0)).toEqual([]);
    expect(rulesOf(scores, 1)).toHaveLength(4);
  });

  it("finds what is missing and what was invented, also where the convention leaves Dice undefined", () => {
    const empty = (kind: Emptiness) => ({ empty: kind });
    const scores = [
      row("missed", 0, empty("prediction")),
      row("invented", Number.NaN, empty("reference")),
      row("rightly empty", 1, empty("both")),
    ];
    expect(rulesOf(scores)).toEqual([
      ["invented", "invented"],
      ["missed", "missed", "low"],
    ]);
  });

  it("finds outliers of their own domain and part by Tukey's fence", () => {
    // Quartiles of 0.9, 0.9, 0.92, 0.94, 0.7: 0.9 and 0.92; the fence is at 0.87.
    const dice = [0.9, 0.9, 0.92, 0.94, 0.7];
    const own = dice.map((value, i) => row(String(i), value));
    const other = dice.map((value, i) => row(String(i), value, { domain: "b", part: i === 4 ? "cup" : "disc" }));
    const failures = findFailures([...own, ...other]);
    expect(failures).toEqual([
      {
        ...{ domain: "a", id: "4", part: "disc", dice: 0.7, hd95: 8, rules: ["outlier"] },
        why: "Dice below 87.0 %, 1.5 interquartile ranges under the first quartile of a",
      },
    ]);
  });

  it("knows no outliers among fewer than four", () => {
    expect(rulesOf([row("1", 0.9), row("2", 0.9), row("3", 0.6)])).toEqual([]);
  });

  it("does not take every case for an outlier where most are rightly empty", () => {
    const empty = Array.from({ length: 12 }, (_, i) => row(`empty ${i}`, 1, { empty: "both" }));
    const full = [0.9, 0.85, 0.92, 0.88].map((value, i) => row(String(i), value));
    expect(findFailures([...empty, ...full])).toEqual([]);
  });

  it("refuses a threshold that is no Dice, and has none to tell of nothing", () => {
    expect(() => findFailures([], { threshold: 50 })).toThrow(/0 … 1/);
    expect(() => findFailures([], { threshold: Number.NaN })).toThrow(/0 … 1/);
    expect(findFailures([])).toEqual([]);
  });

  it("says its rule", () => {
    expect(failureRuleText({ threshold: 0.7 })).toContain("below 70.0 %");
  });
});
