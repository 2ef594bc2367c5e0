import fc from "fast-check";
import { expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { estimateOfPattern, fitMonotone, patternOf } from "../../src/quality/monotone-model.js";
import { mean } from "../../src/statistics/mean.js";

const unit = fc.double({ min: 0, max: 1, noNaN: true });

it("an estimate never falls where a signal rises", () => {
  const row = fc.tuple(unit, unit, unit);
  fc.assert(
    fc.property(fc.array(fc.tuple(row, unit), { minLength: 3, maxLength: 30 }), row, row, (rows, one, other) => {
      const model = fitMonotone(
        rows.map(([signals]) => signals),
        rows.map(([, truth]) => truth),
      );
      const estimate = (signals: readonly number[]) => estimateOfPattern(model, patternOf(model, signals));
      const higher = one.map((value, j) => Math.max(value, other[j]));
      expect(estimate(higher)).toBeGreaterThanOrEqual(estimate(one) - 1e-12);
    }),
  );
});

it("a mask is good where two signals say so, though each alone may be wrong", () => {
  const stream = new RandomStream(7, "monotone");
  const draw = () => Array.from({ length: 400 }, () => [stream.uniform(), stream.uniform()]);
  const lower = (rows: number[][]) => rows.map((signals) => Math.min(...signals));
  const [known, fresh] = [draw(), draw()];
  const model = fitMonotone(known, lower(known));
  const errors = lower(fresh).map((truth, i) => Math.abs(truth - estimateOfPattern(model, patternOf(model, fresh[i]))));
  expect(mean(errors)).toBeLessThan(0.04);
});
