/** A table of the report before any format: cells of text that know the number they show and where it was read. */
import { escapeLatex } from "../comparison/formats.js";
import { formatCsv } from "../core/formats/csv.js";

export interface ReportCell {
  text: string;
  /** The number with all its digits, where the cell shows one. */
  value?: number;
  /** Where it was read: `run-1/evaluation/last-student/summary.json#/average/dice/mean`. */
  source?: string;
  /** The text is a sentence rather than a name, and is never folded. */
  prose?: true;
  /** Anchor that the text links to. */
  link?: string;
}

export interface ReportTable {
  /** Of its files and its anchor. */
  id: string;
  title: string;
  /** The first column names the rows. */
  header: string[];
  rows: ReportCell[][];
  /** Sentences that belong under it. */
  notes: string[];
}

/** The table with all digits; cells without a number are their text. */
export function tableCsv({ header, rows }: ReportTable): string {
  return formatCsv([header, ...rows.map((row) => row.map(({ text, value }) => value ?? text))]);
}

/** A `tabular` that needs no package beside booktabs. */
export function tableLatex({ title, header, rows, notes }: ReportTable): string {
  const line = (cells: readonly string[]) => `${cells.map(escapeLatex).join(" & ")} \\\\`;
  return [
    ...[title, ...notes, "Needs \\usepackage{booktabs}."].map((note) => `% ${note.replaceAll(/\s+/g, " ")}`),
    `\\begin{tabular}{l${"r".repeat(header.length - 1)}}`,
    "\\toprule",
    line(header),
    "\\midrule",
    ...rows.map((row) => line(row.map(({ text }) => text))),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}
