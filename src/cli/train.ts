/** `dimseg train CONFIG` and `dimseg train --resume RUN`. */
import type { Command } from "commander";
import { counted } from "../core/counted.js";
import { exitCodes } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import type { Trained, TrainInput } from "../workflows/train.js";
import { collected } from "./options/collected.js";
import { wholeNumber } from "./options/whole-number.js";
import { type StopSignals, stoppedCode, watchStopSignals } from "./terminal/stop-signals.js";
import { createTrainingDisplay, percent } from "./terminal/training-display.js";

/** The first signal lets the step end; a second one ends the process at once, which a checkpoint survives. */
function watchSignals(): StopSignals {
  return watchStopSignals((signal, isFirst) => {
    if (!isFirst) process.exit(stoppedCode(signal));
    console.error(`\n${signal}: finishing this step and saving; send it again to stop at once`);
  });
}

/** What came of it, in a few lines. */
function summarise({ progress, finished, trained, run }: Trained): void {
  if (run === null) return;
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

async function runTraining(config: string | undefined, options: Omit<TrainInput, "config">): Promise<void> {
  const { train } = await import("../workflows/train.js");
  const signals = watchSignals();
  const observer = createTrainingDisplay(() => signals.first() !== null);
  try {
    const trained = await train({ config, ...options }, observer);
    observer.finish();
    summarise(trained);
    const signal = signals.first();
    // Another process was told to stop, and all do so together.
    const unasked = trained.processes > 1 ? exitCodes.terminated : exitCodes.internal;
    if (!trained.finished) process.exitCode = signal === null ? unasked : stoppedCode(signal);
  } finally {
    observer.finish();
    signals.release();
  }
}

export function register(program: Command): void {
  program
    .command("train")
    .description("train a network as a configuration says, or go on with a run")
    .argument("[config]", "configuration file (YAML)")
    .option("--out <folder>", "run folder to make (default: runs/<name of the configuration>)")
    .option(
      "--set <key=value>",
      "override a key of the configuration, as in training.seed=7; repeatable",
      collected,
      [],
    )
    .option("--from <run>", "begin with the weights of this run, as after labels were added (initial.run)")
    .option("--resume <run>", "go on with this run from its newest checkpoint")
    .option("--processes <number>", "processes on this machine that share each batch", wholeNumber)
    .option("--data <file>", "with --resume: where the run's dataset.yaml lies now, if it was moved")
    .action(runTraining);
}
