/** Plain text tables for terminals. */

/** How a column's cells stand. */
export type Alignment = "left" | "right";

/**
 * Lays rows out in columns two spaces apart, under a rule below the header.
 * @param header column titles
 * @param rows   cells; a missing cell is empty
 * @param align  one per column, left unless given
 * @returns lines without a final newline
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  align: readonly Alignment[] = [],
): string {
  const texts = [header, ...rows].map((row) => header.map((_, i) => String(row[i] ?? "")));
  const widths = header.map((_, i) => Math.max(...texts.map((row) => [...row[i]].length)));
  const pad = (text: string, i: number) => {
    const space = " ".repeat(widths[i] - [...text].length);
    return align[i] === "right" ? space + text : text + space;
  };
  const lines = texts.map((row) => row.map(pad).join("  ").trimEnd());
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}
