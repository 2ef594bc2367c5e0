/** `dimseg sweep GRID`: many runs from one file. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import type { EvaluateSection } from "../sweep/grid-file.js";
import type { RunStatus, Sweep } from "../sweep/sweep.js";
import type { SweepInput } from "../workflows/sweep.js";
import { type StopSignal, type StopSignals, stoppedCode, watchStopSignals } from "./stop-signals.js";

type SweepVerbOptions = Omit<SweepInput, "grid" | "commandLine">;

/** What the children are: this command line again. */
const commandLine = [process.execPath, fileURLToPath(new URL("./main.js", import.meta.url))];

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

/** The options by which `dimseg compare` finds an evaluation that the grid asked for. */
function choiceOf({ checkpoints, networks }: EvaluateSection): string {
  const checkpoint = checkpoints.includes("last") ? "" : ` --checkpoint ${checkpoints[0]}`;
  return `${checkpoint}${networks.includes("student") ? "" : ` --network ${networks[0]}`}`;
}

async function sweep(grid: string, options: SweepVerbOptions): Promise<void> {
  const { openSweep } = await import("../workflows/sweep.js");
  const { countsLine, createSweepDisplay } = await import("./sweep-display.js");
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
  const code = conclude(work.statuses, work, signals.first(), `dimseg sweep ${shellWord(grid)}`);
  if (code === 0) console.log(`Next: dimseg compare ${shellWord(plan.out)}${choiceOf(plan.evaluate)}`);
  process.exitCode = code;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--jobs ${text}: give a whole number of at least 1`);
  return value;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("sweep")
    .description("train and judge many configurations with several seeds; goes on where it stopped")
    .argument("<grid>", "grid file (YAML)")
    .option("--jobs <number>", `runs at once; they share the ${availableParallelism()} cores`, positive, 1)
    .option("--out <folder>", "folder of the runs (default: what the grid says)")
    .option(
      "--set <key=value>",
      "override a key in all runs, as in dataset=/data/dataset.yaml; repeatable",
      collect,
      [],
    )
    .action(sweep);
}
