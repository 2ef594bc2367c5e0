/** A comparison as Markdown, LaTeX, HTML and CSV. Names come from files and folders, so every format escapes them. */
import { formatCsv } from "../core/formats/csv.js";
import { escapeHtml, htmlPage, htmlTable } from "../drawing/html.js";
import { summaryMetrics } from "../judging/summarise.js";
import type { Interval } from "../statistics/bootstrap.js";
import type { Comparison, Spread } from "./comparison.js";
import type { Cell, ComparisonTable } from "./table.js";

/** Plain text with its mark: `*` for the best, `~` for what is not significantly worse. */
export function plainCell({ text, mark }: Cell): string {
  return mark === "best" ? `${text} *` : mark === "close" ? `${text} ~` : text;
}

/** What the marks of {@link plainCell} mean. */
export const plainLegend = "* best, ~ not significantly worse";

/** What marks mean is said where there are some. */
function withMarks({ rows }: ComparisonTable, ...legend: string[]): string[] {
  return rows.some((row) => row.some(({ mark }) => mark !== undefined)) ? legend : [];
}

/** Text that Markdown shows as itself, on one line and in one cell. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]#|~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/\s+/g, " ");
}

/** A GitHub table; the best in bold, what is not significantly worse in italics. */
export function formatMarkdown(comparison: ComparisonTable): string {
  const { header, rows, notes } = comparison;
  const cell = ({ text, mark }: Cell) => {
    const escaped = escapeMarkdown(text);
    return mark === "best" ? `**${escaped}**` : mark === "close" ? `_${escaped}_` : escaped;
  };
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, i) => (i === 0 ? "---" : "---:"));
  const table = [line(header.map(escapeMarkdown)), line(rule), ...rows.map((row) => line(row.map(cell)))];
  const legend = withMarks(comparison, "Bold: best. Italic: not significantly worse.");
  return `${[table.join("\n"), ...notes.map(escapeMarkdown), ...legend].join("\n\n")}\n`;
}

const latexCharacters: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "&": "\\&",
  "%": "\\%",
  $: "\\$",
  "#": "\\#",
  _: "\\_",
  "{": "\\{",
  "}": "\\}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "±": "$\\pm$",
  "–": "--",
};

/** Text that LaTeX sets as itself. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\&%$#_{}~^<>|"±–]/g, (character) => latexCharacters[character]).replaceAll(/\s+/g, " ");
}

/** A `tabular` that needs no package beside booktabs; the best in bold, what is not significantly worse underlined. */
export function formatLatex(comparison: ComparisonTable): string {
  const { header, rows, notes } = comparison;
  const cell = ({ text, mark }: Cell) => {
    const escaped = escapeLatex(text);
    return mark === "best" ? `\\textbf{${escaped}}` : mark === "close" ? `\\underline{${escaped}}` : escaped;
  };
  const line = (cells: readonly string[]) => `${cells.join(" & ")} \\\\`;
  return [
    // A comment ends with its line, so that notes need no escaping but of line breaks.
    ...notes.map((note) => `% ${note.replaceAll(/\s+/g, " ")}`),
    ...withMarks(comparison, "% Bold: best. Underlined: not significantly worse."),
    "% Needs \\usepackage{booktabs}.",
    `\\begin{tabular}{l${"r".repeat(header.length - 1)}}`,
    "\\toprule",
    line(header.map(escapeLatex)),
    "\\midrule",
    ...rows.map((row) => line(row.map(cell))),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

/** A page that opens from disk. */
export function formatHtml(comparison: ComparisonTable): string {
  const { header, rows, notes } = comparison;
  const table = htmlTable(
    header,
    rows.map((row) => row.map(plainCell)),
  );
  const paragraphs = [...withMarks(comparison, plainLegend), ...notes].map((note) => `<p>${escapeHtml(note)}</p>`);
  return htmlPage("dimseg compare", [table, ...paragraphs].join("\n"));
}

function spreadFields({ mean, deviation }: Spread): number[] {
  return [mean, deviation];
}

function intervalFields(interval: Interval | null): (number | string)[] {
  return interval ? [interval.estimate, interval.low, interval.high] : ["", "", ""];
}

/** Our own numbers with all their digits, overlaps as shares of 1; two columns, mean and deviation, for each value. */
export function comparisonCsv(comparison: Comparison): string {
  const { domains, parts, further, groups, reference } = comparison;
  const metrics = [...summaryMetrics, ...further];
  const values = [
    ...domains.map((name) => `dice of domain ${name}`),
    ...parts.map((name) => `dice of part ${name}`),
    ...["dice", "jaccard", "hd95", "asd", "gap", ...further],
  ];
  const header = [
    ...["method", "seeds"],
    ...values.flatMap((name) => [name, `${name}, deviation`]),
    ...["standing", "difference to the best", "low", "high", "p", "p after Holm", "subjects", "cases"],
    ...["test cases", "structures", "missed"],
    ...metrics.flatMap((name) => [`${name}, values`, `${name}, missed`]),
    ...metrics.flatMap((name) => [`${name} in common`, `${name} in common, deviation`]),
    ...(reference === null ? [] : [`difference to ${reference}`, "low over seeds", "high over seeds"]),
  ];
  const none: Spread = { mean: Number.NaN, deviation: Number.NaN };
  const rows = groups.map(({ name, seeds, gap, standing, againstBest, againstReference, ...own }) => [
    name,
    seeds.join(" "),
    ...own.domains.flatMap(spreadFields),
    ...own.parts.flatMap(spreadFields),
    ...[own.metrics.dice, own.metrics.jaccard, own.metrics.hd95, own.metrics.asd, gap ?? none].flatMap(spreadFields),
    ...further.flatMap((metric) => spreadFields(own.further[metric] ?? none)),
    standing,
    ...(againstBest
      ? [
          againstBest.difference.estimate,
          againstBest.difference.low,
          againstBest.difference.high,
          againstBest.pValue,
          againstBest.adjusted,
          againstBest.subjects,
          againstBest.cases,
        ]
      : ["", "", "", "", "", "", ""]),
    ...[comparison.cases, own.structures.count, own.structures.missed],
    ...metrics.flatMap((metric) => [own.counts[metric]?.values ?? 0, own.counts[metric]?.missed ?? 0]),
    ...metrics.flatMap((metric) => spreadFields(own.inCommon[metric] ?? none)),
    ...(reference === null ? [] : intervalFields(againstReference)),
  ]);
  return formatCsv([header, ...rows]);
}
