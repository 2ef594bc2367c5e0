/** What a sweep shows: plain lines in a file, a table that fits and is redrawn in place on a terminal. */
import { expect, it, vi } from "vitest";
import { countsLine, createSweepDisplay, sweepTable } from "../../../src/cli/sweep/display.js";
import type { RunStatus, Sweep, SweepForecast } from "../../../src/sweep/sweep.js";
import type { Warning } from "../../../src/sweep/warnings.js";

function status(id: string, state: RunStatus["state"], changes: Partial<RunStatus> = {}): RunStatus {
  const run = { id, config: { training: { iterations: 100 } } } as RunStatus["run"];
  return {
    run,
    state,
    step: 0,
    dice: null,
    error: "",
    begun: null,
    stepped: null,
    trained: { milliseconds: 0, steps: 0 },
    ...changes,
  };
}

const statuses = [
  status("done-seed1", "done", { step: 100, dice: 0.8 }),
  status("now-seed1", "training", { step: 30, dice: 0.5, begun: { time: 0, step: 5 }, stepped: { time: 0, step: 10 } }),
  status("bad-seed1", "failed", { error: "error: no data" }),
  status("later-seed1", "waiting"),
];

const disk = { checkpoint: 2 ** 24, checkpoints: 3, total: 3 * 2 ** 24 };

const fresh: SweepForecast = { steps: 170, milliseconds: null, disk: null, imagesPerSecond: null };

function shown(stream: object, forecast: SweepForecast = { ...fresh }, warnings: Warning[] = []) {
  let text = "";
  const display = createSweepDisplay({ write: (part: string) => (text += part), ...stream }, () => 20_000);
  const takeWarnings = () => warnings.splice(0);
  display.follow({ statuses, poll() {}, takeWarnings, forecast: () => forecast } as unknown as Sweep);
  for (const one of statuses) display.changed(one);
  display.finish();
  return text;
}

it("counts the states that occur", () => {
  expect(countsLine(statuses)).toBe("4 runs: 1 finished, 1 running, 1 waiting, 1 failed");
  expect(countsLine([])).toBe("0 runs: 0 finished");
});

it("shows steps, the time left at the present pace, and Dice", () => {
  // 20 steps in 20 s, 70 to go.
  expect(sweepTable(statuses, 20_000, 24)).toMatch(/\nnow-seed1 +training +30\/100 +1 min 10 s +50\.0 %\n/);
  expect(sweepTable(statuses, 20_000, 24)).toMatch(/\ndone-seed1 +done +100\/100 +80\.0 %\n/);
});

it("leaves finished and waiting runs out where the terminal is too small", () => {
  const table = sweepTable(statuses, 20_000, 8);
  expect(table.split("\n")).toHaveLength(4);
  expect(table).toMatch(/now-seed1[\s\S]*bad-seed1/);
});

it("writes one line for each change where there is no terminal", () => {
  expect(shown({})).toBe(
    "4 runs: 1 finished, 1 running, 1 waiting, 1 failed\n170 steps to train in all\n" +
      "done-seed1: done, validation Dice 80.0 %\n" +
      // What stands now is told when a run ends, and once a minute.
      "now-seed1 30/100, 1 min 10 s left\nnow-seed1: training, from step 30 of 100\n" +
      "bad-seed1: failed: error: no data\nlater-seed1: waiting\n",
  );
});

it("redraws in place on a terminal, with lines that do not wrap", () => {
  const text = shown({ isTTY: true, columns: 30, rows: 24 });
  const drawings = text.split("\x1b[7A\r\x1b[0J");
  expect(drawings).toHaveLength(6);
  for (const drawing of drawings) for (const line of drawing.split("\n")) expect([...line].length).toBeLessThan(30);
});

it("tells a warning once, with its run, and keeps it above the table of a terminal", () => {
  const warnings = () => [{ run: "now-seed1", text: "no labelled case of A shows cup, so it cannot be learnt" }];
  const line = "now-seed1: warning: no labelled case of A shows cup, so it cannot be learnt\n";
  const lines = shown({}, { ...fresh }, warnings());
  expect(lines.split(line)).toHaveLength(2);
  expect(lines.indexOf(line)).toBeLessThan(lines.indexOf("done-seed1: done"));
  const drawn = shown({ isTTY: true, columns: 30, rows: 24 }, { ...fresh }, warnings());
  expect(drawn.split(line)).toHaveLength(2);
  expect(drawn.startsWith(line)).toBe(true);
});

it("says disk once and the time that all runs take, where there is no terminal", () => {
  const text = shown({}, { ...fresh, milliseconds: 3_600_000, disk });
  expect(text.match(/disk for checkpoints: about 48 MiB a run, 192 MiB for 4 runs\n/g)).toHaveLength(1);
  expect(text).toContain("now-seed1 30/100, 1 min 10 s left; about 1 h 0 min of training left in all\n");
});

it("says both above the table of a terminal", () => {
  const text = shown(
    { isTTY: true, columns: 100, rows: 24 },
    { ...fresh, milliseconds: 60_000, disk, imagesPerSecond: 41.27 },
  );
  expect(text).toMatch(
    /1 failed\nabout 1 min 0 s of training left in all, 41\.3 images a second\ndisk for checkpoints: about 48 MiB a run, 192 MiB for 4 runs\nrun /,
  );
});

it("is never silent for long where there is no terminal", () => {
  vi.useFakeTimers();
  try {
    let text = "";
    const display = createSweepDisplay({ write: (part: string) => (text += part) }, () => 20_000);
    const forecast = () => ({ ...fresh, milliseconds: 5000 });
    display.follow({ statuses, poll() {}, takeWarnings: () => [], forecast } as unknown as Sweep);
    vi.advanceTimersByTime(180_000);
    display.finish();
    vi.advanceTimersByTime(180_000);
    expect(text.match(/now-seed1 30\/100/g)).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});
