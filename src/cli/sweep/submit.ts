/** `dimseg sweep GRID --on QUEUE`: the runs are handed over; a job of Slurm is followed. */
import { counted } from "../../core/counted.js";
import { UsageError } from "../../core/errors.js";
import { shellWord } from "../../core/shell-word.js";
import type { QueueName } from "../../sweep/queues/queue-names.js";
import type { Submitted } from "../../workflows/submit-sweep.js";
import { inTerminal } from "../terminal/observer.js";
import { stoppedCode, watchStopSignals } from "../terminal/stop-signals.js";
import { againText, choiceOf, commandLine, type SweepVerbOptions } from "./words.js";

/** Follows a job of Slurm until its tasks are over; Ctrl-C ends the following alone. */
async function follow({ plan, job }: Submitted & { job: string }, again: string): Promise<void> {
  const { followJob, unfinishedRuns } = await import("../../workflows/submit-sweep.js");
  const ending = new AbortController();
  const signals = watchStopSignals(() => ending.abort());
  try {
    await inTerminal((observer) => followJob({ plan, job, signal: ending.signal }, observer));
  } finally {
    signals.release();
  }
  const signal = signals.first();
  if (signal !== null) {
    console.log(
      `job ${job} goes on without this command; follow it with \`squeue --me\`, end it with \`scancel ${job}\``,
    );
    process.exitCode = stoppedCode(signal);
    return;
  }
  const left = unfinishedRuns(plan);
  for (const id of left) console.log(`not finished: ${id}; its output: ${plan.out}/logs/${id}.log`);
  if (left.length === 0) console.log(`Next: dimseg compare ${shellWord(plan.out)}${choiceOf(plan.evaluate)}`);
  else console.log(`hand the rest over again with \`${again}\``);
  process.exitCode = left.length === 0 ? 0 : 1;
}

/** Hands the runs over to a queue; of a shell's commands alone is printed, so that they can be piped. */
export async function submit(grid: string, options: SweepVerbOptions & { on: QueueName }): Promise<void> {
  if (options.only !== undefined) throw new UsageError("--only picks a run to make here; leave it out with --on");
  const { submitSweep } = await import("../../workflows/submit-sweep.js");
  const done = await inTerminal((observer) => submitSweep({ ...options, grid, commandLine }, observer));
  const { on, writeOnly = false } = options;
  if (on === "shell") {
    for (const line of done.lines) console.log(line);
    return;
  }
  console.log(`sweep folder: ${done.plan.out}`);
  console.log(`${counted(done.tasks, "run")} to hand over, ${done.finished} finished before`);
  if (done.file === null) return;
  console.log(`${writeOnly ? "Wrote" : "Handed over"} ${done.file}`);
  if (done.job !== null) await follow({ ...done, job: done.job }, againText(grid, options));
}
