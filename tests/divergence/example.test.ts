/** The worked example of docs/add-a-divergence.md is the code that runs here, and it is short. */
import { describe, expect, it } from "vitest";
import { neutralOutput } from "../../src/divergence/estimators/critic.js";
import { discreteDivergence } from "../../src/divergence/index.js";
import { scope } from "../../src/torch/index.js";
import { expectWorkedExample } from "../support/worked-example.js";
import { pseudoHuber } from "./example-pseudo-huber.js";
import { checkForLeaks, double, exactGradient, expectClose, numericGradient } from "./support.js";

checkForLeaks();

it("is the one in the documentation: one short file and one line", () => {
  expectWorkedExample("add-a-divergence.md", "tests/divergence/example-pseudo-huber.ts", "src/divergence/registry.ts");
});

describe("the pseudo-Huber divergence", () => {
  it("is Σ √(q² + (p−q)²) − q, zero at equality, and symmetric only to second order", () => {
    scope(() => {
      const [p, q] = [double([0.5, 0.3, 0.2]), double([0.2, 0.3, 0.5])];
      const want = Math.hypot(0.2, 0.3) - 0.2 + Math.hypot(0.5, 0.3) - 0.5;
      expect(discreteDivergence(pseudoHuber, p, q).item()).toBeCloseTo(want, 6);
      expect(discreteDivergence(pseudoHuber, p, p).item()).toBe(0);
    });
  });

  it("has a derivative and a conjugate that fit its f", () => {
    scope(() => {
      const ratios = [0.05, 0.4, 0.99, 1.7, 12];
      const u = double(ratios);
      const t = pseudoHuber.fPrime(u);
      const slopes = numericGradient((x) => pseudoHuber.f(x).sum(), ratios);
      expectClose([...t.toNumbers()], slopes, 1e-6, 1e-8);
      const want = u.mul(t).sub(pseudoHuber.f(u));
      expectClose([...pseudoHuber.conjugate(t).toNumbers()], [...want.toNumbers()], 1e-9, 1e-9);
      expect([...pseudoHuber.conjugate(double([-2, 1.01])).toNumbers()]).toEqual([
        1 - Math.SQRT2,
        Number.POSITIVE_INFINITY,
      ]);
      expect(neutralOutput(pseudoHuber)).toBeCloseTo(0, 12);
    });
  });

  it("has the partial derivatives that every perspective has", () => {
    scope(() => {
      const [p, q] = [0.4, 0.7];
      const r = double([p / q]);
      const perspective = (x: ReturnType<typeof double>) =>
        pseudoHuber.perspective(x.narrow(0, 0, 1), x.narrow(0, 1, 1)).sum();
      const slope = pseudoHuber.fPrime(r);
      const want = [slope.item(), pseudoHuber.f(r).sub(r.mul(slope)).item()];
      expectClose(exactGradient(perspective, [p, q]), want, 1e-9);
    });
  });
});
