/** When a run will end, from durations that are told instead of waited for. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ending, Pace, type PacedRun, stopsLeft } from "../../src/training/pace.js";

/** A machine's seconds: of the first step, of others by their number, of a stop. */
interface Machine {
  first: number;
  step(iteration: number): number;
  stop: number;
}

/** Trains on it; what was said after which step, and how long it all took since then. */
function trained(run: PacedRun, machine: Machine, guessedStop = machine.stop) {
  const pace = new Pace(run);
  let elapsed = 0;
  const said: { done: number; ending: Ending; at: number }[] = [];
  for (let done = run.from + 1; done <= run.iterations; done++) {
    const seconds = done === run.from + 1 ? machine.first : machine.step(done - 1);
    pace.step(seconds);
    elapsed += seconds;
    if (done % run.every === 0 || done === run.iterations) {
      pace.stop(machine.stop);
      elapsed += machine.stop;
    }
    if (!pace.isTelling()) continue;
    const ending = pace.ending(guessedStop);
    if (ending) said.push({ done, ending, at: elapsed });
  }
  return { said, elapsed };
}

const run = { from: 0, iterations: 2000, every: 200, period: 10 };
const logged = (plain: number, measured: number) => (iteration: number) => (iteration % 10 === 0 ? measured : plain);

describe("when a run will end", () => {
  it("counts validations, checkpoints and logged steps, and forgets the slow first step", () => {
    const machine = { first: 9, step: logged(0.5, 0.9), stop: 12 };
    const { said, elapsed } = trained(run, machine);
    expect(said).toHaveLength(1);
    const [{ done, ending, at }] = said;
    expect(done).toBeLessThanOrEqual(12);
    expect(at + ending.secondsLeft).toBeCloseTo(elapsed, 0);
    expect(ending).toMatchObject({ stopSeconds: 12, isCorrection: false });
    expect(ending.stepSeconds).toBeCloseTo(0.54, 6);
  });

  it("reckons with steps that take more towards the end", () => {
    const isLate = (iteration: number) => iteration >= 1400;
    const machine = { first: 9, step: (i: number) => (isLate(i) ? 1 : 0.5), stop: 12 };
    const { said, elapsed } = trained({ ...run, work: (i) => (isLate(i) ? 2 : 1) }, machine);
    expect(said).toHaveLength(1);
    const [{ ending, at }] = said;
    expect(at + ending.secondsLeft).toBeCloseTo(elapsed, 0);
    expect(ending.stepSeconds).toBeCloseTo(0.5, 6);
  });

  it("is told after a few steps even where these are slow, and never of a run that is over before", () => {
    const slow = trained({ ...run, iterations: 100, every: 50 }, { first: 60, step: () => 25, stop: 1 });
    expect(slow.said[0].done).toBe(4);
    expect(trained({ ...run, iterations: 12, every: 5 }, { first: 0.1, step: () => 0.02, stop: 0.1 }).said).toEqual([]);
  });

  it("is corrected after a stop where it was wrong by much, and then right", () => {
    const machine = { first: 1, step: (iteration: number) => (iteration < 300 ? 0.2 : 0.6), stop: 2 };
    const { said, elapsed } = trained(run, machine);
    expect(said.length).toBeGreaterThan(1);
    expect(said.slice(1).every(({ ending }) => ending.isCorrection)).toBe(true);
    const { ending, at } = said[said.length - 1];
    expect(Math.abs(at + ending.secondsLeft - elapsed)).toBeLessThan(0.15 * elapsed);
  });

  it("a stop that was guessed wrong is corrected by the first one that was seen", () => {
    const { said, elapsed } = trained(run, { first: 1, step: () => 0.5, stop: 40 }, 1);
    expect(said.map(({ done }) => done)).toEqual([expect.any(Number), 200]);
    expect(said[1].at + said[1].ending.secondsLeft).toBeCloseTo(elapsed, 0);
  });

  it("a resumed run speaks of what is left of it", () => {
    const { said, elapsed } = trained({ ...run, from: 1500 }, { first: 5, step: () => 1, stop: 3 });
    const [{ ending, at }] = said;
    expect(at + ending.secondsLeft).toBeCloseTo(elapsed, 0);
  });

  it("there is a stop after every so many steps and one at the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 70 }), (iterations, every) => {
        let left = 0;
        for (let done = iterations; done >= 0; done--) {
          expect(stopsLeft(done, { iterations, every })).toBe(left);
          if (done % every === 0 || done === iterations) left++;
        }
      }),
    );
  });
});
