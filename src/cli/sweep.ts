/** `dimseg sweep GRID`: many runs from one file. */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { queueNames } from "../sweep/queues/queue-names.js";
import type { RunStatus, Sweep } from "../sweep/sweep.js";
import { collected } from "./options/collected.js";
import { againText, choiceOf, commandLine, type SweepVerbOptions } from "./sweep/words.js";
import { type StopSignal, type StopSignals, stoppedCode, watchStopSignals } from "./terminal/stop-signals.js";

/** Passes signals on to the sweep, and remembers which came first. */
function watchSignals(sweep: Sweep): StopSignals {
  return watchStopSignals((signal, isFirst) => {
    if (isFirst) console.error(`${signal}: the running ones save and stop; send it again to stop at once`);
    // The children have no terminal that could hang up.
    sweep.stop(signal === "SIGHUP" ? "SIGTERM" : signal);
  });
}

/** What is left to say when a sweep has ended, and its exit code. */
function conclude(statuses: readonly RunStatus[], sweep: Sweep, signal: StopSignal | null, again: string): number {
  const failed = statuses.filter(({ state }) => state === "failed");
  for (const { run, error } of failed) console.log(`failed: ${run.id}: ${error}\n  its output: ${sweep.logPath(run)}`);
  if (signal !== null) {
    console.log(`stopped; go on with \`${again}\``);
    return stoppedCode(signal);
  }
  return failed.length > 0 ? 1 : 0;
}

async function sweep(grid: string, options: SweepVerbOptions): Promise<void> {
  const { on } = options;
  if (on !== undefined) {
    const { submit } = await import("./sweep/submit.js");
    return submit(grid, { ...options, on });
  }
  const { openSweep } = await import("../workflows/sweep.js");
  const { countsLine, createSweepDisplay, throughputLine } = await import("./sweep/display.js");
  const display = createSweepDisplay();
  const { plan, work } = openSweep({ grid, commandLine, ...options }, display.changed);
  console.log(`sweep folder: ${plan.out}`);
  const signals = watchSignals(work);
  try {
    display.follow(work);
    await work.run();
  } finally {
    display.finish();
    signals.release();
  }
  console.log(countsLine(work.statuses));
  const speed = throughputLine(work.throughput);
  if (speed !== "") console.log(speed);
  const code = conclude(work.statuses, work, signals.first(), againText(grid, options));
  if (code === 0) console.log(`Next: dimseg compare ${shellWord(plan.out)}${choiceOf(plan.evaluate)}`);
  process.exitCode = code;
}

function jobsOf(text: string): number | "auto" {
  if (text === "auto") return text;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--jobs ${text}: give a whole number of at least 1, or auto`);
  return value;
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("sweep")
    .description("train and judge many configurations with several seeds; goes on where it stopped")
    .argument("<grid>", "grid file (YAML)")
    .option(
      "--jobs <number>",
      `runs at once; they share the ${availableParallelism()} cores; auto: as many as cores and memory allow`,
      jobsOf,
      1,
    )
    .option("--out <folder>", "folder of the runs (default: what the grid says)")
    .option(
      "--set <key=value>",
      "override a key in all runs, as in dataset=/data/dataset.yaml; repeatable",
      collected,
      [],
    )
    .option("--only <run>", "make this run alone, named as its folder; repeatable", collected)
    .addOption(new Option("--on <queue>", "hand the runs over instead of making them here").choices(queueNames))
    .option("--cluster <file>", "with --on: what the queue has to be told of a run (YAML)")
    .option("--write-only", "with --on: write the script or manifest and hand nothing over")
    .action(sweep);
}
