/** From run folders to the report's data. */
import type { EvaluationChoice } from "../comparison/read-run.js";
import { readResolvedConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { openRunFolder } from "../runs/run-folder.js";
import { compareReportRuns } from "./comparison-tables.js";
import type { ReportData, ReportRun } from "./data.js";
import { findReportRuns, type NamedFolder } from "./find-report-runs.js";
import { type Judge, readReportRun } from "./read-report-run.js";

/** Names that are distinct: with the seed where a configuration has several, with the folder where that is not enough. */
function distinctNames(folders: readonly NamedFolder[]): string[] {
  const seeds = folders.map(({ folder }) => readResolvedConfig(openRunFolder(folder).config).training.seed);
  const shared = (names: readonly string[], i: number) => names.filter((name) => name === names[i]).length > 1;
  const groups = folders.map(({ group }) => group);
  const seeded = groups.map((group, i) => (shared(groups, i) ? `${group}, seed ${seeds[i]}` : group));
  return seeded.map((name, i) => (shared(seeded, i) ? `${name} (${folders[i].folder})` : name));
}

/**
 * Collects the report's data.
 * @param paths run folders and folders of `dimseg sweep`, at least one
 * @param judge evaluates runs that have no evaluation of the chosen checkpoint
 * @param madeAt ISO 8601
 * @param data where the runs' data set lies now; default: where each run says
 * @throws UsageError when a path is no run folder; DataError when a sweep's record is damaged
 */
export async function collectReport(
  paths: readonly string[],
  choice: EvaluationChoice,
  judge: Judge,
  madeAt: string,
  data?: string,
): Promise<ReportData> {
  const { folders, notes } = findReportRuns(paths);
  if (folders.length === 0) throw new UsageError(`${paths.join(", ")}: no run was begun yet; train one first`);
  const names = distinctNames(folders);
  const runs: ReportRun[] = [];
  for (const [i, folder] of folders.entries()) {
    runs.push(await readReportRun(folder, { id: `run-${i + 1}`, name: names[i] }, choice, judge, data));
  }
  const comparison = compareReportRuns(runs, choice);
  return { madeAt, dimseg: packageVersion(), choice, runs, comparison, overlays: null, notes };
}
