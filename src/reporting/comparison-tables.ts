/** The tables of `dimseg compare` for those of the report's runs that may stand in one. */
import { checkComparable } from "../comparison/comparable.js";
import { compareGroups } from "../comparison/comparison.js";
import { groupRuns } from "../comparison/groups.js";
import { type ComparedRun, type EvaluationChoice, readRun } from "../comparison/read-run.js";
import { comparisonTable } from "../comparison/table.js";
import { DimsegError, UsageError } from "../core/errors.js";
import type { ComparedTable, ReportComparison, ReportRun } from "./data.js";
import { stateText } from "./run-state.js";

function tableOf(runs: readonly ComparedRun[], choice: EvaluationChoice): ComparedTable {
  checkComparable(runs);
  const comparison = compareGroups(groupRuns(runs));
  const [{ judgement, config }] = runs;
  const table = comparisonTable(comparison, { ...choice, judgement, labelled: config.labelled });
  return { labelledDomain: comparison.labelledDomain, comparison, table };
}

/** Runs `make`; what it refuses is a sentence of the report. */
function attempt<T>(leftOut: string[], make: () => T): T[] {
  try {
    return [make()];
  } catch (error) {
    if (!(error instanceof DimsegError)) throw error;
    leftOut.push(`${error.message}${error instanceof UsageError ? "" : " (damaged)"}.`);
    return [];
  }
}

/** Compares the finished and judged runs, labelled domain by labelled domain; null for a single run. */
export function compareReportRuns(runs: readonly ReportRun[], choice: EvaluationChoice): ReportComparison | null {
  if (runs.length < 2) return null;
  const leftOut: string[] = [];
  const finished = runs.filter(({ state }) => state.stage === "finished");
  for (const run of runs) if (!finished.includes(run)) leftOut.push(`${run.name} is ${stateText(run)}.`);
  const read = finished.flatMap(({ folder, group }) => attempt(leftOut, () => readRun(folder, choice, group)));
  const domains = [...new Set(read.map(({ config }) => config.labelled.domain))];
  const tables = domains.flatMap((domain) => {
    const own = read.filter(({ config }) => config.labelled.domain === domain);
    return attempt(leftOut, () => tableOf(own, choice));
  });
  return { tables, leftOut };
}
