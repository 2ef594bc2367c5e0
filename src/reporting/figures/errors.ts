/** Figures of what went wrong: size of the part against Dice, and which classes are taken for which. */
import { confusionShares } from "../../analysis/errors/confusion.js";
import type { DomainConfusion, SizePoint } from "../../analysis/errors/summary.js";
import { judgedDomains, judgedParts, type ReportData, type ReportRun } from "../data.js";
import { distinctSlugs, type Figure, figureLabels } from "./figure.js";
import { domainScale, figureBase, legendAbove, legendHeight, plotHeight } from "./theme.js";
import { pointsFor, worstAndSome } from "./thinned.js";

/** Whether the sizes of all are known in millilitres, as those of volumes with a spacing are. */
function haveMillilitres(points: readonly SizePoint[]): boolean {
  return points.every(({ referenceMillilitres }) => referenceMillilitres !== null);
}

/** In ml, or as a share of the image. */
function sizeOf({ referenceMillilitres, referenceShare }: SizePoint, inMillilitres: boolean): number {
  return inMillilitres ? (referenceMillilitres as number) : referenceShare;
}

function sizeSpec(points: readonly SizePoint[], data: ReportData): Figure["spec"] {
  const domains = figureLabels(judgedDomains(data));
  const labels = [...domains.values()];
  const inMillilitres = haveMillilitres(points);
  const values = points.map((point) => ({
    ...{ domain: domains.get(point.domain), case: point.id.slice(0, 80), dice: point.dice },
    ...{ referencePixels: point.referencePixels, predictedPixels: point.predictedPixels },
    size: sizeOf(point, inMillilitres),
  }));
  const { colour, shape } = domainScale(labels);
  const legend = legendAbove(labels);
  return {
    ...figureBase,
    height: plotHeight + legendHeight(labels),
    data: { values },
    mark: { type: "point", filled: true, size: 26, opacity: 0.75 },
    encoding: {
      x: {
        ...{ field: "size", type: "quantitative" },
        title: inMillilitres ? "size of the part, ml" : "size of the part, share of the image",
        ...{ scale: { zero: false, nice: true }, axis: { format: inMillilitres ? "~g" : "~%", tickCount: 5 } },
      },
      y: {
        ...{ field: "dice", type: "quantitative", title: "Dice" },
        ...{ scale: { domain: [0, 1] }, axis: { format: "%", tickCount: 5 } },
      },
      color: { field: "domain", type: "nominal", scale: colour, legend },
      shape: { field: "domain", type: "nominal", scale: shape, legend },
    },
  } as Figure["spec"];
}

/** Rank correlation would need ties; the words give the halves instead: small against large parts. */
function halves(points: readonly SizePoint[]): string {
  const inMillilitres = haveMillilitres(points);
  const sorted = [...points].sort((a, b) => sizeOf(a, inMillilitres) - sizeOf(b, inMillilitres));
  const mean = (some: readonly SizePoint[]) => some.reduce((sum, { dice }) => sum + dice, 0) / some.length;
  const middle = Math.floor(sorted.length / 2);
  if (middle === 0) return `${points.length} cases`;
  const [small, large] = [mean(sorted.slice(0, middle)), mean(sorted.slice(middle))];
  return `${points.length} cases; mean Dice ${small.toFixed(3)} in the smaller half, ${large.toFixed(3)} in the larger`;
}

/** For each examined run and part: is a small part segmented worse? */
export function sizeFigures(data: ReportData): Figure[] {
  const wanted = data.runs.flatMap((run) => judgedParts(data).map((part) => ({ run, part })));
  const parts = figureLabels(judgedParts(data));
  const names = figureLabels(data.runs.map(({ name }) => name));
  const ids = distinctSlugs(wanted.map(({ run, part }) => `size ${run.id} ${part}`));
  return wanted.flatMap(({ run, part }, i) => {
    const points = (run.findings?.sizes ?? []).filter((one) => one.part === part && Number.isFinite(one.dice));
    if (points.length === 0) return [];
    const unit = haveMillilitres(points) ? " (ml)" : "";
    const drawn = worstAndSome(points, pointsFor(wanted.length));
    const title = `Size${unit} against Dice, ${parts.get(part)}: ${names.get(run.name)}`;
    return [
      {
        ...{ id: ids[i], title },
        caption: `Each point is a test case; size is that of the part in the reference.${drawn.note}`,
        alt: `${title}. ${halves(points)}.`,
        spec: sizeSpec(drawn.points, data),
      },
    ];
  });
}

function confusionSpec({ confusion }: DomainConfusion): Figure["spec"] {
  const { classes, counts } = confusion;
  const labels = [...figureLabels(classes).values()];
  const shares = confusionShares(confusion);
  const values = labels.flatMap((reference, row) =>
    labels.map((predicted, column) => ({
      ...{ reference, predicted, pixels: counts[row][column], share: shares[row][column] },
    })),
  );
  const axis = { domain: false, ticks: false, labelAngle: 0, grid: false };
  return {
    ...figureBase,
    height: 60 + 38 * labels.length,
    data: { values },
    encoding: {
      x: { field: "predicted", type: "nominal", sort: labels, title: "predicted", axis: { ...axis, orient: "top" } },
      y: { field: "reference", type: "nominal", sort: labels, title: "reference", axis },
    },
    layer: [
      {
        mark: { type: "rect", color: "#0072b2", stroke: "currentColor", strokeOpacity: 0.2 },
        encoding: {
          fillOpacity: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, 1], range: [0, 0.6] },
            legend: null,
          },
        },
      },
      {
        mark: { type: "text", fontSize: 12 },
        encoding: { text: { field: "share", type: "quantitative", format: ".1%" } },
      },
    ],
  } as Figure["spec"];
}

function confusionWords({ confusion }: DomainConfusion): string {
  const shares = confusionShares(confusion);
  const { classes } = confusion;
  const rows = classes.map((name, row) => {
    const own = shares[row].map((share, column) => `${((share ?? 0) * 100).toFixed(1)} % ${classes[column]}`);
    return `of ${name}: ${own.join(", ")}`;
  });
  return rows.join("; ");
}

function confusionFigure(run: ReportRun, name: string): Figure[] {
  const all = run.findings?.confusion.find(({ domain }) => domain === null);
  if (!all) return [];
  const title = `Confusion between parts: ${name}`;
  return [
    {
      ...{ id: `confusion-${run.id}`, title },
      caption: `Where the pixels of each reference class went, in all ${all.cases} test cases together; a row adds up to 100 %.`,
      alt: `${title}. ${confusionWords(all)}.`,
      spec: confusionSpec(all),
    },
  ];
}

/** For each examined run: which class is taken for which. */
export function confusionFigures({ runs }: ReportData): Figure[] {
  const names = figureLabels(runs.map(({ name }) => name));
  return runs.flatMap((run) => confusionFigure(run, names.get(run.name) as string));
}
