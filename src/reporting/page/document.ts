/** The page: which sections there are and what stands in them. */
import type { ReportComparison, ReportData } from "../data.js";
import type { ReportTable } from "../table.js";
import { errorsBody } from "./errors.js";
import { headingHtml, ledeHtml } from "./lede.js";
import { type Content, html, nameHtml } from "./markup.js";
import { overlaysBody, seedNote } from "./overlays.js";
import { type DrawnFigure, figureGrid, missingHtml, tableHtml } from "./parts.js";
import { runsBody } from "./runs.js";
import { type PageSection, pageShell } from "./shell.js";

/** Where on the page a figure stands. */
export type FigurePlace =
  | ("dice" | "estimates" | "validation" | "optimiser" | "losses" | "other")
  | ("features" | "cases" | "sizes" | "confusion" | "landscape");

/** Everything of a report that is drawn or laid out before the page is. */
export interface PageParts {
  overview: ReportTable;
  dice: ReportTable;
  domains: ReportTable;
  estimates: ReportTable;
  unjudged: ReportTable;
  /** In the order of the comparison's tables. */
  compared: readonly ReportTable[];
  failures: ReportTable;
  separability: ReportTable;
  figures: Record<FigurePlace, readonly DrawnFigure[]>;
}

function summaryBody(data: ReportData, { overview, dice, domains, figures }: PageParts): Content {
  return [
    tableHtml(overview),
    missingHtml(data.notes),
    data.runs.some(({ missing }) => missing.length > 0)
      ? html`<p class="note">Some runs lack something; <a href="#runs">Runs</a> says what.</p>`
      : null,
    figureGrid(figures.dice, "large"),
    dice.rows.length === 0 ? null : html`<h3>${dice.title}</h3>${tableHtml(dice)}`,
    domains.rows.length === 0
      ? null
      : html`<details><summary>${domains.title}</summary>${tableHtml(domains)}</details>`,
  ];
}

function curvesBody({ figures }: PageParts): Content {
  const group = (title: string, drawn: readonly DrawnFigure[]) =>
    drawn.length === 0 ? null : html`<h3>${title}</h3>${figureGrid(drawn)}`;
  const other =
    figures.other.length === 0
      ? null
      : html`<details><summary>Further quantities (${figures.other.length})</summary>${figureGrid(figures.other)}</details>`;
  return [
    group("Validation loss and Dice by domain", figures.validation),
    group("Divergence, sharpness, gradients, learning rate", figures.optimiser),
    group("Loss terms", figures.losses),
    other,
  ];
}

function comparedBody(comparison: ReportComparison, tables: readonly ReportTable[]): Content {
  return [
    comparison.tables.map(({ table, labelledDomain }, i) => {
      const rows = table.rows.map((row) => {
        const cells = row.map(({ text, mark }, c) =>
          c === 0
            ? html`<th scope="row">${nameHtml(text)}</th>`
            : html`<td${mark ? html` class="${mark}"` : ""}>${text}${mark ? html`<span aria-label="${mark === "best" ? "best" : "not significantly worse"}" role="img">${mark === "best" ? " *" : " ~"}</span>` : ""}</td>`,
        );
        return html`<tr>${cells}</tr>\n`;
      });
      return html`<h3>Labels from ${nameHtml(labelledDomain)}</h3>${tableHtml(tables[i], rows)}`;
    }),
    missingHtml(comparison.leftOut),
  ];
}

function estimatesBody({ estimates, figures }: PageParts): Content {
  return [tableHtml(estimates), figureGrid(figures.estimates, "large")];
}

function featuresBody(data: ReportData, { separability, figures }: PageParts): Content {
  const note = seedNote(data);
  return [
    note === "" ? null : html`<p class="note">${note.trim()}</p>`,
    figureGrid(figures.features, figures.features.length < 5 ? "large" : "usual"),
    separability.rows.length > 0 ? tableHtml(separability) : null,
  ];
}

/** The sections that have something to show. */
function sectionsOf(data: ReportData, parts: PageParts): PageSection[] {
  const { figures } = parts;
  const hasCurves = [figures.losses, figures.optimiser, figures.validation].some((some) => some.length > 0);
  return [
    { id: "summary", title: "Summary", body: summaryBody(data, parts) },
    ...(parts.estimates.rows.length > 0
      ? [{ id: "estimates", title: parts.estimates.title, body: estimatesBody(parts) }]
      : []),
    ...(parts.unjudged.rows.length > 0
      ? [{ id: "unjudged", title: parts.unjudged.title, body: tableHtml(parts.unjudged) }]
      : []),
    ...(data.comparison
      ? [{ id: "comparison", title: "Comparison", body: comparedBody(data.comparison, parts.compared) }]
      : []),
    ...(hasCurves ? [{ id: "curves", title: "Training curves", body: curvesBody(parts) }] : []),
    ...(data.overlays ? [{ id: "overlays", title: "Overlays", body: overlaysBody(data) }] : []),
    ...(figures.features.length > 0 ? [{ id: "features", title: "Features", body: featuresBody(data, parts) }] : []),
    ...(figures.cases.length > 0
      ? [{ id: "errors", title: "Error analysis", body: errorsBody(data, figures, parts.failures) }]
      : []),
    ...(figures.landscape.length > 0
      ? [{ id: "landscape", title: "Loss landscape", body: figureGrid(figures.landscape) }]
      : []),
    { id: "runs", title: "Runs", body: runsBody(data.runs, data.choice) },
  ];
}

/** Whether all that is shown was judged in the images' own grids. */
function isNative({ runs }: ReportData): boolean {
  const judged = runs.flatMap(({ evaluation }) => evaluation ?? []);
  return judged.length > 0 && judged.every(({ about }) => about.at === "native");
}

/** The whole page. */
export function reportPage(data: ReportData, parts: PageParts): string {
  const { choice, madeAt, dimseg } = data;
  const domains = [...new Set(data.runs.map(({ config }) => config.labelled.domain))];
  const from = domains.map((domain, i) => [i > 0 ? ", " : "", nameHtml(domain)]);
  return pageShell(
    {
      title: data.runs.length === 1 ? `${data.runs[0].name} – dimseg report` : "dimseg report",
      eyebrow: html`dimseg report · labels from ${from} · ${choice.network}, checkpoint ${choice.checkpoint}${isNative(data) ? ", judged in the images' own grids" : ""}`,
      heading: headingHtml(data),
      lede: ledeHtml(data),
      footer: html`Made by dimseg ${dimseg} at ${madeAt}. Every figure lies beside this page as SVG, PNG and Vega-Lite specification, every table as CSV and LaTeX. dimseg is a research tool, not a medical device.`,
    },
    sectionsOf(data, parts),
  );
}
