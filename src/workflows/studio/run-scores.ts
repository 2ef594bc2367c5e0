/** How a run was judged last, as the studio shows it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { missedText } from "../../judging/empty-masks-text.js";
import { parseSummary } from "../../reporting/summary-file.js";
import { openRunFolder } from "../../runs/run-folder.js";
import { newestOfRun } from "./newest-of-run.js";
import type { RunScores } from "./shown/runs.js";

/**
 * The newest evaluation of a run.
 * @param run its folder
 * @returns null where there is none
 * @throws DataError when it is damaged
 */
export function readScores(run: string): RunScores | null {
  const folder = newestOfRun(openRunFolder(run).evaluation, "summary.json");
  if (folder === null) return null;
  const path = join(folder, "summary.json");
  const { about, summary } = parseSummary(readFileSync(path, "utf8"), path);
  const defined = (value: number) => (Number.isFinite(value) ? value : null);
  const domains = summary.domains.map(({ name, labelled, cases, missed, average }) => ({
    ...{ name, labelled, cases, missed: missedText([{ missed }], null) },
    dice: { mean: defined(average.dice.mean), interval: average.dice.interval },
    hd95: defined(average.hd95.mean),
  }));
  const { checkpoint, network, units = "pixels" } = about;
  return { step: checkpoint.step, network, units, dice: defined(summary.average.dice.mean), domains };
}
