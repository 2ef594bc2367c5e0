/** The progress display: what a terminal and what a log sees. */
import { describe, expect, it } from "vitest";
import { createProgress, formatDuration } from "../../../src/cli/terminal/progress.js";

/** A stream that keeps what is written, and a clock to turn by hand. */
function setUp(isTTY: boolean, total = 100) {
  const written: string[] = [];
  const clock = { time: 0 };
  const stream = { isTTY, columns: 100, write: (text: string) => written.push(text) };
  const progress = createProgress({ label: "decoding", total, stream, now: () => clock.time });
  return { written, clock, progress };
}

describe("createProgress", () => {
  it("redraws one line on a terminal, at most ten times a second, and ends it once", () => {
    const { written, clock, progress } = setUp(true);
    progress.update(1);
    progress.update(2);
    clock.time = 1000;
    progress.update(50, "loss 0.1");
    progress.finish("done");
    expect(written.length).toBe(4);
    expect(written[1]).toBe(
      `\r\x1b[2Kdecoding ${"█".repeat(12)}${"░".repeat(12)} 50/100 (50 %)  50.0/s, 1 s left  loss 0.1`,
    );
    expect(written.slice(2)).toEqual(["\r\x1b[2Kdecoding: 50/100 in 1 s  done", "\n"]);
  });

  it("never lets a terminal line wrap", () => {
    const { written, clock, progress } = setUp(true);
    clock.time = 500;
    progress.update(3, "x".repeat(500));
    expect(written[0].length).toBe("\r\x1b[2K".length + 99);
  });

  it("writes plain lines now and then elsewhere", () => {
    const { written, clock, progress } = setUp(false);
    for (let done = 1; done <= 25; done++) {
      clock.time = done * 1000;
      progress.update(done);
    }
    progress.finish();
    expect(written).toEqual([
      "decoding 10/100 (10 %)  1.00/s, 1 min 30 s left\n",
      "decoding 20/100 (20 %)  1.00/s, 1 min 20 s left\n",
      "decoding: 25/100 in 25 s\n",
    ]);
  });

  it("gives seconds a step for slow work, from the latest steps only", () => {
    const { written, clock, progress } = setUp(false);
    clock.time = 60_000;
    progress.update(1);
    for (const done of [2, 3, 4]) {
      clock.time += 5000;
      progress.update(done);
    }
    expect(written.at(-1)).toMatch(/^decoding 3\/100 \(3 %\) {2}5\.00 s each, 8 min 5 s left/);
  });

  it("writes nothing when the work fails before its first step", () => {
    for (const live of [true, false]) {
      const { written, progress } = setUp(live);
      progress.finish();
      expect(written).toEqual([]);
    }
  });

  it("copes with nothing to do", () => {
    const { written, progress } = setUp(true, 0);
    progress.update(0);
    progress.finish();
    expect(written.join("")).toMatch(/0\/0 \(100 %\)/);
  });
});

it("formatDuration uses the two largest units", () => {
  expect([400, 59_000, 200_000, 7_500_000].map(formatDuration)).toEqual(["0 s", "59 s", "3 min 20 s", "2 h 5 min"]);
});

describe("the first step", () => {
  it("that is told when it is done says nothing of the rate", () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
    const progress = createProgress({ label: "decoding", total: 120, from: 1, stream, now: () => 7 });
    progress.update(1);
    expect(written.join("")).toMatch(/ 1\/120 \(0 %\)$/);
  });

  it("of a resumed run counts as one step, at its own pace", () => {
    const written: string[] = [];
    const clock = { time: 0 };
    const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
    const progress = createProgress({ label: "training", total: 100, from: 90, stream, now: () => clock.time });
    clock.time = 2000;
    progress.update(91);
    expect(written.join("")).toMatch(/ 91\/100 \(91 %\) {2}2\.00 s each, 18 s left$/);
  });
});
