/** Learning rate and averaging coefficient per step (method section 8). */
import fc from "fast-check";
import { expect, it } from "vitest";
import { emaDecay, learningRate, polynomialRate } from "../../src/optim/index.js";

const K = 30_000;

it("the rate set after a step follows the polynomial of MiDSS", () => {
  expect(polynomialRate(0.03, 0, K)).toBe(0.03);
  expect(polynomialRate(0.03, 1, K)).toBeCloseTo(0.0299991, 9);
  expect(polynomialRate(0.03, 15_000, K)).toBeCloseTo(0.0160766019, 10);
  expect(polynomialRate(0.03, 29_999, K)).toBeCloseTo(2.80357e-6, 11);
});

it("a step uses the rate set by the one before, the first the base rate", () => {
  expect([learningRate(0.03, 0, K), learningRate(0.03, 1, K)]).toEqual([0.03, 0.03]);
  const step = fc.integer({ min: 1, max: K });
  fc.assert(fc.property(step, (k) => learningRate(0.03, k, K) === polynomialRate(0.03, k - 1, K)));
});

it("the rate never rises and never leaves (0, base]", () => {
  const step = fc.integer({ min: 0, max: K - 1 });
  fc.assert(
    fc.property(step, (k) => {
      const [now, next] = [learningRate(0.03, k, K), learningRate(0.03, k + 1, K)];
      return next <= now && next > 0 && now <= 0.03;
    }),
  );
});

it("the teacher first copies the student, then averages up to the limit", () => {
  expect([0, 1, 2, 98, 99, 100, 5000].map((k) => emaDecay(k))).toEqual([
    0,
    0.5,
    1 - 1 / 3,
    1 - 1 / 99,
    0.99,
    0.99,
    0.99,
  ]);
  expect(emaDecay(5000, 0.999)).toBe(0.999);
});
