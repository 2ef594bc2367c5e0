#!/usr/bin/env node
/**
 * The command line. Verbs are registered here with one line each and load what they need only when they run, so that
 * `--help` never touches libtorch. Errors a user can act on become one line and a documented exit code.
 */
import { Command, CommanderError } from "commander";
import { DimsegError, exitCodes } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { register as data } from "./data.js";
import { register as demo } from "./demo.js";
import { register as doctor } from "./doctor.js";
import { register as evaluate } from "./evaluate.js";
import { register as predict } from "./predict.js";
import { register as train } from "./train.js";

const verbs = [doctor, demo, data, train, evaluate, predict];

const program = new Command("dimseg")
  .description("Trains a segmentation network from a few labelled images of one domain and many unlabelled of several.")
  .version(packageVersion())
  .option("--debug", "show where an error came from")
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 defect, 2 wrong arguments or configuration, 3 data, 4 checkpoint, 5 NaN, 6 machine (disk, memory, lock), 130/143 interrupted.",
  )
  .exitOverride();
for (const register of verbs) register(program);
// exitOverride does not reach the commands made by the verbs.
const overrideAll = (command: Command): void => {
  command.exitOverride();
  command.commands.forEach(overrideAll);
};
overrideAll(program);

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (program.opts().debug) console.error(error);
  else if (error instanceof DimsegError) console.error(`error: ${error.message}`);
  else console.error(`internal error: ${(error as Error).message}; please report it with the output of --debug`);
  return error instanceof DimsegError ? error.exitCode : exitCodes.internal;
}

// A reader that closes the pipe early (`dimseg … | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
