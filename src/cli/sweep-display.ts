/** What a person sees of a sweep: a table that is redrawn on a terminal, one line for each change elsewhere. */
import { counted } from "../core/counted.js";
import type { RunStatus, Sweep } from "../sweep/sweep.js";
import { formatDuration, type ProgressStream } from "./progress.js";
import { formatTable } from "./table.js";
import { percent } from "./training-display.js";

/** A terminal's height, beside what {@link ProgressStream} tells. */
export interface SweepStream extends ProgressStream {
  readonly rows?: number;
}

/** Lines of a table before its rows, and the counts above it. */
const linesAround = 4;

/** Time until a training run ends at its present pace. */
function remaining({ begun, step, run }: RunStatus, now: number): string {
  if (!begun || step <= begun.step) return "";
  const perStep = (now - begun.time) / (step - begun.step);
  return formatDuration(perStep * Math.max(0, run.config.training.iterations - step));
}

/** How many runs are in each state, most interesting first. */
export function countsLine(statuses: readonly RunStatus[]): string {
  const count = (...states: RunStatus["state"][]) => statuses.filter(({ state }) => states.includes(state)).length;
  const parts = [
    [count("done", "skipped"), "finished"],
    [count("training", "evaluating"), "running"],
    [count("waiting"), "waiting"],
    [count("failed"), "failed"],
    [count("stopped"), "stopped"],
  ] as const;
  const shown = parts.filter(([number, name]) => number > 0 || name === "finished");
  return `${counted(statuses.length, "run")}: ${shown.map(([number, name]) => `${number} ${name}`).join(", ")}`;
}

const order: RunStatus["state"][] = ["training", "evaluating", "failed", "stopped", "waiting", "done", "skipped"];

/** The table of all runs, or of the most interesting ones where the terminal is too small. */
export function sweepTable(statuses: readonly RunStatus[], now: number, height: number): string {
  const room = Math.max(1, height - linesAround);
  const interesting = [...statuses].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, room);
  const chosen = statuses.filter((status) => interesting.includes(status));
  const rows = chosen.map((status) => [
    status.run.id,
    status.state,
    `${status.step}/${status.run.config.training.iterations}`,
    remaining(status, now),
    percent(status.dice),
  ]);
  const header = ["run", "state", "step", "left", "validation Dice"];
  return formatTable(header, rows, ["left", "left", "right", "right", "right"]);
}

/** A run's change of state as one line. */
function changeLine({ run, state, step, dice, error }: RunStatus): string {
  const { iterations } = run.config.training;
  switch (state) {
    case "training":
      return step > 0
        ? `${run.id}: training, from step ${step} of ${iterations}`
        : `${run.id}: training, ${counted(iterations, "step")}`;
    case "failed":
      return `${run.id}: failed: ${error}`;
    case "done":
      return `${run.id}: done${dice === null ? "" : `, validation Dice ${percent(dice)}`}`;
    default:
      return `${run.id}: ${state}`;
  }
}

/** Shows a sweep; call `finish` at the end, also after a failure. */
export interface SweepDisplay {
  changed(status: RunStatus): void;
  /** Begins to follow the sweep. */
  follow(sweep: Sweep): void;
  finish(): void;
}

const redrawMilliseconds = 1000;

/** A display on standard error, so that standard output stays for the result. */
export function createSweepDisplay(stream: SweepStream = process.stderr, now: () => number = Date.now): SweepDisplay {
  const live = stream.isTTY === true;
  let drawn = 0;
  let followed: Sweep | undefined;
  let timer: NodeJS.Timeout | undefined;

  const draw = () => {
    if (!followed) return;
    followed.poll();
    const { statuses } = followed;
    const width = (stream.columns ?? 80) - 1;
    const text = `${countsLine(statuses)}\n${sweepTable(statuses, now(), stream.rows ?? 24)}`;
    // A line that wraps could not be redrawn.
    const lines = text.split("\n").map((line) => [...line].slice(0, width).join(""));
    const back = drawn > 0 ? `\x1b[${drawn}A\r\x1b[0J` : "";
    stream.write(`${back}${lines.join("\n")}\n`);
    drawn = lines.length;
  };

  return {
    changed(status) {
      if (live) draw();
      else stream.write(`${changeLine(status)}\n`);
    },
    follow(sweep) {
      followed = sweep;
      if (!live) {
        stream.write(`${countsLine(sweep.statuses)}\n`);
        return;
      }
      draw();
      timer = setInterval(draw, redrawMilliseconds);
    },
    finish() {
      clearInterval(timer);
      if (live) draw();
      followed = undefined;
    },
  };
}
