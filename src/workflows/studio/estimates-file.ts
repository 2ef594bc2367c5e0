/** The estimates that a run's folder holds, as the studio shows them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCsv } from "../../core/formats/csv.js";
import { newestOfRun } from "./newest-of-run.js";
import type { PartEstimateShown } from "./shown/cases.js";

/** Estimates of a run's data set. */
export interface KeptEstimates {
  readonly step: number;
  readonly network: string;
  /** By `domain/id`, the part that may be worst first. */
  readonly byCase: ReadonlyMap<string, readonly PartEstimateShown[]>;
}

function numberOr<T>(text: string | undefined, otherwise: T): number | T {
  return text === undefined || text === "" || Number.isNaN(Number(text)) ? otherwise : Number(text);
}

function rowsOf(text: string): Map<string, PartEstimateShown[]> {
  const [header, ...lines] = parseCsv(text);
  const byCase = new Map<string, PartEstimateShown[]>();
  for (const line of lines) {
    const row = Object.fromEntries(header.map((name, i) => [name, line[i]]));
    const name = `${row.domain}/${row.id}`;
    const estimate = {
      ...{ part: row.part, dice: numberOr(row.dice, null), low: numberOr(row.low, 0), high: numberOr(row.high, 1) },
      doubtful: row.doubtful === "yes",
    };
    byCase.set(name, [...(byCase.get(name) ?? []), estimate]);
  }
  return byCase;
}

/**
 * The newest estimates of a run.
 * @param quality the run's folder of them
 * @returns null where there are none that can be read
 */
export function readEstimates(quality: string): KeptEstimates | null {
  const newest = newestOfRun(quality, "cases.csv");
  if (newest === null) return null;
  try {
    const summary = JSON.parse(readFileSync(join(newest, "summary.json"), "utf8"));
    const byCase = rowsOf(readFileSync(join(newest, "cases.csv"), "utf8"));
    return { step: Number(summary.checkpoint.step), network: String(summary.network), byCase };
  } catch {
    // Half a folder is made anew by the next estimate.
    return null;
  }
}
