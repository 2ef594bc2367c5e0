/** `dimseg report RUNS...`: one page with everything about some runs, and each figure and table as a file. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { Judge } from "../reporting/report/read-report-run.js";
import type { CheckpointName } from "../runs/load-run.js";
import { checkpointChoices, type NetworkName, openRun } from "./open-run.js";
import { createProgress } from "./progress.js";

interface ReportOptions {
  out?: string;
  checkpoint: CheckpointName;
  network: NetworkName;
  part?: string[];
  tsne: boolean;
  landscape?: boolean;
}

/** Shows one progress line after the other, by label. */
function progressLines(): { update(label: string, done: number, total: number): void; finish(): void } {
  let current: { label: string; line: ReturnType<typeof createProgress> } | undefined;
  const finish = () => {
    current?.line.finish();
    current = undefined;
  };
  return {
    update(label, done, total) {
      if (current?.label !== label) {
        finish();
        current = { label, line: createProgress({ label, total }) };
      }
      current.line.update(done);
    },
    finish,
  };
}

/** A part of that name, for `--part`. */
function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

/** As `dimseg evaluate` does, with its progress line. */
const judge: Judge = async (folder, { checkpoint, network }, keep) => {
  const run = await openRun(folder, checkpoint);
  const { selectCases } = await import("./evaluation-cases.js");
  const { judgeNetwork, resultJson, writeResult } = await import("./evaluation-result.js");
  const { scoresCsv } = await import("../judging/scores-csv.js");
  const cases = selectCases(run, "test", undefined);
  const total = cases.cases.filter((one) => one.maskPath !== undefined).length;
  const progress = createProgress({ label: `evaluating ${folder}`, total });
  try {
    const { convention } = run.config.evaluation;
    const onProgress = (done: number) => progress.update(done);
    const result = await judgeNetwork(run, cases, { network, convention, units: "pixels", tta: false, onProgress });
    if (keep) writeResult(run, result);
    return keep ? null : { summary: resultJson(result), cases: scoresCsv(result.evaluation.scores) };
  } finally {
    progress.finish();
  }
};

/** A single run or sweep keeps its report. */
function defaultFolder(paths: readonly string[]): string {
  return paths.length === 1 ? join(paths[0], "report") : "report";
}

async function report(
  paths: string[],
  { out, checkpoint, network, part, tsne, landscape = false }: ReportOptions,
): Promise<void> {
  const { checkReportFolder, writeReport } = await import("../reporting/report/write-report.js");
  const { collectReport } = await import("../reporting/report/collect.js");
  const folder = out ?? defaultFolder(paths);
  checkReportFolder(folder);
  const lines = progressLines();
  try {
    const collected = await collectReport(paths, { checkpoint, network }, judge, new Date().toISOString());
    const { examineRuns } = await import("../reporting/report/examine.js");
    const data = await examineRuns(collected, { parts: part, tsne, landscape, onProgress: lines.update });
    const { makeReport } = await import("../reporting/report/make-report.js");
    const files = await makeReport(data, (done, total) => lines.update("drawing figures", done, total));
    lines.finish();
    for (const { name, missing } of data.runs) for (const one of missing) console.error(`${name}: ${one}`);
    writeReport(folder, data.dimseg, files);
    console.log(`Wrote ${join(folder, "index.html")} and ${files.length - 1} files beside it.`);
  } finally {
    lines.finish();
  }
}

/** Adds the verb to the command line. */
export function register(program: Command): void {
  program
    .command("report")
    .description("one page about some runs: results, curves, errors; figures and tables beside it")
    .argument("<runs...>", "run folders, or folders of `dimseg sweep`; also running and failed ones")
    .option("--out <folder>", "where to write (default: report/ in the run's folder; for several, here)")
    .addOption(
      new Option("--checkpoint <name>", "which checkpoint is judged").choices(checkpointChoices).default("last"),
    )
    .addOption(
      new Option("--network <name>", "which network is judged").choices(["student", "teacher"]).default("student"),
    )
    .option("--part <name>", "draw the outlines of this part only; repeatable", collect)
    .option("--no-tsne", "leave the picture of features out")
    .option("--landscape", "add slices of the loss around the weights (132 passes over 8 images a run)")
    .action(report);
}
