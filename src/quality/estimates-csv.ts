/** Estimates of cases as CSV, the most doubtful first. */
import { formatCsv } from "../core/formats/csv.js";
import type { PartCalibration } from "./calibration.js";
import type { EstimatedCase, PartEstimate } from "./estimate.js";
import { signalNames } from "./signals/registry.js";

const columns = [
  ...["domain", "id", "part", "ground", "dice", "low", "high", "doubtful", "measured"],
  ...["hd95", "hd95 low", "hd95 high", "measured hd95"],
] as const;

/** One part of one case. */
export interface EstimatedRow extends PartEstimate {
  readonly domain: string;
  readonly id: string;
}

/** All rows, those that may be worst first: by the lower end of the interval, then by the estimate, unknown ones before others. */
export function worstFirst(cases: readonly EstimatedCase[]): EstimatedRow[] {
  const rows = cases.flatMap(({ domain, id, parts }) => parts.map((part) => ({ domain, id, ...part })));
  const place = ({ dice }: EstimatedRow) => (Number.isNaN(dice) ? -1 : dice);
  return rows.sort((a, b) => a.low - b.low || place(a) - place(b));
}

/** A number, or nothing where there is none. */
function cell(value: number | undefined): number | string {
  return value === undefined || Number.isNaN(value) ? "" : value;
}

/**
 * A header line and one line for each part of each case, {@link worstFirst}; the last columns are the Dice that each signal
 * stands for by itself.
 */
export function estimatesCsv(
  cases: readonly EstimatedCase[],
  calibrations: readonly (PartCalibration | null)[],
): string {
  const used = new Map(calibrations.flatMap((one) => (one ? [[one.part, one.signals] as const] : [])));
  const shown = signalNames.filter((name) => [...used.values()].some((names) => names.includes(name)));
  const lines = worstFirst(cases).map((row) => [
    ...[row.domain, row.id, row.part, row.ground],
    ...[cell(row.dice), row.low, row.high, row.doubtful ? "yes" : "no", cell(row.measured)],
    ...[cell(row.hd95.estimate), row.hd95.low, row.hd95.high, cell(row.hd95.measured)],
    ...shown.map((name) => cell(row.pattern[used.get(row.part)?.indexOf(name) ?? -1])),
  ]);
  return formatCsv([[...columns, ...shown], ...lines]);
}
