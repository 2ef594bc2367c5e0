/** The results of an evaluation as text for a terminal: overlaps in percent, distances in pixels or mm. */
import { emptyMasksNotes, hasNoValue, markOf, missedText, noValue } from "../../judging/empty-masks-text.js";
import type { DistanceUnits } from "../../judging/evaluate-network.js";
import { furtherMetrics } from "../../judging/further-names.js";
import { furtherHead, measuredFurther, unitText } from "../../judging/metric-text.js";
import { hasSubjects, singleSubjectNote } from "../../judging/subjects-text.js";
import type { DomainSummary, Estimate, EvaluationSummary, MetricEstimates } from "../../judging/summarise.js";
import { formatTable } from "./table.js";

function percent(value: number): string {
  return Number.isNaN(value) ? "undefined" : (100 * value).toFixed(2);
}

function distance(value: number): string {
  if (Number.isNaN(value)) return "undefined";
  return Number.isFinite(value) ? value.toFixed(2) : "infinite";
}

function withInterval({ mean, interval }: MetricEstimates["dice"]): string {
  return interval ? `${percent(mean)} (${interval.map(percent).join(" to ")})` : percent(mean);
}

function cells({ dice, jaccard, hd95, asd, ...further }: MetricEstimates, mark = ""): string[] {
  const shown = (estimate: Estimate, text: string) => (hasNoValue(estimate) ? noValue : `${text}${mark}`);
  return [
    shown(dice, withInterval(dice)),
    shown(jaccard, percent(jaccard.mean)),
    shown(hd95, distance(hd95.mean)),
    shown(asd, distance(asd.mean)),
    ...furtherMetrics.flatMap((metric) => {
      const estimate = further[metric];
      return estimate ? [shown(estimate, percent(estimate.mean))] : [];
    }),
  ];
}

function metricNames(units: DistanceUnits, summary: EvaluationSummary, tolerance: number | undefined): string[] {
  const unit = unitText(units);
  const measured = { units, nsdTolerance: tolerance };
  const further = measuredFurther(summary.average).map((metric) => furtherHead(metric, measured));
  return ["Dice % (95 % interval)", "Jaccard %", `HD95 ${unit}`, `ASD ${unit}`, ...further];
}

type Counted = Pick<DomainSummary, "cases" | "subjects" | "parts" | "average" | "emptyInBoth">;

/** One row for each part, and one for their average where there are several. @param domains that the row is of */
function rowsOf(name: string, summary: Counted, showsSubjects: boolean, domains: readonly DomainSummary[]) {
  const { cases, subjects, parts, average } = summary;
  const counts = (part: string | null) => [...(showsSubjects ? [subjects, cases] : [cases]), missedText(domains, part)];
  const rows = Object.entries(parts).map(([part, metrics]) => [
    ...[name, part, ...counts(part)],
    ...cells(metrics, markOf(summary, part)),
  ]);
  return rows.length > 1 ? [...rows, [name, "average", ...counts(null), ...cells(average)]] : rows;
}

function gapLine({ gap, domains }: EvaluationSummary): string[] {
  if (!gap) return [];
  const { labelled, others, difference } = gap.dice;
  const name = domains.find((one) => one.labelled)?.name;
  const interval = difference.interval ? ` (95 % interval ${difference.interval.map(percent).join(" to ")})` : "";
  return [
    `Dice of the labelled domain ${name} ${percent(labelled)}, of the other domains ${percent(others)}: ` +
      `gap ${percent(difference.mean)}${interval}`,
  ];
}

function undefinedLine({ average }: EvaluationSummary): string[] {
  const left = Object.entries(average).flatMap(([metric, { undefinedValues }]) =>
    undefinedValues > 0 ? [`${undefinedValues} of ${metric}`] : [],
  );
  return left.length === 0 ? [] : [`Undefined by the convention and left out of the means: ${left.join(", ")}.`];
}

/** Table by domain and part, means over domains below, then the gap between labelled and other domains. */
export function evaluationTable(summary: EvaluationSummary, units: DistanceUnits, nsdTolerance?: number): string {
  const grouped = hasSubjects(summary);
  const domains = summary.domains.flatMap((one) =>
    rowsOf(one.labelled ? `${one.name} (labelled)` : one.name, one, grouped, [one]),
  );
  const all = summary.domains.length > 1 ? rowsOf("mean of domains", summary, grouped, summary.domains) : [];
  const numbers = [
    ...(grouped ? ["subjects", "cases"] : ["cases"]),
    "missed",
    ...metricNames(units, summary, nsdTolerance),
  ];
  const align = ["left", "left", ...numbers.map(() => "right")] as ("left" | "right")[];
  const table = formatTable(["domain", "part", ...numbers], [...domains, ...all], align);
  return [
    table,
    ...gapLine(summary),
    ...singleSubjectNote(summary),
    ...emptyMasksNotes(summary),
    ...undefinedLine(summary),
  ].join("\n");
}
