/** What a person sees of a sweep: a table that is redrawn on a terminal, one line for each change elsewhere. */
import { bytesText } from "../../core/bytes-text.js";
import { counted } from "../../core/counted.js";
import { warningPrefix } from "../../core/warning-prefix.js";
import type { DiskNeed } from "../../runs/disk-need.js";
import type { RunStatus, Sweep, SweepForecast, Throughput } from "../../sweep/sweep.js";
import type { Warning } from "../../sweep/warnings.js";
import { formatDuration, type ProgressStream } from "../terminal/progress.js";
import { formatTable } from "../terminal/table.js";
import { percent } from "../terminal/training-display.js";

/** A terminal's height, beside what {@link ProgressStream} tells. */
export interface SweepStream extends ProgressStream {
  readonly rows?: number;
}

/** Lines of a table before its rows, and what stands above it. */
const linesAround = 6;

/** Time until a training run ends at its present pace. */
function remaining({ stepped, step, run }: RunStatus, now: number): string {
  if (!stepped || step <= stepped.step) return "";
  const perStep = (now - stepped.time) / (step - stepped.step);
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
    case "waiting":
      return `${run.id}: ${state}${error && `: ${error}`}`;
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

const lookMilliseconds = 1000;
/** Between lines about running runs where there is no terminal. */
const lineMilliseconds = 60_000;

/** How long all runs take at the present paces, and how fast they are together; empty before the second step. */
function remainingOfAll({ milliseconds, imagesPerSecond }: SweepForecast): string {
  if (milliseconds === null) return "";
  const speed = imagesPerSecond === null ? "" : `, ${imagesPerSecond.toPrecision(3)} images a second`;
  return `about ${formatDuration(milliseconds)} of training left in all${speed}`;
}

/** What was trained and how fast, validations and evaluations included; empty when nothing was. */
export function throughputLine({ images, seconds }: Throughput): string {
  if (images === 0 || seconds === 0) return "";
  const duration = formatDuration(1000 * seconds);
  return `trained on ${counted(images, "image")} in ${duration}: ${(images / seconds).toPrecision(3)} images a second in all`;
}

/** The running runs and what is left of all, on one line. */
function standingLine({ statuses }: Pick<Sweep, "statuses">, forecast: SweepForecast, now: number): string {
  const running = statuses.flatMap((status) => {
    if (status.state !== "training") return [];
    const left = remaining(status, now);
    return [
      `${status.run.id} ${status.step}/${status.run.config.training.iterations}${left === "" ? "" : `, ${left} left`}`,
    ];
  });
  const all = remainingOfAll(forecast);
  return [...running, ...(all === "" ? [] : [all])].join("; ");
}

/** What all runs take of the disk, told once. */
function diskLine({ statuses }: Pick<Sweep, "statuses">, { total }: DiskNeed): string {
  const runs = statuses.length;
  return `disk for checkpoints: about ${bytesText(total)} a run, ${bytesText(runs * total)} for ${counted(runs, "run")}`;
}

function warningLine({ run, text }: Warning): string {
  return `${run}: ${warningPrefix}${text}\n`;
}

/** A display on standard error, so that standard output stays for the result. */
export function createSweepDisplay(stream: SweepStream = process.stderr, now: () => number = Date.now): SweepDisplay {
  const live = stream.isTTY === true;
  let drawn = 0;
  let followed: Sweep | undefined;
  const timers: NodeJS.Timeout[] = [];
  let disk = "";

  /** The sweep's standing, and whether its disk has become known just now. */
  const look = (sweep: Sweep) => {
    sweep.poll();
    const forecast = sweep.forecast(now());
    const isNew = disk === "" && forecast.disk !== null;
    if (forecast.disk) disk ||= diskLine(sweep, forecast.disk);
    return { forecast, isNew };
  };

  const watch = () => {
    // So that the moment of a run's first step is known, from which its pace is measured.
    followed?.poll();
    for (const one of followed?.takeWarnings() ?? []) stream.write(warningLine(one));
  };

  const tell = () => {
    if (!followed) return;
    const { forecast, isNew } = look(followed);
    if (isNew) stream.write(`${disk}\n`);
    const line = standingLine(followed, forecast, now());
    if (line !== "") stream.write(`${line}\n`);
  };

  const draw = () => {
    if (!followed) return;
    const { forecast } = look(followed);
    const { statuses } = followed;
    const width = (stream.columns ?? 80) - 1;
    const heads = [countsLine(statuses), remainingOfAll(forecast), disk].filter((head) => head !== "");
    const text = `${heads.join("\n")}\n${sweepTable(statuses, now(), stream.rows ?? 24)}`;
    // A line that wraps could not be redrawn.
    const lines = text.split("\n").map((line) => [...line].slice(0, width).join(""));
    // Warnings stay above the table.
    const above = followed.takeWarnings().map(warningLine).join("");
    const back = drawn > 0 ? `\x1b[${drawn}A\r\x1b[0J` : "";
    stream.write(`${back}${above}${lines.join("\n")}\n`);
    drawn = lines.length;
  };

  return {
    changed(status) {
      if (live) draw();
      else {
        watch();
        stream.write(`${changeLine(status)}\n`);
        if (status.state === "done") tell();
      }
    },
    follow(sweep) {
      followed = sweep;
      if (!live) {
        const { steps } = sweep.forecast(now());
        stream.write(`${countsLine(sweep.statuses)}\n${counted(steps, "step")} to train in all\n`);
        timers.push(setInterval(watch, lookMilliseconds), setInterval(tell, lineMilliseconds));
        return;
      }
      draw();
      timers.push(setInterval(draw, lookMilliseconds));
    },
    finish() {
      for (const timer of timers) clearInterval(timer);
      if (live) draw();
      else watch();
      followed = undefined;
    },
  };
}
