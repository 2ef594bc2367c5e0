/** Dice of each domain with its interval, for each part: the figure to look at first. */
import type { MetricEstimates } from "../../judging/summarise.js";
import { groupNames, judgedDomains, judgedParts, type ReportData } from "../data.js";
import { intervalsOver } from "../result-tables.js";
import { distinctSlugs, type Figure, figureLabels } from "./figure.js";
import { diceDomain, figureBase, figureWidth, groupScales, legendAbove, legendHeight, nameLimit } from "./theme.js";

/** Height of one run's row and of what surrounds the rows, in CSS pixels. */
const rowHeight = 11;
const frameHeight = 46;

interface Row {
  domain: string;
  run: string;
  group: string;
  mean: number;
  low: number | null;
  high: number | null;
}

function rowsOf(data: ReportData, part: string | null): Row[] {
  return data.runs.flatMap(({ name, group, evaluation }) =>
    (evaluation?.summary.domains ?? []).flatMap(({ name: domain, parts, average }): Row[] => {
      const metrics: MetricEstimates | undefined = part === null ? average : parts[part];
      if (!metrics || !Number.isFinite(metrics.dice.mean)) return [];
      const [low, high] = metrics.dice.interval ?? [null, null];
      return [{ domain, run: name, group, mean: metrics.dice.mean, low, high }];
    }),
  );
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function inWords(rows: readonly Row[], title: string): string {
  return `${title}: ${rows.map(({ domain, run, mean }) => `${run} on ${domain} ${percent(mean)}`).join("; ")}.`;
}

function specOf(rows: readonly Row[], data: ReportData): Figure["spec"] {
  const labelled = new Set(
    data.runs.flatMap(({ evaluation }) =>
      (evaluation?.summary.domains ?? []).filter((one) => one.labelled).map(({ name }) => name),
    ),
  );
  const domains = judgedDomains(data);
  const short = figureLabels(domains);
  const domainLabel = (name: string) => `${short.get(name)}${labelled.has(name) ? " (labelled)" : ""}`;
  const groups = figureLabels(groupNames(data));
  const runs = figureLabels(data.runs.map(({ name }) => name));
  const labels = [...groups.values()];
  const { colour, shape } = groupScales(labels);
  const values = rows.map(({ domain, run, group, ...numbers }) => ({
    domain: domainLabel(domain),
    run: runs.get(run),
    group: groups.get(group),
    ...numbers,
  }));
  const y = {
    field: "domain",
    type: "nominal",
    title: null,
    sort: domains.map(domainLabel),
    axis: { labelLimit: nameLimit },
  };
  const yOffset = { field: "run", type: "nominal", sort: [...runs.values()], scale: { paddingOuter: 0.4 } };
  const ends = rows.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const x = {
    ...{ type: "quantitative", title: "Dice", scale: { domain: diceDomain(ends) } },
    axis: { format: ".0%", tickCount: 5 },
  };
  const color = { field: "group", type: "nominal", scale: colour };
  const legend = legendAbove(labels);
  return {
    ...figureBase,
    height: frameHeight + legendHeight(labels) + Math.max(3, runs.size + 0.8) * rowHeight * domains.length,
    width: figureWidth,
    data: { values },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 1.5 },
        encoding: { y, yOffset, x: { ...x, field: "low" }, x2: { field: "high" }, color: { ...color, legend } },
      },
      {
        mark: { type: "point", filled: true, size: 42, opacity: 1 },
        encoding: {
          ...{ y, yOffset, x: { ...x, field: "mean" }, color: { ...color, legend } },
          shape: { field: "group", type: "nominal", scale: shape, legend },
        },
      },
    ],
  } as Figure["spec"];
}

/** One figure for the average over parts, and one for each part where there are several. */
export function diceFigures(data: ReportData): Figure[] {
  const parts = judgedParts(data);
  const wanted = [null, ...(parts.length > 1 ? parts : [])];
  const ids = distinctSlugs(wanted.map((part) => `dice ${part ?? "average"}`));
  const short = figureLabels(parts);
  return wanted.flatMap((part, i) => {
    const rows = rowsOf(data, part);
    if (rows.length === 0) return [];
    const what = part !== null ? short.get(part) : parts.length > 1 ? "average over parts" : short.get(parts[0]);
    const title = `Dice by domain, ${what}`;
    return [
      {
        id: ids[i],
        title,
        caption: `Mean over the domain's test cases; the line is the 95 % bootstrap interval ${intervalsOver(data)}.`,
        alt: inWords(rows, title),
        spec: specOf(rows, data),
      },
    ];
  });
}
