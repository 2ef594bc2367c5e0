#!/usr/bin/env node
/** Entry of the command line: runs it, and turns what goes wrong into one line and a documented exit code. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { CommanderError } from "commander";
import { DimsegError, exitCodes } from "../core/errors.js";
import { writeFailure } from "../core/files/atomic-file.js";
import { createProgram } from "./program.js";

const program = createProgram();

/** Says what went wrong and gives the exit code. */
function report(error: unknown): number {
  // Help or the version were shown; without a verb, help goes to standard error and is no success.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  const [message] = String(error instanceof Error ? error.message : error).split("\n");
  if (program.opts().debug) console.error(error);
  else if (error instanceof DimsegError) console.error(`error: ${message}`);
  else console.error(`internal error: ${message}; please report it with what \`dimseg --debug ...\` prints`);
  return error instanceof DimsegError ? error.exitCode : exitCodes.internal;
}

/** Why something that was printed went nowhere. */
let lost: Error | undefined;

// A reader that has seen enough (`dimseg ... | head`), a terminal that was closed or a full disk under the log do not
// stop the work, whose result is files; that of a full disk is told at the end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") lost ??= error;
  });
}
process.on("uncaughtException", (error) => process.exit(report(error)));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

// Failures of the last lines arrive in a turn of their own.
await nextTurn();
if (lost && !process.exitCode) process.exitCode = report(writeFailure("the output", lost));
