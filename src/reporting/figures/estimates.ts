/** Estimated against measured Dice: is the estimate right where it can be looked up? */
import { probabilityText } from "../../core/percent.js";
import type { CaseEstimate } from "../../runs/estimate-cases.js";
import type { EstimateSummary } from "../../runs/estimate-summary.js";
import type { ReportData, ReportRun } from "../data.js";
import type { RunEstimates } from "../estimates.js";
import { distinctSlugs, type Figure, figureLabels } from "./figure.js";
import { domainScale, figureBase, figureWidth, legendAbove, legendHeight } from "./theme.js";
import { pointsFor, worstAndSome } from "./thinned.js";

type Domain = EstimateSummary["domains"][number];

/** Cases and domains of which both numbers are known. */
interface Shown {
  readonly cases: readonly CaseEstimate[];
  readonly domains: readonly Domain[];
}

function shownOf({ summary, cases }: RunEstimates, part: string): Shown {
  const isKnown = (one: { part: string; dice: number; measured: number }) =>
    one.part === part && Number.isFinite(one.dice) && Number.isFinite(one.measured);
  return { cases: cases.filter(isKnown), domains: summary.domains.filter(isKnown) };
}

function specOf({ cases, domains }: Shown, labels: ReadonlyMap<string, string>): Figure["spec"] {
  const names = [...labels.values()];
  const { colour, shape } = domainScale(names);
  const legend = legendAbove(names);
  const fieldsOf = ({ domain, dice, low, high, measured }: CaseEstimate | Domain) => ({
    ...{ domain: labels.get(domain), dice, low, high, measured },
  });
  const axis = { format: "%", tickCount: 5 };
  const scale = { domain: [0, 1] };
  const y = { field: "measured", type: "quantitative", title: "measured Dice", scale, axis };
  const x = { field: "dice", type: "quantitative", title: "estimated Dice", scale, axis };
  const interval = { x: { ...x, field: "low" }, x2: { field: "high" }, y };
  const color = { field: "domain", type: "nominal", scale: colour, legend };
  const marker = { field: "domain", type: "nominal", scale: shape, legend };
  return {
    ...figureBase,
    height: figureWidth - 40 + legendHeight(names),
    layer: [
      {
        data: { values: [{ from: 0, to: 1 }] },
        mark: { type: "rule", strokeDash: [4, 3], opacity: 0.5 },
        encoding: {
          x: { ...x, field: "from" },
          x2: { field: "to" },
          y: { ...y, field: "from" },
          y2: { field: "to" },
        },
      },
      {
        data: { values: cases.map((one) => ({ ...fieldsOf(one), case: one.id.slice(0, 80) })) },
        layer: [
          { mark: { type: "rule", strokeWidth: 0.6, opacity: 0.3 }, encoding: { ...interval, color } },
          {
            mark: { type: "point", filled: true, size: 20, opacity: 0.65 },
            encoding: { x, y, color, shape: marker },
          },
        ],
      },
      {
        data: { values: domains.map(fieldsOf) },
        layer: [
          { mark: { type: "rule", strokeWidth: 3 }, encoding: { ...interval, color } },
          {
            mark: { type: "point", filled: true, size: 150, stroke: "currentColor", strokeWidth: 1.4, opacity: 1 },
            encoding: { x, y, color, shape: marker },
          },
        ],
      },
    ],
  } as Figure["spec"];
}

function inWords({ domains }: Shown): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return domains
    .map(({ domain, dice, measured }) => `${domain}: estimated ${percent(dice)}, measured ${percent(measured)}`)
    .join("; ");
}

function figureOf(run: ReportRun, part: string, id: string, title: string, most: number): Figure[] {
  if (!run.estimates) return [];
  const shown = shownOf(run.estimates, part);
  if (shown.cases.length === 0) return [];
  const labels = figureLabels(run.estimates.summary.domains.map(({ domain }) => domain));
  const drawn = worstAndSome(shown.cases, most);
  const { level } = run.estimates.summary;
  return [
    {
      ...{ id, title },
      caption:
        `Small: a case; large: the mean of a domain; lines: ${probabilityText(level)} intervals of the estimate. Dashed: right estimates; ` +
        `below it the estimate is too good.${drawn.note}`,
      alt: `${title}. ${shown.cases.length} cases. ${inWords(shown)}.`,
      spec: specOf({ ...shown, cases: drawn.points }, labels),
    },
  ];
}

/** One figure for each estimated run and part with references. */
export function estimateFigures({ runs }: ReportData): Figure[] {
  const parts = [...new Set(runs.flatMap(({ estimates }) => estimates?.summary.domains.map(({ part }) => part) ?? []))];
  const wanted = runs.flatMap((run) => (run.estimates ? parts.map((part) => ({ run, part })) : []));
  const [partNames, runNames] = [figureLabels(parts), figureLabels(runs.map(({ name }) => name))];
  const ids = distinctSlugs(wanted.map(({ run, part }) => `estimate ${run.id} ${part}`));
  return wanted.flatMap(({ run, part }, i) => {
    const title = `Estimated against measured, ${partNames.get(part)}: ${runNames.get(run.name)}`;
    return figureOf(run, part, ids[i], title, pointsFor(wanted.length));
  });
}
