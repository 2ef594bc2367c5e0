/** What a bench reports, and how it reads on a terminal. A bench measures; bench/main.ts prints and stores. */

/** One line of a bench's table: the same columns in the same order in every row. */
export type Row = Readonly<Record<string, string | number | null>>;

/** A finished bench. */
export interface BenchReport {
  title: string;
  rows: Row[];
  /** What was compared, what was left out and why; one sentence each. */
  notes: string[];
}

/** What the command line asks of a bench. */
export interface BenchOptions {
  /** Fewer and smaller measurements: shows that the bench works, not what the machine can do. */
  quick: boolean;
  /** Where the networks run: "cpu", "cuda" or "cuda:N". */
  device: string;
  /** Another built checkout of dimseg to measure beside this one; null: PyTorch is the other side. */
  before: string | null;
}

/** The one function every bench exports as `run`. */
export type Bench = (options: BenchOptions) => Promise<BenchReport>;

/** Four significant digits, and a dash for what was not measured. */
function cell(value: string | number | null): string {
  if (typeof value === "string") return value;
  if (value === null) return "-";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Rows as aligned text; numbers stand to the right. */
export function formatTable(rows: readonly Row[]): string {
  if (rows.length === 0) return "(no rows)";
  const columns = Object.keys(rows[0]);
  const isNumber = (column: string) => rows.some((row) => typeof row[column] === "number");
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => cell(row[column]).length)));
  const line = (cells: string[]) =>
    cells
      .map((text, i) => (isNumber(columns[i]) ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [
    line(columns),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
  ].join("\n");
}
