/** What a sweep has ahead: paces of each configuration, and runs side by side. */
import { expect, it } from "vitest";
import { stepsLeft, timeLeft } from "../../src/sweep/forecast.js";
import type { RunStatus } from "../../src/sweep/sweep.js";

function status(name: string, state: RunStatus["state"], step: number, changes: Partial<RunStatus> = {}): RunStatus {
  const run = { name, config: { training: { iterations: 100 } } } as RunStatus["run"];
  const none = { milliseconds: 0, steps: 0 };
  return { run, state, step, dice: null, error: "", begun: null, stepped: null, trained: none, ...changes };
}

const quick = { trained: { milliseconds: 1000, steps: 100 } };
const slow = { trained: { milliseconds: 10_000, steps: 100 } };

it("counts the steps of runs that have not ended", () => {
  const some = [status("a", "waiting", 0), status("a", "training", 30), status("a", "done", 100)];
  expect(stepsLeft([...some, status("a", "failed", 10), status("a", "skipped", 100)])).toBe(170);
});

it("knows nothing before the second step, as the first one is late and slow", () => {
  expect(timeLeft([status("a", "waiting", 0)], 0, 1)).toBeNull();
  expect(timeLeft([status("a", "training", 0, { begun: { time: 0, step: 0 } })], 5000, 1)).toBeNull();
  const first = { begun: { time: 0, step: 0 }, stepped: { time: 9000, step: 1 } };
  expect(timeLeft([status("a", "training", 1, first)], 60_000, 1)).toBeNull();
});

it("takes each configuration's own pace, and that of all where it has none", () => {
  const done = [status("quick", "done", 100, quick), status("slow", "done", 100, slow)];
  expect(timeLeft([...done, status("quick", "waiting", 0)], 0, 1)).toBe(1000);
  expect(timeLeft([...done, status("slow", "waiting", 50)], 0, 1)).toBe(5000);
  expect(timeLeft([...done, status("new", "waiting", 0)], 0, 1)).toBe(5500);
  expect(timeLeft(done, 0, 1)).toBe(0);
});

it("measures a running one from the first step that it made, not from the reading before it", () => {
  const moments = { begun: { time: 1000, step: 40 }, stepped: { time: 11_000, step: 50 } };
  const running = status("a", "training", 60, moments);
  expect(timeLeft([running], 12_000, 1)).toBe(4000);
});

it("divides among runs side by side, but none is over before its own time", () => {
  const done = status("slow", "done", 100, slow);
  const waiting = (count: number) => Array.from({ length: count }, () => status("slow", "waiting", 0));
  expect(timeLeft([done, ...waiting(4)], 0, 2)).toBe(20_000);
  expect(timeLeft([done, ...waiting(1)], 0, 2)).toBe(10_000);
  expect(timeLeft([done, ...waiting(3)], 0, 8)).toBe(10_000);
});
