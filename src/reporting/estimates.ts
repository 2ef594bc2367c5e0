/** What `dimseg estimate` said of a run, as far as the run keeps it and it is of the checkpoint that is shown. */
import type { EvaluationChoice } from "../comparison/read-run.js";
import { type CaseEstimate, readEstimatedCases } from "../runs/estimate-cases.js";
import { type EstimateSummary, estimateName, readEstimateSummary } from "../runs/estimate-summary.js";
import type { RunFolder } from "../runs/run-folder.js";

/** Estimates of a run's own data set. */
export interface RunEstimates {
  readonly summary: EstimateSummary;
  /** One row for each part of each case. */
  readonly cases: readonly CaseEstimate[];
  /** Path of its folder below the run's. */
  readonly folder: string;
}

/**
 * The estimates that a run keeps; null where there are none, or they are of another step.
 * @param step of the checkpoint that the report shows
 * @throws DataError when a file is damaged
 */
export function readEstimates(
  run: RunFolder,
  { checkpoint, network }: EvaluationChoice,
  step: number | undefined,
): RunEstimates | null {
  const summary = readEstimateSummary(run, checkpoint, network);
  if (summary === null || (step !== undefined && summary.checkpoint.step !== step)) return null;
  const cases = readEstimatedCases(run, checkpoint, network);
  return { summary, cases, folder: `quality/${estimateName(checkpoint, network)}` };
}

/** `43.1 (12.0 to 74.2)` in percent. */
export function estimateText({ dice, low, high }: Pick<CaseEstimate, "dice" | "low" | "high">): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  return Number.isNaN(dice) ? "unknown" : `${percent(dice)} (${percent(low)} to ${percent(high)})`;
}
