/** How Dice is distributed over the cases of each domain: every case a tick, quartiles as a box. */
import { presentRows } from "../../judging/summarise.js";
import { groupNames, judgedDomains, judgedParts, type ReportData } from "../data.js";
import { distinctSlugs, type Figure, figureLabels } from "./figure.js";
import { figureBase, groupScales, legendAbove, legendHeight } from "./theme.js";

const rowHeight = 13;
const frameHeight = 46;

/** One case of one run. */
interface Row {
  domain: string;
  run: string;
  group: string;
  id: string;
  dice: number;
}

function rowsOf(data: ReportData, part: string): Row[] {
  return data.runs.flatMap(({ name, group, evaluation }) =>
    presentRows(evaluation?.scores ?? [])
      .filter((score) => score.part === part && Number.isFinite(score.dice))
      .map(({ domain, id, dice }) => ({ domain, run: name, group, id, dice })),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

function inWords(rows: readonly Row[], data: ReportData, title: string): string {
  const sentences = data.runs.flatMap(({ name }) =>
    judgedDomains(data).flatMap((domain) => {
      const own = rows.filter((row) => row.run === name && row.domain === domain).map(({ dice }) => dice);
      return own.length === 0 ? [] : [`${name} on ${domain}: ${own.length} cases, median ${median(own).toFixed(3)}`];
    }),
  );
  return `${title}. ${sentences.join("; ")}.`;
}

function specOf(rows: readonly Row[], data: ReportData): Figure["spec"] {
  const domains = figureLabels(judgedDomains(data));
  const groups = figureLabels(groupNames(data));
  const runs = figureLabels(data.runs.map(({ name }) => name));
  const labels = [...groups.values()];
  const values = rows.map(({ domain, run, group, id, dice }) => ({
    ...{ domain: domains.get(domain), run: runs.get(run), group: groups.get(group) },
    ...{ case: id.slice(0, 80), dice },
  }));
  const color = {
    field: "group",
    type: "nominal",
    scale: groupScales(labels).colour,
    legend: legendAbove(labels),
  };
  return {
    ...figureBase,
    height: frameHeight + legendHeight(labels) + Math.max(3, runs.size + 0.6) * rowHeight * domains.size,
    data: { values },
    encoding: {
      y: { field: "domain", type: "nominal", title: null, sort: [...domains.values()] },
      yOffset: { field: "run", type: "nominal", sort: [...runs.values()], scale: { paddingOuter: 0.3 } },
      x: {
        ...{ field: "dice", type: "quantitative", title: "Dice of a case" },
        ...{ scale: { domain: [0, 1] }, axis: { format: "%", tickCount: 5 } },
      },
      color,
    },
    layer: [
      {
        mark: {
          type: "boxplot",
          extent: "min-max",
          size: 8,
          box: { opacity: 0.25 },
          median: { color: "currentColor", opacity: 0.9 },
          rule: { opacity: 0.5 },
          ticks: false,
        },
      },
      { mark: { type: "tick", thickness: 1, size: 7, opacity: 0.75 } },
    ],
  } as Figure["spec"];
}

/** One figure for each part. */
export function distributionFigures(data: ReportData): Figure[] {
  const parts = judgedParts(data);
  const ids = distinctSlugs(parts.map((part) => `cases ${part}`));
  const short = figureLabels(parts);
  return parts.flatMap((part, i) => {
    const rows = rowsOf(data, part);
    if (rows.length === 0) return [];
    const title = `Dice of every test case, ${short.get(part)}`;
    return [
      {
        ...{ id: ids[i], title },
        caption: "Every tick is a case; the box holds the middle half, with the median as a line.",
        alt: inWords(rows, data, title),
        spec: specOf(rows, data),
      },
    ];
  });
}
