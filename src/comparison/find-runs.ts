/** From the folders a person names to runs: a run folder is one, a sweep's folder all that it has finished. */
import { existsSync } from "node:fs";
import { UsageError } from "../core/errors.js";
import { isSweepFolder, readSweepRecord } from "../sweep/record.js";
import { type ComparedRun, type EvaluationChoice, readRun, UnfinishedRun } from "./read-run.js";

export interface FoundRuns {
  runs: ComparedRun[];
  /** For each sweep that is not finished, a sentence on the runs that are missing. */
  leftOut: string[];
}

/** A sweep's runs that are finished and judged as chosen, and why the others are not. */
function readSweep(folder: string, choice: EvaluationChoice): { runs: ComparedRun[]; missing: string[] } {
  const missing: string[] = [];
  const runs = readSweepRecord(folder).flatMap((recorded) => {
    if (!existsSync(recorded.folder)) {
      missing.push(`${recorded.folder} has not begun; go on with \`dimseg sweep\``);
      return [];
    }
    try {
      return [readRun(recorded.folder, choice, recorded.name)];
    } catch (error) {
      if (!(error instanceof UnfinishedRun)) throw error;
      missing.push(error.message);
      return [];
    }
  });
  return { runs, missing };
}

/**
 * Reads all runs of the given folders.
 * @param labelled only runs whose labels come from this domain
 * @throws UnfinishedRun for a run that was named itself and is not finished and judged
 * @throws UsageError when a folder is no run, or no run is left; DataError when a file is damaged
 */
export function findRuns(folders: readonly string[], choice: EvaluationChoice, labelled?: string): FoundRuns {
  const runs: ComparedRun[] = [];
  const leftOut: string[] = [];
  for (const folder of folders) {
    if (!isSweepFolder(folder)) {
      runs.push(readRun(folder, choice));
      continue;
    }
    const sweep = readSweep(folder, choice);
    runs.push(...sweep.runs);
    const [first, ...others] = sweep.missing;
    if (first === undefined) continue;
    const total = sweep.runs.length + sweep.missing.length;
    leftOut.push(
      `left out: ${others.length === 0 ? "" : `${sweep.missing.length} of ${total} runs of ${folder}; the first: `}${first}`,
    );
  }
  const chosen = runs.filter(({ config }) => labelled === undefined || config.labelled.domain === labelled);
  if (chosen.length > 0) return { runs: chosen, leftOut };
  if (runs.length > 0) {
    const domains = [...new Set(runs.map(({ config }) => config.labelled.domain))].join(", ");
    throw new UsageError(`no run has its labels from ${labelled}; the labelled domains are ${domains}`);
  }
  throw new UsageError(`${folders.join(", ")}: no run is finished and judged; ${leftOut[0] ?? "give run folders"}`);
}
