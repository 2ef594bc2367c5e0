/** The numbers of one step under the names they have in metrics.jsonl and TensorBoard (method section 6.6). */
import type { StepReport } from "../../optim/index.js";
import type { MetricRecord } from "../../runs/logs/metrics-log.js";

/** Fields that are undefined were not computed in this step and are left out. */
export function stepRecord(
  iteration: number,
  report: StepReport,
  extra: { rate: number; rampUp: number; measures: Record<string, number> },
): MetricRecord {
  const { terms, nonFinite, unread: _, ...numbers } = report;
  const record: MetricRecord = { iteration, rate: extra.rate, rampUp: extra.rampUp };
  for (const [name, value] of Object.entries(terms)) record[`loss.${name}`] = value;
  for (const [name, value] of Object.entries(numbers)) if (value !== undefined) record[name] = value;
  for (const [name, value] of Object.entries(extra.measures)) record[name] = value;
  if (nonFinite) record.skipped = `${nonFinite.pass} pass: ${nonFinite.quantity}`;
  return record;
}
