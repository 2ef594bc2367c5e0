/** Slices of the loss around the weights: how flat is the minimum that each run found? */
import type { LinePoint, LossLandscape, PlanePoint } from "../../analysis/landscape.js";
import { groupNames, type ReportData } from "../data.js";
import { type Figure, figureLabels } from "./figure.js";
import { figureBase, groupScales, legendAbove, legendHeight, plotHeight } from "./theme.js";

interface Slice {
  name: string;
  group: string;
  landscape: LossLandscape;
}

/** Losses far from the weights may be infinite; a logarithmic axis has no place for them, nor for 0. */
function drawable<Point extends { loss: number }>(points: readonly Point[]): Point[] {
  return points.filter(({ loss }) => Number.isFinite(loss) && loss > 0);
}

function lineSpec(slices: readonly Slice[], data: ReportData, of: (slice: LossLandscape) => LinePoint[], x: string) {
  const groups = figureLabels(groupNames(data));
  const { colour, dash } = groupScales([...groups.values()]);
  const labels = slices.map(({ group }) => groups.get(group) as string);
  const only = (scale: { domain: string[]; range: unknown[] }) => ({
    domain: labels,
    range: labels.map((label) => scale.range[scale.domain.indexOf(label)]),
  });
  const values = slices.flatMap(({ group, landscape }) =>
    drawable(of(landscape)).map(({ t, loss }) => ({ group: groups.get(group), t, loss })),
  );
  return {
    ...figureBase,
    height: plotHeight + legendHeight(labels, groups.size),
    data: { values },
    mark: { type: "line", strokeWidth: 1.5, point: { size: 18 } },
    encoding: {
      x: { field: "t", type: "quantitative", title: x, axis: { tickCount: 5 } },
      y: { field: "loss", type: "quantitative", title: "loss", scale: { type: "log" }, axis: { tickCount: 5 } },
      color: { field: "group", type: "nominal", scale: only(colour), legend: legendAbove(labels, groups.size) },
      strokeDash: { field: "group", type: "nominal", scale: only(dash), legend: legendAbove(labels, groups.size) },
    },
  } as Figure["spec"];
}

function planeSpec(points: readonly PlanePoint[], domain: readonly number[]): Figure["spec"] {
  const axis = { tickCount: 5, grid: false };
  const place = (field: string, title: string) => ({
    field,
    type: "ordinal",
    title,
    axis: { ...axis, format: ".1f", labelAngle: 0 },
  });
  return {
    ...figureBase,
    height: 300,
    data: { values: drawable(points) },
    mark: { type: "rect" },
    encoding: {
      x: place("a", "first direction"),
      y: { ...place("b", "second direction"), sort: "descending" },
      color: {
        ...{ field: "loss", type: "quantitative", scale: { type: "log", scheme: "viridis", domain } },
        legend: { orient: "right", title: "loss", gradientLength: 200 },
      },
    },
  } as Figure["spec"];
}

function lineWords(slices: readonly Slice[], of: (slice: LossLandscape) => LinePoint[], title: string): string {
  const words = slices.map(({ name, landscape }) => {
    const points = of(landscape);
    const [first, middle, last] = [points[0], points[(points.length - 1) / 2], points[points.length - 1]];
    return `${name}: ${middle.loss.toPrecision(3)} at the weights, ${first.loss.toPrecision(3)} and ${last.loss.toPrecision(3)} at the ends`;
  });
  return `${title}. ${words.join("; ")}.`;
}

/** Both lines with all runs, and the plane of each run; none where no slice was computed. */
export function landscapeFigures(data: ReportData): Figure[] {
  const slices = data.runs.flatMap(({ name, group, findings }): Slice[] =>
    findings?.landscape ? [{ name, group, landscape: findings.landscape }] : [],
  );
  if (slices.length === 0) return [];
  const losses = slices.flatMap(({ landscape }) => drawable(landscape.plane).map(({ loss }) => loss));
  const domain = [Math.min(...losses), Math.max(...losses)];
  const names = figureLabels(data.runs.map(({ name }) => name));
  const lines = [
    {
      ...{ id: "landscape-sam", title: "Loss along the direction of SAM", of: (one: LossLandscape) => one.sam },
      ...{ x: "distance, L2 norm", caption: "Along the gradient of the loss, where sharpness-aware optimisers look." },
    },
    {
      ...{ id: "landscape-line", title: "Loss along a random direction", of: (one: LossLandscape) => one.line },
      ...{
        x: "distance, lengths of the weights",
        caption: "Along a random direction, each filter scaled to its weights (Li et al. 2018).",
      },
    },
  ];
  return [
    ...lines.map(({ id, title, of, x, caption }) => ({
      ...{ id, title, caption },
      alt: lineWords(slices, of, title),
      spec: lineSpec(slices, data, of, x),
    })),
    ...slices.map(({ name, landscape }, i): Figure => {
      const title = `Loss in a random plane: ${names.get(name)}`;
      return {
        ...{ id: `landscape-plane-${i + 1}`, title },
        caption:
          "Spanned by two random directions, each filter scaled to its weights; the weights are in the middle. Colours mean the same loss in all runs.",
        alt: `${title}. ${landscape.plane.length} points.`,
        spec: planeSpec(landscape.plane, domain),
      };
    }),
  ];
}
