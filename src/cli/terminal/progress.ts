/**
 * Progress of long work on a terminal: one line that is redrawn, with a bar, rate and remaining time; elsewhere a
 * plain line now and then, so that logs stay readable.
 */

/** What progress is written to: a terminal or a file. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  /** What is being done, such as "decoding". */
  readonly label: string;
  /** Number of steps in all. */
  readonly total: number;
  /** Steps that were done before, which tell nothing of the rate; default 0. */
  readonly from?: number;
  /** Standard error unless given, so that standard output stays for results. */
  readonly stream?: ProgressStream;
  /** Clock in milliseconds, for tests. */
  readonly now?: () => number;
}

export interface Progress {
  /** @param done steps done so far, 0 … total; `note` is shown at the end, such as a loss */
  update(done: number, note?: string): void;
  /** Ends the line; call it once, also after a failure. Writes nothing where there was no update. */
  finish(note?: string): void;
}

const barWidth = 24;
const redrawMilliseconds = 100;
const lineMilliseconds = 10_000;
/** The rate is measured over the latest steps only, so that a slow start is forgotten. */
const rateWindowMilliseconds = 15_000;

/** A duration in the shortest useful form: `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Steps per second above one, else seconds per step. */
function formatRate(perSecond: number): string {
  return perSecond >= 1 ? `${perSecond.toPrecision(3)}/s` : `${(1 / perSecond).toPrecision(3)} s each`;
}

/** Starts a progress display. Nothing is written before the first update. */
export function createProgress(options: ProgressOptions): Progress {
  const { label, total, from = 0, stream = process.stderr, now = Date.now } = options;
  const live = stream.isTTY === true;
  const start = now();
  let marks: { time: number; done: number }[] = [{ time: start, done: from }];
  let lastWritten = live ? Number.NEGATIVE_INFINITY : start;
  let latest = { done: 0, note: "" };
  let begun = false;

  const measured = (time: number): string => {
    const first = marks[0];
    if (latest.done <= first.done || time <= first.time) return "";
    const perSecond = ((latest.done - first.done) / (time - first.time)) * 1000;
    const left = latest.done < total ? `, ${formatDuration(((total - latest.done) / perSecond) * 1000)} left` : "";
    return `  ${formatRate(perSecond)}${left}`;
  };

  const line = (time: number): string => {
    const share = total > 0 ? Math.min(1, latest.done / total) : 1;
    const filled = Math.round(share * barWidth);
    const bar = live ? ` ${"█".repeat(filled)}${"░".repeat(barWidth - filled)}` : "";
    const note = latest.note === "" ? "" : `  ${latest.note}`;
    return `${label}${bar} ${latest.done}/${total} (${Math.floor(share * 100)} %)${measured(time)}${note}`;
  };

  /** A terminal's line must not wrap, or it cannot be redrawn. */
  const draw = (text: string) =>
    stream.write(live ? `\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`);

  return {
    update(done, note = "") {
      begun = true;
      latest = { done, note };
      const time = now();
      marks = [...marks.filter((mark) => time - mark.time <= rateWindowMilliseconds), { time, done }].slice(-1000);
      if (time - lastWritten < (live ? redrawMilliseconds : lineMilliseconds)) return;
      lastWritten = time;
      draw(line(time));
    },
    finish(note) {
      if (!begun) return;
      const took = formatDuration(now() - start);
      draw(`${label}: ${latest.done}/${total} in ${took}${note === undefined ? "" : `  ${note}`}`);
      if (live) stream.write("\n");
    },
  };
}
