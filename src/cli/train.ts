/** `dimseg train CONFIG` and `dimseg train --resume RUN`. */
import { existsSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { Command } from "commander";
import { counted } from "../core/counted.js";
import { exitCodes, UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import type { TrainingOutcome } from "../training/trainer.js";
import { createTrainingDisplay, percent } from "./training-display.js";

interface TrainOptions {
  out?: string;
  set: string[];
  resume?: string;
}

/** Remembers the first signal; a second one ends the process at once, which a checkpoint survives. */
function watchSignals(): { code(): number | null; release(): void } {
  let code: number | null = null;
  const handler = (signal: NodeJS.Signals) => {
    const own = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
    if (code !== null) process.exit(own);
    code = own;
    console.error(`\n${signal}: finishing this step and saving; send it again to stop at once`);
  };
  process.on("SIGINT", handler).on("SIGTERM", handler);
  return { code: () => code, release: () => process.off("SIGINT", handler).off("SIGTERM", handler) };
}

/** A folder under runs/ named after the configuration that does not exist yet. */
function freshFolder(config: string): string {
  const name = basename(config, extname(config));
  const candidates = [name, ...Array.from({ length: 999 }, (_, i) => `${name}-${i + 2}`)];
  const free = candidates.map((candidate) => join("runs", candidate)).find((path) => !existsSync(path));
  if (!free) throw new UsageError(`runs/ holds 1000 runs named ${name}; choose a folder with --out`);
  return free;
}

/** What came of it, in a few lines. */
function summarise({ progress, finished, trained }: TrainingOutcome, run: string): void {
  const { iteration, best, skipped } = progress;
  if (skipped > 0) console.log(`skipped ${counted(skipped, "step")} because of NaN or infinity`);
  if (best) console.log(`best validation Dice ${percent(best.dice)} at step ${best.iteration}`);
  const judge = `dimseg evaluate ${shellWord(run)}`;
  if (finished && trained === 0)
    console.log(
      `nothing is left to train: the run is finished after ${counted(iteration, "step")}; judge it with: ${judge}`,
    );
  else if (finished) console.log(`trained ${counted(iteration, "step")}; judge the run with: ${judge}`);
  else if (iteration > 0)
    console.log(`stopped after step ${iteration}; go on with: dimseg train --resume ${shellWord(run)}`);
  else console.log("stopped before the first step; nothing was written");
}

async function train(config: string | undefined, options: TrainOptions): Promise<void> {
  const { loadConfig } = await import("../config/config.js");
  const { resumeRun, startRun } = await import("../training/run.js");
  if ((config === undefined) === (options.resume === undefined)) {
    throw new UsageError(
      "give either a configuration (dimseg train CONFIG) or a run to go on with (dimseg train --resume RUN)",
    );
  }
  if (options.resume !== undefined && (options.set.length > 0 || options.out !== undefined)) {
    throw new UsageError(
      "--resume goes on with a run's own settings and folder; leave out --set and --out, and to train longer begin a " +
        "new run with more training.iterations, which the learning rate and the ramps depend on",
    );
  }
  const run = options.resume ?? options.out ?? freshFolder(config as string);
  const signals = watchSignals();
  const observer = createTrainingDisplay(() => signals.code() !== null);
  try {
    const outcome =
      config === undefined
        ? await resumeRun(run, observer)
        : await startRun(run, loadConfig(config, options.set), observer);
    observer.finish();
    summarise(outcome, run);
    if (!outcome.finished) process.exitCode = signals.code() ?? exitCodes.internal;
  } finally {
    observer.finish();
    signals.release();
  }
}

const collect = (value: string, before: string[]): string[] => [...before, value];

export function register(program: Command): void {
  program
    .command("train")
    .description("train a network as a configuration says, or go on with a run")
    .argument("[config]", "configuration file (YAML)")
    .option("--out <folder>", "run folder to make (default: runs/<name of the configuration>)")
    .option("--set <key=value>", "override a key of the configuration, as in training.seed=7; repeatable", collect, [])
    .option("--resume <run>", "go on with this run from its newest checkpoint")
    .action(train);
}
