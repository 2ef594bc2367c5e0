/** How Dice is distributed over the cases of each domain: every case a tick, quartiles as a box. */
import { groupBy } from "../../core/group-by.js";
import { presentRows } from "../../judging/summarise.js";
import { percentile } from "../../statistics/percentile.js";
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

/** More cases than this in a row are no ticks any more. */
const mostTicks = 150;

/** Steps of Dice in which cases are counted where there is no room for ticks. */
const bins = 50;

/** What all layers share: a row for each run in each domain, Dice across. */
function frameOf(data: ReportData) {
  const domains = figureLabels(judgedDomains(data));
  const groups = figureLabels(groupNames(data));
  const runs = figureLabels(data.runs.map(({ name }) => name));
  const labels = [...groups.values()];
  return {
    place: ({ domain, run, group }: Pick<Row, "domain" | "run" | "group">) => ({
      ...{ domain: domains.get(domain), run: runs.get(run), group: groups.get(group) },
    }),
    height: frameHeight + legendHeight(labels) + Math.max(3, runs.size + 0.6) * rowHeight * domains.size,
    encoding: {
      y: { field: "domain", type: "nominal", title: null, sort: [...domains.values()] },
      yOffset: { field: "run", type: "nominal", sort: [...runs.values()], scale: { paddingOuter: 0.3 } },
      x: {
        ...{ field: "dice", type: "quantitative", title: "Dice of a case" },
        ...{ scale: { domain: [0, 1] }, axis: { format: "%", tickCount: 5 } },
      },
      color: {
        field: "group",
        type: "nominal",
        scale: groupScales(labels).colour,
        legend: legendAbove(labels),
      },
    },
  };
}

function specOf(rows: readonly Row[], data: ReportData): Figure["spec"] {
  const { place, height, encoding } = frameOf(data);
  const values = rows.map(({ id, dice, ...row }) => ({ ...place(row), ...{ case: id.slice(0, 80), dice } }));
  return {
    ...figureBase,
    height,
    data: { values },
    encoding,
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

/** A strip of how many cases have which Dice, the largest count of the row as 1. */
function stripOf(dice: readonly number[]): { from: number; to: number; cases: number; share: number }[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of dice) counts[Math.min(bins - 1, Math.floor(value * bins))]++;
  const most = Math.max(...counts);
  return counts.flatMap((cases, i) =>
    cases === 0 ? [] : [{ from: i / bins, to: (i + 1) / bins, cases, share: cases / most }],
  );
}

/** The same of rows with too many cases for ticks: their number does not decide how much is drawn. */
function denseSpec(rows: readonly Row[], data: ReportData): Figure["spec"] {
  const { place, height, encoding } = frameOf(data);
  const { x, ...across } = encoding;
  const all = [...groupBy(rows, ({ domain, run }) => JSON.stringify([domain, run])).values()];
  const strips = all.flatMap((own) =>
    stripOf(own.map(({ dice }) => dice)).map((bin) => ({ ...place(own[0]), ...bin })),
  );
  const boxes = all.map((own) => {
    const dice = own.map((row) => row.dice);
    const [worst, first, median, third, best] = [0, 25, 50, 75, 100].map((percent) => percentile(dice, percent));
    return { ...place(own[0]), cases: own.length, worst, first, median, third, best };
  });
  const between = (from: string, to: string) => ({ x: { ...x, field: from }, x2: { field: to } });
  return {
    ...figureBase,
    height,
    encoding: across,
    layer: [
      {
        data: { values: strips },
        mark: { type: "bar", size: 7 },
        encoding: {
          ...between("from", "to"),
          opacity: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, 1], range: [0.08, 0.8] },
            legend: null,
          },
        },
      },
      { data: { values: boxes }, mark: { type: "rule", opacity: 0.5 }, encoding: between("worst", "best") },
      {
        data: { values: boxes },
        mark: { type: "bar", size: 9, filled: false, strokeWidth: 1 },
        encoding: between("first", "third"),
      },
      ...["worst", "median", "best"].map((field) => ({
        data: { values: boxes },
        mark: { type: "tick", thickness: field === "median" ? 2 : 1, size: 9, color: "currentColor" },
        encoding: { x: { ...x, field }, color: { value: "currentColor" } },
      })),
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
    const counts = [...groupBy(rows, ({ domain, run }) => JSON.stringify([domain, run])).values()];
    const isDense = counts.some((own) => own.length > mostTicks);
    return [
      {
        ...{ id: ids[i], title },
        caption: isDense
          ? `All ${rows.length} cases, none left out, but too many for a tick each: the darker, the more cases have this Dice (steps of 2 %). Ticks are the worst, the median and the best case, the box holds the middle half.`
          : "Every tick is a case; the box holds the middle half, with the median as a line.",
        alt: inWords(rows, data, title),
        spec: isDense ? denseSpec(rows, data) : specOf(rows, data),
      },
    ];
  });
}
