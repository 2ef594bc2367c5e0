/** The tables of a report that are about single runs: the overview, and every domain and part. */
import {
  absentPartsNote,
  emptyMasksNotes,
  hasNoValue,
  markOf,
  missedMeaning,
  missedText,
  noValue,
} from "../judging/empty-masks-text.js";
import { type FurtherMetric, furtherMetrics } from "../judging/further-names.js";
import { furtherHead, measuredFurther, unitText } from "../judging/metric-text.js";
import { type CaseCounts, hasSubjects, singleSubjectNote, subjectsText } from "../judging/subjects-text.js";
import type {
  DomainSummary,
  Estimate,
  EvaluationSummary,
  MetricEstimates,
  PartsSummary,
  SummaryMetric,
} from "../judging/summarise.js";
import { judgedDomains, type ReportData, type ReportRun, type RunEvaluation } from "./data.js";
import { bytesText, distanceText, durationText, percentText } from "./numbers.js";
import type { ReportCell, ReportTable } from "./table.js";

type AnyMetric = SummaryMetric | FurtherMetric;

const dash: ReportCell = { text: noValue };

/** A key as a step of a JSON pointer (RFC 6901). */
export function pointerKey(key: string | number): string {
  return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What the intervals are over: each run's subjects or cases where they differ, else once for all. */
export function intervalsOver({ runs }: Pick<ReportData, "runs">): string {
  const texts = new Set(runs.flatMap(({ evaluation }) => (evaluation ? [subjectsText(evaluation.summary)] : [])));
  const grouped = runs.some(({ evaluation }) => evaluation && hasSubjects(evaluation.summary));
  return grouped ? `over ${[...texts].join(" or ")}` : "over cases";
}

/** What `note` says of the runs' summaries, once for all runs. */
function summaryNotes(runs: readonly ReportRun[], note: (summary: EvaluationSummary) => string[]): string[] {
  return [...new Set(runs.flatMap(({ evaluation }) => (evaluation ? note(evaluation.summary) : [])))];
}

/** Where a number of a run's `summary.json` was read. */
export function summarySource(run: ReportRun, keys: readonly (string | number)[]): string | undefined {
  const folder = run.evaluation?.folder;
  if (!folder) return undefined;
  return `${run.id}/${folder}/summary.json#/${keys.map(pointerKey).join("/")}`;
}

/** `93.3 (91.0 to 95.1)` in percent: a mean with its interval. */
export function intervalText({ mean, interval }: Pick<Estimate, "mean" | "interval">): string {
  return interval ? `${percentText(mean)} (${interval.map(percentText).join(" to ")})` : percentText(mean);
}

const distances: readonly AnyMetric[] = ["hd95", "asd"];

function estimateCell(
  run: ReportRun,
  estimate: Estimate | undefined,
  metric: AnyMetric,
  at: readonly (string | number)[],
  mark = "",
): ReportCell {
  if (!estimate || hasNoValue(estimate)) return dash;
  const text =
    metric === "dice"
      ? intervalText(estimate)
      : (distances.includes(metric) ? distanceText : percentText)(estimate.mean);
  return { text: `${text}${mark}`, value: estimate.mean, source: summarySource(run, [...at, metric, "mean"]) };
}

/** Means over the domains that the labels came from, or the others. */
function gapCells(run: ReportRun, { summary: { gap, average, domains } }: RunEvaluation): ReportCell[] {
  const isLabelledAlone = domains.length === 1 && domains[0].labelled;
  if (!gap) return [isLabelledAlone ? estimateCell(run, average.dice, "dice", ["average"]) : dash, dash, dash];
  const { labelled, others, difference } = gap.dice;
  const source = (...keys: string[]) => summarySource(run, ["gap", "dice", ...keys]);
  return [
    { text: percentText(labelled), value: labelled, source: source("labelled") },
    { text: percentText(others), value: others, source: source("others") },
    { text: intervalText(difference), value: difference.mean, source: source("difference", "mean") },
  ];
}

/** A further metric as a column; the surface Dice has one for each tolerance. */
interface FurtherColumn {
  readonly metric: FurtherMetric;
  readonly head: string;
}

function furtherOf({ about, summary }: RunEvaluation): FurtherColumn[] {
  return measuredFurther(summary.average).map((metric) => ({ metric, head: furtherHead(metric, about) }));
}

/** Further metrics that some run was judged by. */
function furtherColumns({ runs }: Pick<ReportData, "runs">): FurtherColumn[] {
  const byHead = new Map(
    runs.flatMap(({ evaluation }) => (evaluation ? furtherOf(evaluation) : [])).map((one) => [one.head, one]),
  );
  return furtherMetrics.flatMap((metric) => [...byHead.values()].filter((one) => one.metric === metric));
}

/** A run's cells under further metrics; a dash where it was not judged by one. */
function furtherCells(
  run: ReportRun,
  estimates: MetricEstimates,
  columns: readonly FurtherColumn[],
  at: readonly (string | number)[],
  mark = "",
): ReportCell[] {
  const own = run.evaluation ? furtherOf(run.evaluation).map(({ head }) => head) : [];
  return columns.map(({ metric, head }) =>
    own.includes(head) ? estimateCell(run, estimates[metric], metric, at, mark) : dash,
  );
}

function undefinedNote({ name, evaluation }: ReportRun): string[] {
  const left = Object.entries(evaluation?.summary.average ?? {}).flatMap(([metric, { undefinedValues }]) =>
    undefinedValues > 0 ? [`${undefinedValues} of ${metric}`] : [],
  );
  return left.length === 0
    ? []
    : [`${name}: undefined by the convention and left out of the means: ${left.join(", ")}.`];
}

/** How many cases, and of how many subjects where the table tells them. */
function countCells(
  run: ReportRun,
  counts: CaseCounts,
  at: readonly (string | number)[],
  keys: readonly (keyof CaseCounts)[],
): ReportCell[] {
  return keys.map((key) => ({
    ...{ text: String(counts[key]), value: counts[key] },
    // A summary of the time before subjects holds cases alone.
    ...(key === "cases" || hasSubjects(counts) ? { source: summarySource(run, [...at, key]) } : {}),
  }));
}

/** How many subjects (where some have several cases) and cases the tables tell of. */
function countKeys(judged: readonly ReportRun[]): readonly (keyof CaseCounts)[] {
  const grouped = judged.some(({ evaluation }) => hasSubjects((evaluation as RunEvaluation).summary));
  return grouped ? ["subjects", "cases"] : ["cases"];
}

function judgedRuns({ runs }: Pick<ReportData, "runs">): ReportRun[] {
  return runs.filter(({ evaluation }) => evaluation);
}

function overviewRow(
  run: ReportRun,
  further: readonly FurtherColumn[],
  counts: readonly (keyof CaseCounts)[],
): ReportCell[] {
  const { name, id, evaluation, cost, state } = run;
  const scores = evaluation
    ? [
        estimateCell(run, evaluation.summary.average.dice, "dice", ["average"]),
        ...gapCells(run, evaluation),
        estimateCell(run, evaluation.summary.average.hd95, "hd95", ["average"]),
        ...furtherCells(run, evaluation.summary.average, further, ["average"]),
        ...countCells(run, evaluation.summary, [], counts),
        { text: missedText(evaluation.summary.domains, null) },
        { text: String(evaluation.about.checkpoint.step), value: evaluation.about.checkpoint.step },
      ]
    : Array.from({ length: 7 + further.length + counts.length }, () => dash);
  const costs = cost
    ? [
        { text: durationText(cost.seconds), value: cost.seconds },
        { text: bytesText(cost.peakMemoryBytes), value: cost.peakMemoryBytes },
      ]
    : [dash, dash];
  const stage = state.stage === "finished" ? state.stage : `${state.stage}, ${state.step ?? 0}/${state.iterations}`;
  return [{ text: name, link: id }, ...scores, { text: stage }, ...costs];
}

/** One row a run: how good, how even over domains, how long and how large. */
export function overviewTable({ runs, choice }: ReportData): ReportTable {
  const further = furtherColumns({ runs });
  const judged = judgedRuns({ runs });
  const counts = countKeys(judged);
  return {
    id: "overview",
    title: "Overview",
    header: [
      "run",
      "Dice %",
      "labelled domain",
      "other domains",
      "gap",
      `HD95 ${unitText(choice.units)}`,
      ...further.map(({ head }) => head),
      ...counts,
      "missed",
      "judged at step",
      "state",
      "time",
      "memory",
    ],
    rows: runs.map((run) => overviewRow(run, further, counts)),
    notes: [
      `Means over domains, in percent, with 95 % bootstrap intervals ${intervalsOver({ runs })}. Gap: labelled domain minus the mean of the others. ${missedMeaning}.`,
      ...summaryNotes(runs, singleSubjectNote),
      ...summaryNotes(runs, absentPartsNote),
      ...judged.flatMap(undefinedNote),
    ],
  };
}

/** Dice only, one column a domain: what most readers look for. */
export function diceTable({ runs }: ReportData): ReportTable {
  const judged = judgedRuns({ runs });
  const counts = countKeys(judged);
  const labelled = new Set(
    judged.flatMap(({ evaluation }) =>
      evaluation?.summary.domains.filter((one) => one.labelled).map(({ name }) => name),
    ),
  );
  const domains = judgedDomains({ runs });
  const rows = judged.flatMap((run) => {
    const { summary } = run.evaluation as RunEvaluation;
    const parts = Object.keys(summary.parts);
    const row = (part: string | null) => {
      const of = ({ parts, average }: PartsSummary) => (part === null ? average : parts[part]).dice;
      const at = part === null ? ["average"] : ["parts", part];
      const cells = domains.map((name) => {
        const d = summary.domains.findIndex((one) => one.name === name);
        if (d < 0) return dash;
        const mark = part === null ? "" : markOf(summary.domains[d], part);
        return estimateCell(run, of(summary.domains[d]), "dice", ["domains", d, ...at], mark);
      });
      const mean = estimateCell(run, of(summary), "dice", at);
      return [
        ...[{ text: run.name, link: run.id }, { text: part ?? "average" }],
        ...countCells(run, summary, [], counts),
        { text: missedText(summary.domains, part) },
        ...[...cells, mean],
      ];
    };
    return [...parts.map(row), ...(parts.length > 1 ? [row(null)] : [])];
  });
  return {
    id: "dice",
    title: "Dice by domain and part",
    header: [
      ...["run", "part", ...counts, "missed"],
      ...domains.map((name) => (labelled.has(name) ? `${name} (labelled)` : name)),
      "mean of domains",
    ],
    rows,
    notes: [
      `Dice in percent with 95 % bootstrap intervals ${intervalsOver({ runs })}. ${missedMeaning}.`,
      ...summaryNotes(runs, singleSubjectNote),
      ...summaryNotes(runs, emptyMasksNotes),
    ],
  };
}

const metrics: readonly SummaryMetric[] = ["dice", "jaccard", "hd95", "asd"];

function metricCells(
  run: ReportRun,
  estimates: MetricEstimates,
  further: readonly FurtherColumn[],
  at: readonly (string | number)[],
  mark = "",
): ReportCell[] {
  return [
    ...metrics.map((metric) => estimateCell(run, estimates[metric], metric, at, mark)),
    ...furtherCells(run, estimates, further, at, mark),
  ];
}

/** A row for each part, and one for their average where there are several. */
function partRows(
  run: ReportRun,
  name: string,
  counts: readonly ReportCell[],
  summary: PartsSummary & Pick<DomainSummary, "emptyInBoth">,
  domains: readonly DomainSummary[],
  further: readonly FurtherColumn[],
  at: readonly (string | number)[],
): ReportCell[][] {
  const { parts, average } = summary;
  const missed = (part: string | null) => ({ text: missedText(domains, part) });
  const rows = Object.entries(parts).map(([part, estimates]) => [
    ...[{ text: run.name }, { text: name }, { text: part }, ...counts, missed(part)],
    ...metricCells(run, estimates, further, [...at, "parts", part], markOf(summary, part)),
  ]);
  if (rows.length < 2) return rows;
  const mean = metricCells(run, average, further, [...at, "average"]);
  return [...rows, [{ text: run.name }, { text: name }, { text: "average" }, ...counts, missed(null), ...mean]];
}

/** Every domain and part of every run. */
export function domainTable({ runs, choice }: ReportData): ReportTable {
  const unit = unitText(choice.units);
  const further = furtherColumns({ runs });
  const judged = judgedRuns({ runs });
  const counts = countKeys(judged);
  return {
    id: "domains",
    title: "Every domain, part and metric",
    header: [
      ...["run", "domain", "part", ...counts, "missed", "Dice %", "Jaccard %", `HD95 ${unit}`, `ASD ${unit}`],
      ...further.map(({ head }) => head),
    ],
    rows: judged.flatMap((run) => {
      const { summary } = run.evaluation as RunEvaluation;
      return [
        ...summary.domains.flatMap((domain, d) =>
          partRows(
            run,
            domain.labelled ? `${domain.name} (labelled)` : domain.name,
            countCells(run, domain, ["domains", d], counts),
            domain,
            [domain],
            further,
            ["domains", d],
          ),
        ),
        ...(summary.domains.length > 1
          ? partRows(
              run,
              "mean of domains",
              countCells(run, summary, [], counts),
              summary,
              summary.domains,
              further,
              [],
            )
          : []),
      ];
    }),
    notes: [
      `Dice with its 95 % bootstrap interval ${intervalsOver({ runs })}. Means of domains are unweighted. ${missedMeaning}.`,
      ...summaryNotes(judged, singleSubjectNote),
      ...summaryNotes(judged, emptyMasksNotes),
      ...judged.flatMap(undefinedNote),
    ],
  };
}

/** How well a linear classifier tells the domains from the features; no rows where none were computed. */
export function separabilityTable(data: ReportData): ReportTable {
  const seen = data.runs.flatMap(({ findings }) => findings?.features?.points.map(({ domain }) => domain) ?? []);
  const domains = [...new Set([...judgedDomains(data), ...seen])];
  const share = (value: number | undefined): ReportCell =>
    value === undefined ? dash : { text: percentText(value), value };
  const rows = data.runs.flatMap(({ name, id, findings }) => {
    const found = findings?.features?.separability;
    if (!found) return [];
    return [
      [
        ...[{ text: name, link: id }, share(found.accuracy), share(found.chance)],
        ...domains.map((domain) => share(found.perDomain[domain])),
      ],
    ];
  });
  return {
    id: "separability",
    title: "Domain separability",
    header: ["run", "accuracy %", "chance %", ...domains],
    rows,
    notes: [
      "Held-out accuracy in percent of a linear classifier from the features to the domain, each domain counting the same; lower is more alike. The picture can mislead, this number less so.",
    ],
  };
}
