import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { conformalRadius, groupedRadius } from "../../src/statistics/conformal.js";

it("is the ⌈(n + 1) · level⌉-th smallest score, and infinite where there are too few", () => {
  const scores = [0.5, 0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6];
  expect(conformalRadius(scores, 0.5)).toBe(0.5);
  expect(conformalRadius(scores, 0.9)).toBe(0.9);
  expect(conformalRadius(scores, 0.91)).toBe(Number.POSITIVE_INFINITY);
  expect(conformalRadius([], 0.5)).toBe(Number.POSITIVE_INFINITY);
});

it.each([0.5, 0.8, 0.9])("covers a new exchangeable score with probability %d, and not much more", (level) => {
  const trials = 4000;
  const count = 39;
  const covered = Array.from({ length: trials }, (_, trial) => {
    const stream = new RandomStream(3, "conformal", trial);
    // A long tail and ties, which no assumption forbids.
    const draw = () => Math.round(20 * Math.exp(stream.normal())) / 20;
    const scores = Array.from({ length: count }, draw);
    return draw() <= conformalRadius(scores, level);
  }).filter(Boolean).length;
  const deviation = Math.sqrt((level * (1 - level)) / trials);
  expect(covered / trials).toBeGreaterThan(level - 3 * deviation);
  expect(covered / trials).toBeLessThan(level + 1 / (count + 1) + 0.02 + 3 * deviation);
});

describe("groupedRadius", () => {
  it("is the level's percentile over groups of the level's percentile of each, and no less than that of all", () => {
    const groups = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((high) => [0, 0, 0, 0, 0, 0, 0, 0, high, high]);
    expect(conformalRadius(groups.flat(), 0.9)).toBe(6);
    expect(groupedRadius(groups, 0.9)).toBeCloseTo(9.1, 12);
    expect(groupedRadius([[1, 3]], 0.5)).toBe(3);
    const ones = [4, 1, 3, 2].map((score) => [score]);
    expect(groupedRadius(ones, 0.8)).toBe(conformalRadius([1, 2, 3, 4], 0.8));
  });

  it("is infinite where there are too few scores to say", () => {
    expect(groupedRadius([], 0.5)).toBe(Number.POSITIVE_INFINITY);
    expect(groupedRadius([[1], [2]], 0.9)).toBe(Number.POSITIVE_INFINITY);
  });

  it("holds a share of the scores of most groups, where errors are shared within a group", () => {
    const level = 0.9;
    const group = (stream: RandomStream) => {
      const shared = Math.exp(stream.normal());
      return Array.from({ length: 20 }, () => shared * Math.abs(stream.normal()));
    };
    const groupsOf = (purpose: string, count: number) =>
      Array.from({ length: count }, (_, i) => group(new RandomStream(5, purpose, i)));
    const known = groupsOf("known", 200);
    const fresh = groupsOf("fresh", 400);
    const heldBy = (radius: number) =>
      fresh.filter((scores) => scores.filter((score) => score <= radius).length >= level * scores.length).length;
    expect(heldBy(groupedRadius(known, level)) / fresh.length).toBeGreaterThan(0.85);
    expect(heldBy(conformalRadius(known.flat(), level)) / fresh.length).toBeLessThan(0.8);
  });
});
