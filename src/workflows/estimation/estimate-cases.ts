/** Estimates of cases, one after the other. */
import type { Case, Dataset } from "../../data/dataset.js";
import { caseName } from "../../data/dataset.js";
import type { CaseSource } from "../../data/decode.js";
import { type EstimatedCase, estimateParts } from "../../quality/estimate.js";
import { observeCase } from "../../quality/observe-case.js";
import type { RunQuality } from "./calibrate-run.js";

/**
 * Estimates one case.
 * @param dataset the run's own, or one of the same kind
 * @param level of the intervals
 * @throws DataError when it cannot be decoded; NumericError when an answer holds NaN
 */
export async function estimateCase(
  { asked, calibrations }: RunQuality,
  one: Case,
  source: CaseSource,
  dataset: Dataset,
  level: number,
): Promise<EstimatedCase> {
  const { domain, id } = one;
  const seen = await observeCase(await source.get(one), dataset, asked, caseName(one));
  const names = dataset.parts.map(({ name }) => name);
  return { domain, id, parts: estimateParts(seen, calibrations, names, level) };
}
