/** `dimseg studio [FOLDER]`: the page that shows runs and cases, and corrects masks. */
import type { Command } from "commander";
import { UsageError } from "../core/errors.js";
import { stoppedCode, watchStopSignals } from "./terminal/stop-signals.js";

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port < 65536) return port;
  throw new UsageError(`--port ${text}: give a number from 1 to 65535, or 0 for any that is free`);
}

async function studio(folder = ".", { port }: { port: string }): Promise<void> {
  const wanted = portOf(port);
  const { startStudio } = await import("../studio/server/studio.js");
  const started = await startStudio({
    folder,
    port: wanted,
    commandLine: [process.execPath, process.argv[1]],
    defect: (error) => console.error(error),
  });
  console.log(`The studio is at ${started.link}\nIt ends with Ctrl-C; trainings that it began then save and stop.`);
  const signal = await new Promise<Parameters<typeof stoppedCode>[0]>((resolve) => {
    const signals = watchStopSignals((name, isFirst) => {
      if (!isFirst) process.exit(stoppedCode(name));
      signals.release();
      resolve(name);
    });
  });
  await started.close();
  process.exitCode = stoppedCode(signal);
}

export function register(program: Command): void {
  program
    .command("studio")
    .description("open a page on this machine that shows runs and cases, and corrects masks")
    .argument("[folder]", "where runs and images lie (default: the present folder)")
    .option("--port <number>", "port on 127.0.0.1; 0: any that is free", "8750")
    .action(studio);
}
