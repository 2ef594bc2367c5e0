/**
 * The rows of an evaluation as CSV (RFC 4180 quoting, UTF-8, lines ended by \n), numbers with all their digits.
 * `NaN` is a value that the convention leaves undefined.
 */
import type { PartScore } from "./evaluate-network.js";

const columns = ["domain", "id", "part", "dice", "jaccard", "hd", "hd95", "asd", "assd", "empty"] as const;

/** A field, quoted where a comma, quote, line break or outer space would change its meaning. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header line and one line for each row. */
export function scoresCsv(scores: readonly PartScore[]): string {
  const lines = scores.map((row) => columns.map((column) => field(row[column])).join(","));
  return [columns.join(","), ...lines, ""].join("\n");
}
