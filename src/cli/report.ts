/** `dimseg report RUNS...`: one page with everything about some runs, and each figure and table as a file. */
import { type Command, Option } from "commander";
import { networkNames } from "../runs/checkpoints/checkpoint-names.js";
import type { ReportInput } from "../workflows/report.js";
import { checkpointOption } from "./options/checkpoint.js";
import { collected } from "./options/collected.js";
import { gridOption, unitsOption } from "./options/judging.js";
import { inTerminal } from "./terminal/observer.js";

type ReportOptions = Omit<ReportInput, "runs" | "parts" | "landscape"> & { part?: string[]; landscape?: boolean };

async function report(runs: string[], { part: parts, landscape = false, ...options }: ReportOptions): Promise<void> {
  const { reportRuns } = await import("../workflows/report.js");
  const { page, files, missing } = await inTerminal((observer) =>
    reportRuns({ runs, parts, landscape, ...options }, observer),
  );
  for (const one of missing) console.error(one);
  console.log(`Wrote ${page} and ${files - 1} files beside it.`);
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("report")
    .description("one page about some runs: results, curves, errors; figures and tables beside it")
    .argument("<runs...>", "run folders, or folders of `dimseg sweep`; also running and failed ones")
    .option("--out <folder>", "where to write (default: report/ in the run's folder; for several, here)")
    .addOption(checkpointOption("which checkpoint is judged"))
    .addOption(new Option("--network <name>", "which network is judged").choices(networkNames).default("student"))
    .addOption(gridOption("judged at the network's size, or in the images' own"))
    .addOption(unitsOption("of distances: pixels of the grid that is judged, or mm by the images' spacing"))
    .option("--part <name>", "draw the outlines of this part only; repeatable", collected)
    .option("--data <file>", "where the runs' dataset.yaml lies now, if it was moved")
    .option("--no-tsne", "leave the picture of features out")
    .option("--landscape", "add slices of the loss around the weights (132 passes over 8 images a run)")
    .action(report);
}
