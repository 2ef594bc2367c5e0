/** Comma-separated values as RFC 4180 has them, except that lines we write end in \n alone. */

/** A field, quoted where a comma, quote, line break or outer space would change its meaning. */
export function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as text that ends in a line break. */
export function formatCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
}

/**
 * The fields of each line; quoted fields may hold commas, doubled quotes and line breaks.
 * @throws Error whose message is the reason when a quoted field never ends or goes on after its closing quote
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // One field and what ends it; the two alternatives of the field cannot both match.
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  // A comma at the very end opens one more, empty field.
  while (pattern.lastIndex < text.length || row.length > 0) {
    const match = pattern.exec(text);
    if (!match) throw new Error(`line ${rows.length + 1} has a quote in a wrong place`);
    row.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
