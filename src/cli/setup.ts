/** `dimseg setup`: builds the engine, once after dimseg was installed. */
import type { Command } from "commander";
import { exitCodes } from "../core/errors.js";

const help = `
Finds or fetches libtorch (about 200 MB) and compiles the bridge to it; needs a C++ compiler, and pip to fetch.
Environment variables:
  DIMSEG_LIBTORCH=FOLDER  use this libtorch, or the torch folder of a Python package
  DIMSEG_CUDA=1           fetch the build for NVIDIA's GPUs
  DIMSEG_CACHE=FOLDER     keep libtorch and the engine here instead of ~/.cache/dimseg
docs/install.md has the others.`;

async function setup(): Promise<void> {
  const { setUp } = await import("../workflows/setup.js");
  if (!(await setUp())) process.exitCode = exitCodes.resource;
}

export function register(program: Command): void {
  program
    .command("setup")
    .description("build the engine, once after dimseg was installed; a second run finds everything done")
    .addHelpText("after", help)
    .action(setup);
}
