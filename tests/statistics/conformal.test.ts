import { expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { conformalRadius } from "../../src/statistics/conformal.js";

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
