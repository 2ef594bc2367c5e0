/** From the report's data to its files. */
import { comparisonCsv, formatLatex } from "../comparison/formats.js";
import { groupBy } from "../core/group-by.js";
import type { ReportData } from "./data.js";
import { estimatedTable } from "./estimate-table.js";
import { failureTable } from "./failures.js";
import { distinctSlugs } from "./figures/figure.js";
import {
  confusionFigures,
  curveFigures,
  diceFigures,
  distributionFigures,
  estimateFigures,
  type Figure,
  featureFigures,
  gapFigures,
  landscapeFigures,
  sizeFigures,
  unlabelledFigures,
  validationFigures,
} from "./figures/index.js";
import { renderPng, renderSvg } from "./figures/render-figure.js";
import { overlayFigure } from "./overlays/overlay-figure.js";
import { type FigurePlace, reportPage } from "./page/document.js";
import type { DrawnFigure } from "./page/parts.js";
import { diceTable, domainTable, overviewTable, separabilityTable } from "./result-tables.js";
import { type ReportTable, tableCsv, tableLatex } from "./table.js";
import { unjudgedTable } from "./unjudged-table.js";
import type { ReportFile } from "./write-report.js";

type Figures = Record<FigurePlace, Figure[]>;

/** All figures that the data allow, by their place on the page. */
export function reportFigures(data: ReportData): Figures {
  return {
    ...curveFigures(data),
    dice: [...diceFigures(data), ...gapFigures(data)],
    validation: [...validationFigures(data), ...unlabelledFigures(data)],
    estimates: estimateFigures(data),
    cases: distributionFigures(data),
    sizes: sizeFigures(data),
    confusion: confusionFigures(data),
    features: featureFigures(data),
    landscape: landscapeFigures(data),
  };
}

/** The comparison's tables under ids of their own. */
function comparedTables({ comparison }: ReportData): ReportTable[] {
  const tables = comparison?.tables ?? [];
  return tables.map(({ table, labelledDomain }, i) => ({
    ...table,
    id: tables.length > 1 ? `comparison-${i + 1}` : "comparison",
    title: `Comparison, labels from ${labelledDomain}`,
  }));
}

function tableFiles({ id }: ReportTable, csv: string, latex: string): ReportFile[] {
  return [
    { path: `tables/${id}.csv`, content: csv },
    { path: `tables/${id}.tex`, content: latex },
  ];
}

function figureFiles({ figure: { id, spec }, svg }: DrawnFigure): ReportFile[] {
  return [
    { path: `figures/${id}.svg`, content: svg },
    { path: `figures/${id}.png`, content: renderPng(svg) },
    { path: `figures/${id}.vl.json`, content: `${JSON.stringify(spec, null, 1)}\n` },
  ];
}

/** The overlays of each domain and those of failures as figures for a paper. */
function overlayFiles({ overlays, choice: { units = "pixels" } }: ReportData): ReportFile[] {
  if (!overlays) return [];
  const { parts, shown, chosen, failures, montages } = overlays;
  const domains = [...groupBy(chosen, ({ domain }) => domain)];
  const ids = distinctSlugs(domains.map(([domain]) => domain));
  const sets = domains.map(([, cases], i) => ({ id: `overlays-${ids[i]}`, cases }));
  if (failures.length > 0) sets.push({ id: "overlays-failures", cases: failures });
  if (montages.length > 0) sets.push({ id: "overlays-montage", cases: montages });
  return sets.flatMap(({ id, cases }) => {
    const svg = overlayFigure(cases, { parts, shown, units });
    return [
      { path: `figures/${id}.svg`, content: svg },
      { path: `figures/${id}.png`, content: renderPng(svg) },
    ];
  });
}

/**
 * Draws the figures and lays out the page.
 * @param onProgress told after each figure
 */
export async function makeReport(
  data: ReportData,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ReportFile[]> {
  const figures = reportFigures(data);
  const total = Object.values(figures).flat().length;
  const files: ReportFile[] = overlayFiles(data);
  const drawn = {} as Record<keyof Figures, DrawnFigure[]>;
  let done = 0;
  for (const place of Object.keys(figures) as (keyof Figures)[]) {
    drawn[place] = [];
    for (const figure of figures[place]) {
      const one = { figure, svg: await renderSvg(figure.spec) };
      drawn[place].push(one);
      files.push(...figureFiles(one));
      done++;
      onProgress(done, total);
    }
  }
  const [overview, dice, domains, estimates, unjudged, failures, separability] = [
    ...[overviewTable, diceTable, domainTable, estimatedTable, unjudgedTable, failureTable, separabilityTable],
  ].map((make) => make(data));
  const compared = comparedTables(data);
  const tables = { overview, dice, domains, estimates, unjudged, failures, separability };
  const own = Object.values(tables).filter(({ rows }) => rows.length > 0);
  files.push(...own.flatMap((table) => tableFiles(table, tableCsv(table), tableLatex(table))));
  files.push(
    ...(data.comparison?.tables ?? []).flatMap(({ comparison, table }, i) =>
      tableFiles(compared[i], comparisonCsv(comparison), formatLatex(table)),
    ),
  );
  files.push({
    path: "index.html",
    content: reportPage(data, { ...tables, compared, figures: drawn }),
  });
  return files;
}
