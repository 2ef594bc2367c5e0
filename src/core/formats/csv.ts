/**
 * Comma-separated values as RFC 4180 has them, except that lines we write end in \n alone, and that text which a
 * spreadsheet would run as a formula begins with an apostrophe, which reading takes away again.
 */

/** What spreadsheets take for a formula, also behind apostrophes of ours. */
const formula = /^'*[=+\-@\t\r]/;

/** Text as it may stand in a spreadsheet; numbers, also as text, stay what they are. */
function harmless(value: string | number): string {
  const text = String(value);
  const isNumber = typeof value === "number" || (text.trim() !== "" && !Number.isNaN(Number(text)));
  return !isNumber && formula.test(text) ? `'${text}` : text;
}

/** A field, quoted where a comma, quote, line break or outer space would change its meaning. */
export function csvField(value: string | number): string {
  const text = harmless(value);
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
    const field = match[1] === undefined ? match[2] : match[1].replaceAll('""', '"');
    row.push(field.startsWith("'") && formula.test(field) ? field.slice(1) : field);
    if (match[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
