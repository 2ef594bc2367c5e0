/** Features of all test images in the plane: does the network still see which domain an image comes from? */
import type { FeatureMap, ReportData, ReportRun } from "../data.js";
import { type Figure, figureLabels } from "./figure.js";
import { domainScale, figureBase, figureWidth, legendAbove, legendHeight } from "./theme.js";
import { everyOther, pointsFor } from "./thinned.js";

const origins = { labelled: "labelled domain", unlabelled: "other domains" } as const;

function specOf({ points }: Pick<FeatureMap, "points">, labelledDomain: string): Figure["spec"] {
  const domains = figureLabels(points.map(({ domain }) => domain));
  const labels = [...domains.values()];
  const values = points.map(({ domain, id, x, y }) => ({
    ...{ x, y, domain: domains.get(domain), case: id.slice(0, 80) },
    origin: domain === labelledDomain ? origins.labelled : origins.unlabelled,
  }));
  const legends = [labels, Object.values(origins)];
  const axis = { labels: false, ticks: false, grid: false, title: null, domain: false };
  const position = (field: string) => ({
    field,
    type: "quantitative",
    axis,
    scale: { zero: false, nice: false, padding: 8 },
  });
  return {
    ...figureBase,
    height: figureWidth - 50 + legends.reduce((sum, one) => sum + legendHeight(one), 0),
    view: { stroke: "currentColor", strokeOpacity: 0.2 },
    data: { values },
    mark: { type: "point", filled: true, size: 34, opacity: 0.8 },
    encoding: {
      x: position("x"),
      y: position("y"),
      color: { field: "domain", type: "nominal", scale: domainScale(labels).colour, legend: legendAbove(labels) },
      shape: {
        ...{ field: "origin", type: "nominal" },
        scale: { domain: Object.values(origins), range: ["diamond", "circle"] },
        legend: {
          ...{ orient: "bottom", title: null, direction: "horizontal", offset: 2 },
          ...{ symbolFillColor: "currentColor", symbolStrokeColor: "currentColor" },
        },
      },
    },
  } as Figure["spec"];
}

function figureOf(run: ReportRun, name: string, most: number): Figure[] {
  const features = run.findings?.features;
  if (!features) return [];
  const { points, kl, dimensions, separability } = features;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const domains = new Set(points.map(({ domain }) => domain)).size;
  const drawn = everyOther(points, most);
  const left = points.length - drawn.length;
  const fewer = left === 0 ? "" : ` Of ${points.length} images ${drawn.length} are drawn, ${left} left out.`;
  const told = separability
    ? ` A linear classifier tells the domain of held-out images in ${percent(separability.accuracy)} of cases; guessing gives ${percent(separability.chance)}.`
    : "";
  // Of a domain without test images some others are shown.
  const title = `Features of the ${run.findings?.unjudged.length ? "" : "test "}images: ${name}`;
  return [
    {
      ...{ id: `features-${run.id}`, title },
      caption: `t-SNE of the ${dimensions} pooled bottleneck features (KL ${kl.toFixed(2)}).${fewer}${told}`,
      alt: `${title}. ${points.length} images of ${domains} domains in the plane of t-SNE.${told}`,
      spec: specOf({ points: drawn }, run.config.labelled.domain),
    },
  ];
}

/** One figure for each examined run. */
export function featureFigures({ runs }: ReportData): Figure[] {
  const names = figureLabels(runs.map(({ name }) => name));
  const most = 2 * pointsFor(runs.length);
  return runs.flatMap((run) => figureOf(run, names.get(run.name) as string, most));
}
