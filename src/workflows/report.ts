/** One page with everything about some runs, and each figure and table as a file. */
import { join } from "node:path";
import { DimsegError, ResourceError } from "../core/errors.js";
import { checkWritable } from "../core/files/atomic-file.js";
import type { DistanceUnits } from "../judging/evaluate-network.js";
import type { JudgedGrid } from "../judging/grid-names.js";
import { collectReport } from "../reporting/collect.js";
import { examineRuns } from "../reporting/examine.js";
import { findReportRuns } from "../reporting/find-report-runs.js";
import { makeReport } from "../reporting/make-report.js";
import type { Judge } from "../reporting/read-report-run.js";
import { checkReportFolder, writeReport } from "../reporting/write-report.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { autoCheckpoint } from "./auto-checkpoint.js";
import { judgedCount } from "./evaluate.js";
import { evaluationTexts, judgeNetwork, writeResult } from "./evaluation/result.js";
import { selectCases } from "./evaluation/select-cases.js";
import { rulesOf } from "./mask-rules.js";
import type { Observer, Workflow } from "./observer.js";
import { openRun } from "./open-run.js";

/** What is to be reported. */
export interface ReportInput {
  /** Run folders, and folders of sweeps. */
  readonly runs: readonly string[];
  /** Default: `report` in the run's folder; for several runs, in the present one. */
  readonly out?: string | undefined;
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** The grid of the evaluation; default: each run's own. */
  readonly at?: JudgedGrid;
  /** Of its distances; default "pixels". */
  readonly units?: DistanceUnits;
  /** Draw the outlines of these parts only; default: of all. */
  readonly parts?: readonly string[] | undefined;
  readonly tsne: boolean;
  readonly landscape: boolean;
  /** Where the runs' data set lies now, if it was moved. */
  readonly data?: string | undefined;
}

/** What was written. */
export interface Reported {
  readonly page: string;
  readonly files: number;
  /** What a run has not, as `run: what`. */
  readonly missing: readonly string[];
}

/** Judges as `dimseg evaluate` does. */
function judgeWith(observer: Observer, data: string | undefined): Judge {
  return async (folder, { checkpoint, network, at, units = "pixels" }, keep) => {
    const run = await openRun(folder, checkpoint, observer, "needed", data);
    const cases = selectCases(run, "test", undefined, observer.warn);
    const total = judgedCount(cases);
    const { convention } = run.config.evaluation;
    const onProgress = (done: number) => observer.progress(`evaluating ${folder}`, done, total);
    const result = await judgeNetwork(run, cases, {
      network,
      convention,
      units,
      at,
      tta: false,
      rules: rulesOf(run, undefined),
      onProgress,
    });
    if (!keep) return evaluationTexts(result);
    try {
      writeResult(run, result);
      return null;
    } catch (error) {
      // Somebody else's run is reported all the same.
      if (!(error instanceof ResourceError)) throw error;
      observer.warn(`${error.message}; the evaluation is shown but not kept`);
      return evaluationTexts(result);
    }
  };
}

/** Makes each run's choice, so that its evaluation can be told from one of another checkpoint. */
async function chooseFirst(paths: readonly string[], data: string | undefined, observer: Observer): Promise<void> {
  for (const { folder } of findReportRuns(paths).folders) {
    try {
      await autoCheckpoint(folder, observer, data);
    } catch (error) {
      // What is missing is said of the run on the page.
      if (!(error instanceof DimsegError)) throw error;
      observer.warn(`${folder}: no checkpoint could be chosen: ${error.message}`);
    }
  }
}

/** A single run or sweep keeps its report. */
function defaultFolder(paths: readonly string[]): string {
  return paths.length === 1 ? join(paths[0], "report") : "report";
}

/** Writes the page and what stands beside it. @throws UsageError when a path is no run; ResourceError when it cannot be written */
export const reportRuns: Workflow<ReportInput, Reported> = async (input, observer) => {
  const { runs, checkpoint, network, at, units, parts, tsne, landscape, data: place } = input;
  const folder = input.out ?? defaultFolder(runs);
  checkReportFolder(folder);
  checkWritable(folder);
  if (checkpoint === "auto") await chooseFirst(runs, place, observer);
  const choice = { checkpoint, network, ...(at ? { at } : {}), ...(units ? { units } : {}) };
  const collected = await collectReport(runs, choice, judgeWith(observer, place), new Date().toISOString(), place);
  const data = await examineRuns(collected, { parts, tsne, landscape, data: place, onProgress: observer.progress });
  const files = await makeReport(data, (done, total) => observer.progress("drawing figures", done, total));
  writeReport(folder, data.dimseg, files);
  const missing = data.runs.flatMap((one) => one.missing.map((what) => `${one.name}: ${what}`));
  return { page: join(folder, "index.html"), files: files.length, missing };
};
