/** How much better each run is on the domain that its labels came from: the price of few labels. */
import { groupNames, type ReportData } from "../data.js";
import { type Figure, figureLabels } from "./figure.js";
import { diceDomain, figureBase, groupScales, nameLimit } from "./theme.js";

const rowHeight = 20;
const frameHeight = 82;

interface Row {
  run: string;
  group: string;
  labelled: number;
  others: number;
}

function rowsOf({ runs }: ReportData): Row[] {
  return runs.flatMap(({ name, group, evaluation }): Row[] => {
    const gap = evaluation?.summary.gap?.dice;
    if (!gap || !Number.isFinite(gap.difference.mean)) return [];
    return [{ run: name, group, labelled: gap.labelled, others: gap.others }];
  });
}

const places = ["labelled domain", "other domains"] as const;

function specOf(rows: readonly Row[], data: ReportData): Figure["spec"] {
  const runs = figureLabels(data.runs.map(({ name }) => name));
  const groups = figureLabels(groupNames(data));
  const lines = rows.map(({ run, group, ...dice }) => ({ run: runs.get(run), group: groups.get(group), ...dice }));
  const values = lines.flatMap(({ run, group, labelled, others }) => [
    { run, group, where: places[0], dice: labelled },
    { run, group, where: places[1], dice: others },
  ]);
  const y = {
    field: "run",
    type: "nominal",
    title: null,
    sort: lines.map(({ run }) => run),
    axis: { labelLimit: nameLimit },
  };
  const domain = diceDomain(values.map(({ dice }) => dice));
  const x = {
    ...{ type: "quantitative", title: "Dice", scale: { domain } },
    axis: { format: ".0%", tickCount: 5 },
  };
  const scale = groupScales([...groups.values()]).colour;
  const color = { field: "group", type: "nominal", scale, legend: null };
  return {
    ...figureBase,
    height: frameHeight + rowHeight * rows.length,
    layer: [
      {
        data: { values: lines },
        mark: { type: "rule", strokeWidth: 2, opacity: 0.6 },
        encoding: { y, x: { ...x, field: "others" }, x2: { field: "labelled" }, color },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: {
          ...{ y, x: { ...x, field: "dice" }, color },
          shape: {
            ...{ field: "where", type: "nominal", scale: { domain: places, range: ["diamond", "circle"] } },
            legend: {
              ...{ orient: "top", title: null, columns: 1 },
              ...{ symbolFillColor: "currentColor", symbolStrokeColor: "currentColor" },
            },
          },
        },
      },
    ],
  } as unknown as Figure["spec"];
}

/** One figure; none where no run has a gap. */
export function gapFigures(data: ReportData): Figure[] {
  const rows = rowsOf(data);
  if (rows.length === 0) return [];
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const words = rows.map(
    ({ run, labelled, others }) =>
      `${run}: ${percent(labelled)} on the labelled domain, ${percent(others)} on the others`,
  );
  return [
    {
      id: "gap",
      title: "Labelled domain against the others",
      caption: "Mean Dice over parts. The shorter the line, the more even the run is over domains.",
      alt: `Dice of the labelled domain and of the others. ${words.join("; ")}.`,
      spec: specOf(rows, data),
    },
  ];
}
