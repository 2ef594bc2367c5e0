/** Which checkpoints of a run stay for good. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.js";
import { spacedSteps } from "../../src/runs/checkpoints/spaced-steps.js";

const configOf = (iterations: number, every: number, spacedCheckpoints: number) =>
  parseConfig({
    dataset: "x",
    labelled: { domain: "a", count: 1 },
    method: { name: "supervised" },
    optimizer: { name: "none" },
    training: { iterations },
    evaluation: { every },
    logging: { spacedCheckpoints },
  });

it("are spread evenly, at validations", () => {
  expect(spacedSteps(configOf(1000, 100, 4))).toEqual([200, 400, 600, 800]);
  expect(spacedSteps(configOf(1000, 250, 4))).toEqual([250, 500, 750]);
  expect(spacedSteps(configOf(1000, 100, 0))).toEqual([]);
  expect(spacedSteps(configOf(20, 500, 4))).toEqual([]);
});

it("are validations before the end, each once and never more than asked for", () => {
  const whole = fc.integer({ min: 1, max: 2000 });
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: 0, max: 9 }), (iterations, every, count) => {
      const steps = spacedSteps(configOf(iterations, every, count));
      expect(steps.length).toBeLessThanOrEqual(count);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      for (const step of steps) expect(step % every === 0 && step > 0 && step < iterations).toBe(true);
    }),
  );
});
