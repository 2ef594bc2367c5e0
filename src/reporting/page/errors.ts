/** Where a network goes wrong: distributions, sizes, confusion, and the list of failures. */
import type { ReportData } from "../data.js";
import type { ReportTable } from "../table.js";
import { type Content, html } from "./markup.js";
import { failurePictures, seedNote } from "./overlays.js";
import { type DrawnFigure, figureGrid, tableHtml } from "./parts.js";

/** Figures of one kind that are shown at once; more are folded. */
const unfolded = 6;

function folded(title: string, figures: readonly DrawnFigure[]): Content {
  if (figures.length === 0) return null;
  const rest = figures.slice(unfolded);
  const more =
    rest.length === 0 ? null : html`<details><summary>${rest.length} more</summary>${figureGrid(rest)}</details>`;
  return html`<h3>${title}</h3>${figureGrid(figures.slice(0, unfolded))}${more}`;
}

/** The section's content. */
export function errorsBody(
  data: ReportData,
  figures: Record<"cases" | "sizes" | "confusion", readonly DrawnFigure[]>,
  failures: ReportTable,
): Content {
  const note = seedNote(data);
  return [
    figureGrid(figures.cases, "large"),
    note === "" ? null : html`<p class="note">What follows: ${note.trim()}</p>`,
    folded("Size against Dice", figures.sizes),
    folded("Confusion between parts", figures.confusion),
    html`<h3>${failures.title}</h3>`,
    failures.rows.length === 0 ? html`<p>None. ${failures.notes[0]}</p>` : tableHtml(failures),
    failurePictures(data),
  ];
}
