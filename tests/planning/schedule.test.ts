/** Steps and stops that fit in a time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostIterations, scheduleOf } from "../../src/planning/schedule.js";
import { stopsLeft } from "../../src/training/pace.js";

const rehearsal = fc.record({
  firstSeconds: fc.double({ min: 0.01, max: 30, noNaN: true }),
  stepSeconds: fc.double({ min: 0.001, max: 20, noNaN: true }),
  stopSeconds: fc.double({ min: 0, max: 60, noNaN: true }),
});
const time = fc.double({ min: -10, max: 36_000, noNaN: true });

describe("the schedule of a time", () => {
  it("never takes longer than the time, and leaves little of it", () => {
    fc.assert(
      fc.property(time, rehearsal, (seconds, measured) => {
        const found = scheduleOf(seconds, measured);
        if (!found) return;
        expect(found.seconds).toBeLessThanOrEqual(seconds + 1e-6);
        expect(found.iterations).toBeGreaterThanOrEqual(1);
        expect(found.stops).toBe(stopsLeft(0, found));
        if (found.iterations === mostIterations) return;
        // Rounded down by a hundredth at most, one step, and stops that no step is left for.
        const unused = seconds - found.seconds;
        const rounding = (found.iterations / 100 + 1) * measured.stepSeconds;
        expect(unused).toBeLessThanOrEqual(rounding + 10 * measured.stopSeconds + 1e-6);
      }),
    );
  });

  it("is null exactly where a step and a stop do not fit", () => {
    fc.assert(
      fc.property(time, rehearsal, (seconds, measured) => {
        const { firstSeconds, stepSeconds, stopSeconds } = measured;
        const least = Math.max(firstSeconds, stepSeconds) + stopSeconds;
        if (seconds > 1.001 * least + 0.001) expect(scheduleOf(seconds, measured)).not.toBeNull();
        if (seconds < 0.999 * least - 0.001) expect(scheduleOf(seconds, measured)).toBeNull();
      }),
    );
  });

  it("stops ten times, less often where stops are dear", () => {
    expect(scheduleOf(1000, { firstSeconds: 1, stepSeconds: 1, stopSeconds: 1 })).toEqual({
      ...{ iterations: 990, every: 99, stops: 10, seconds: 1000 },
    });
    expect(scheduleOf(1000, { firstSeconds: 1, stepSeconds: 1, stopSeconds: 60 })).toMatchObject({
      stops: 1,
      every: 940,
    });
  });
});
