/**
 * How wide a text is in DejaVu Sans, near enough to lay figures out. Vega measures with a canvas, which Node lacks, and
 * otherwise takes every letter for four fifths of the font size: legends would be a third too wide.
 */
import * as vega from "vega";

/** Advance widths in units of the font size. */
const narrow = 0.36;
const usual = 0.61;
const wide = 0.86;

function advance(letter: string): number {
  if (/[ijlI.,:;|!'()[\]\s-]/.test(letter)) return narrow;
  return /[mwMW@%\u2026\u2e80-\uffff]/.test(letter) ? wide : usual;
}

interface MeasuredText {
  fontSize?: number;
  limit?: number;
}

function width(item: MeasuredText, text: unknown): number {
  const letters = [...String(text ?? "")].reduce((sum, letter) => sum + advance(letter), 0);
  return letters * (item.fontSize ?? 11);
}

/** Exported by Vega for this purpose, but missing from its types. */
const { textMetrics } = vega as unknown as { textMetrics: object };

/** Makes Vega measure text in this way, in this process. */
export function measureTextByWidths(): void {
  Object.assign(textMetrics, { width });
}
