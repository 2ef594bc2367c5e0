/**
 * The rows of an evaluation as CSV (RFC 4180 quoting, UTF-8, lines ended by \n), numbers with all their digits.
 * `NaN` is a value that the convention leaves undefined. Files without a column `subject` are of a time when every case
 * was taken as a subject of its own.
 */
import { DataError } from "../core/errors.js";
import { formatCsv, parseCsv } from "../core/formats/csv.js";
import type { PartScore } from "./evaluate-network.js";
import { furtherColumns } from "./further-metrics.js";

const names = ["domain", "id", "subject", "part"] as const;
const metrics = ["dice", "jaccard", "hd", "hd95", "asd", "assd"] as const;
const columns = [...names, ...metrics, "empty"] as const;
const columnsBefore = columns.filter((column) => column !== "subject");

/** A header line and one line for each row; further metrics have columns where they were measured. */
export function scoresCsv(scores: readonly PartScore[]): string {
  const own = [...columns, ...furtherColumns.filter((column) => scores[0]?.[column] !== undefined)];
  return formatCsv([own, ...scores.map((row) => own.map((column) => row[column] ?? Number.NaN))]);
}

/** A number as {@link scoresCsv} writes it; undefined for anything else. */
function numberOf(text: string): number | undefined {
  if (text === "NaN") return Number.NaN;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/**
 * Reads what {@link scoresCsv} wrote.
 * @param source the file's name, for messages
 * @throws DataError naming the file and the line that is not as written
 */
export function parseScores(text: string, source: string): PartScore[] {
  const broken = (what: string) => new DataError(`${source}: ${what}; run \`dimseg evaluate\` again to make it anew`);
  let lines: string[][];
  try {
    lines = parseCsv(text);
  } catch (cause) {
    throw broken((cause as Error).message);
  }
  const [header, ...rows] = lines;
  const further = furtherColumns.filter((column) => header?.includes(column));
  const present = [columns, columnsBefore]
    .map((usual) => [...usual, ...further])
    .find((known) => known.join() === header?.join());
  if (!present) throw broken("its header is not that of cases.csv");
  if (rows.length === 0) throw broken("it holds no cases");
  return rows.map((fields, i) => {
    const value = Object.fromEntries(present.map((column, c) => [column, fields[c]])) as Record<string, string>;
    const numbers = [...metrics, ...further].map((metric) => [metric, numberOf(value[metric] ?? "")] as const);
    const complete = fields.length === present.length && numbers.every(([, number]) => number !== undefined);
    if (!complete) throw broken(`line ${i + 2} is damaged`);
    const subject = value.subject ?? `${value.domain}/${value.id}`;
    return { ...value, subject, ...Object.fromEntries(numbers) } as unknown as PartScore;
  });
}
