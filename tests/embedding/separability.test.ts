import { describe, expect, it } from "vitest";
import { domainSeparability } from "../../src/embedding/index.js";
import { fitLogisticRegression } from "../../src/embedding/logistic-regression.js";
import { stratifiedFolds } from "../../src/embedding/separability.js";
import { fromTypedArray, liveTensors } from "../../src/torch/index.js";
import { tensorTest } from "../support/tensors.js";
import { clouds, regression } from "./fixtures.js";

describe("fitLogisticRegression", () => {
  tensorTest("finds scikit-learn's weights", () => {
    const { points, count, dimensions, labels, weights, intercepts } = regression();
    const raw = fromTypedArray(points, [count, dimensions]).to({ dtype: "float64" });
    const deviation = raw.variance(0, { correction: 0 }).sqrt();
    const fitted = fitLogisticRegression(raw.sub(raw.mean(0)).div(deviation), labels, 3);
    weights.flat().forEach((want, at) => {
      expect(fitted.weights[at]).toBeCloseTo(want, 4);
    });
    // All intercepts may shift together.
    const shift = fitted.intercepts[0] - intercepts[0];
    intercepts.forEach((want, k) => {
      expect(fitted.intercepts[k] - shift).toBeCloseTo(want, 4);
    });
  });
});

describe("stratifiedFolds", () => {
  it("deals out each class evenly and all together evenly", () => {
    const labels = Int32Array.from({ length: 47 }, (_, i) => (i < 7 ? 0 : i < 20 ? 1 : 2));
    const folds = stratifiedFolds(labels, 3, 5, 1);
    const sizes = (wanted: (i: number) => boolean) =>
      [0, 1, 2, 3, 4].map((fold) => folds.filter((f, i) => f === fold && wanted(i)).length);
    for (const wanted of [() => true, ...[0, 1, 2].map((k) => (i: number) => labels[i] === k)]) {
      expect(Math.max(...sizes(wanted)) - Math.min(...sizes(wanted))).toBeLessThanOrEqual(1);
    }
  });
});

describe("domainSeparability", () => {
  const domainsOf = (names: readonly string[], each: number) => names.flatMap((name) => Array(each).fill(name));

  it("is 1 for clouds far apart", () => {
    const points = clouds(
      [
        [0, 0],
        [30, 0],
        [0, 30],
      ],
      12,
    );
    const result = domainSeparability(points, 36, 2, domainsOf(["a", "b", "c"], 12), { seed: 0 });
    expect(result).toEqual({ accuracy: 1, chance: 1 / 3, perDomain: { a: 1, b: 1, c: 1 } });
  });

  it("is near chance for one cloud under two names, of unequal size too", () => {
    const points = clouds([[0, 0, 0]], 400);
    const domains = Array.from({ length: 400 }, (_, i) => (i % 5 === 0 ? "small" : "large"));
    const { accuracy, chance } = domainSeparability(points, 400, 3, domains, { seed: 0 });
    expect(chance).toBe(0.5);
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(0.12);
  });

  it("recognises as many held-out points as scikit-learn", () => {
    const { points, count, dimensions, labels, folds, recognised } = regression();
    expect([...stratifiedFolds(labels, 3, 5, 7)]).toEqual(folds);
    const domains = Array.from(labels, (label) => `domain ${label}`);
    const { perDomain, accuracy } = domainSeparability(points, count, dimensions, domains, { seed: 7, folds: 5 });
    expect(Object.values(perDomain)).toEqual(recognised);
    expect(accuracy).toBeCloseTo(recognised.reduce((sum, value) => sum + value) / 3, 12);
  });

  it("does not mind constant features, scales, or more features than points, and leaves no tensors", () => {
    const before = liveTensors();
    const points = clouds([Array(30).fill(0), Array(30).fill(4)], 6).map((value, at) =>
      at % 30 === 0 ? 7 : at % 30 === 1 ? 1e6 * value : value,
    );
    expect(domainSeparability(points, 12, 30, domainsOf(["a", "__proto__"], 6), { seed: 3 }).accuracy).toBe(1);
    expect(liveTensors()).toBe(before);
  });

  it("takes fewer folds where a domain is small, and refuses one that cannot be held out", () => {
    const points = clouds([[0], [50]], 3);
    const domains = ["a", "a", "a", "b", "b", "b"];
    expect(domainSeparability(points, 6, 1, domains, { seed: 0, folds: 5 }).accuracy).toBe(1);
    const lone = ["a", "a", "a", "a", "a", "b"];
    expect(() => domainSeparability(points, 6, 1, lone, { seed: 0 })).toThrow(/domain "b" has 1 point/);
    expect(() => domainSeparability(points, 6, 1, Array(6).fill("a"), { seed: 0 })).toThrow(/there are 1 domains/);
    expect(() => domainSeparability(points, 6, 1, ["a"], { seed: 0 })).toThrow(/6 points but 1 domains/);
  });
});
