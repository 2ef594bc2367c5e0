/** A comparison as text in cells, before any format: what the columns are, how numbers are written, what must be said. */
import { furtherText } from "../config/labelled-text.js";
import { counted } from "../core/counted.js";
import { groupBy } from "../core/group-by.js";
import { missedMeaning } from "../judging/empty-masks-text.js";
import type { FurtherMetric } from "../judging/further-names.js";
import { judgedGridText } from "../judging/grid-text.js";
import { furtherHead, unitText } from "../judging/metric-text.js";
import { judgedRulesText } from "../judging/rules-text.js";
import { hasSubjects, subjectsText } from "../judging/subjects-text.js";
import type { Interval } from "../statistics/bootstrap.js";
import { mean } from "../statistics/mean.js";
import { type ComparedGroup, type Comparison, type Spread, significanceLevel } from "./comparison.js";
import type { ComparedMetric } from "./counts.js";
import { type PublishedRow, type PublishedTable, publishedPart, publishedTables } from "./published.js";
import type { Judgement } from "./read-run.js";

/** A cell; formats show a mark in their own way. */
export interface Cell {
  text: string;
  mark?: "best" | "close";
}

export interface ComparisonTable {
  header: string[];
  rows: Cell[][];
  /** Sentences that belong under the table. */
  notes: string[];
}

const dash = "–";

function decimal(value: number, digits: number): string {
  if (Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return "infinite";
  return value.toFixed(digits);
}

/** `81.2 ± 0.4`; no spread for one seed. */
function spreadText({ mean: centre, deviation }: Spread, factor = 1): string {
  const spread = Number.isFinite(deviation) ? ` ± ${decimal(factor * deviation, 1)}` : "";
  return `${decimal(factor * centre, 1)}${spread}`;
}

const percent = (spread: Spread): string => spreadText(spread, 100);

export function pValueText(value: number): string {
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

function differenceText(difference: Interval | null): string {
  if (!difference) return dash;
  const { estimate, low, high } = difference;
  const points = (value: number) => (100 * value).toFixed(1);
  return Number.isNaN(low) ? points(estimate) : `${points(estimate)} (${points(low)} to ${points(high)})`;
}

/** A set with one part has that as its average, and one with one domain no gap. */
function showsParts({ parts }: Comparison): boolean {
  return parts.length > 1;
}

/** A column of a metric other than Dice. */
interface MetricColumn {
  readonly head: string;
  readonly metric: ComparedMetric;
  /** Over the values that all runs have. */
  readonly inCommon: boolean;
}

function headOf(metric: ComparedMetric, judgement: Judgement): string {
  const unit = unitText(judgement.units);
  const own: Partial<Record<ComparedMetric, string>> = { hd95: `HD95 ${unit}`, asd: `ASD ${unit}` };
  return own[metric] ?? furtherHead(metric as FurtherMetric, judgement);
}

/** Metrics that the table shows beside Dice. */
function shownMetrics({ further }: Comparison): ComparedMetric[] {
  return ["hd95", "asd", ...further];
}

/** Distances and further metrics; where runs have values of different cases, each a second time in common. */
function metricColumns(comparison: Comparison, judgement: Judgement): MetricColumn[] {
  return shownMetrics(comparison).flatMap((metric) => {
    const head = headOf(metric, judgement);
    const column = { head, metric, inCommon: false };
    const isUneven = comparison.uneven.some((one) => one.metric === metric);
    return isUneven ? [column, { head: `${head}, in common`, metric, inCommon: true }] : [column];
  });
}

function metricText(group: ComparedGroup, { metric, inCommon }: MetricColumn): string {
  const { metrics, further, counts } = group;
  const spread = (inCommon ? group.inCommon : { ...metrics, ...further })[metric] as Spread;
  const text = metric === "hd95" || metric === "asd" ? spreadText(spread) : percent(spread);
  const missed = inCommon ? 0 : (counts[metric]?.missed ?? 0);
  return missed > 0 ? `${text} (${missed} missed)` : text;
}

function headerOf(comparison: Comparison, columns: readonly MetricColumn[]): string[] {
  const { domains, labelledDomain, parts, reference } = comparison;
  return [
    "Dice %",
    "seeds",
    ...domains.map((name) => (name === labelledDomain ? `${name} (labelled)` : name)),
    ...(showsParts(comparison) ? parts : []),
    "average",
    "gap",
    ...columns.map(({ head }) => head),
    "to the best (95 %)",
    "p (Holm)",
    ...(reference === null ? [] : [`to ${reference} (95 %)`]),
  ];
}

function groupRow(group: ComparedGroup, comparison: Comparison, columns: readonly MetricColumn[]): Cell[] {
  const { name, seeds, domains, parts, metrics, gap, standing, againstBest } = group;
  const marked = standing === "worse" ? {} : { mark: standing };
  const texts = (values: readonly string[]) => values.map((text): Cell => ({ text }));
  return [
    ...texts([name, String(seeds.length), ...domains.map(percent)]),
    ...texts(showsParts(comparison) ? parts.map(percent) : []),
    // Without a rival nothing is best.
    comparison.groups.length > 1 ? { text: percent(metrics.dice), ...marked } : { text: percent(metrics.dice) },
    ...texts([
      gap ? percent(gap) : dash,
      ...columns.map((column) => metricText(group, column)),
      differenceText(againstBest?.difference ?? null),
      againstBest ? pValueText(againstBest.adjusted) : dash,
      ...(comparison.reference === null ? [] : [differenceText(group.againstReference)]),
    ]),
  ];
}

/** A published row in our columns: with labels from our labelled domain where it says, else averaged over the choices. */
function publishedRow(
  row: PublishedRow,
  table: PublishedTable,
  column: number,
  comparison: Comparison,
  columns: readonly MetricColumn[],
  { units, at }: Judgement,
): Cell[] {
  const { method, labelled, byLabelledDomain, dice } = row;
  const own = byLabelledDomain?.[column];
  const parts = showsParts(comparison)
    ? comparison.parts.map((name) => {
        const value = own?.[publishedPart(table, name)];
        return value === undefined ? dash : decimal(value, 1);
      })
    : [];
  // Published distances are in pixels of the network's grid.
  const hasUnit = units !== "mm" && at === undefined;
  const distance = (value: number | null) => (own || !hasUnit || value === null ? dash : decimal(value, 1));
  return [
    `${method}, ${labelled} labelled (published)`,
    dash,
    ...comparison.domains.map(() => dash),
    ...parts,
    decimal(own ? mean(own) : dice, 1),
    dash,
    ...columns.map(({ metric, inCommon }) =>
      !inCommon && (metric === "hd95" || metric === "asd") ? distance(row[metric]) : dash,
    ),
    dash,
    dash,
    ...(comparison.reference === null ? [] : [dash]),
  ].map((text) => ({ text }));
}

function publishedNote(table: PublishedTable, column: number, { labelledDomain }: Comparison): string {
  const what =
    column >= 0
      ? `with labels from ${labelledDomain}`
      : "averaged over the choices of the labelled domain, which is not what our rows are";
  const sources = [...new Set(table.rows.map(({ source }) => source))].join("; ");
  return `Rows marked (published) are copied, not computed: ${table.title}, ${what}. Their protocol: ${table.protocol}. Sources: ${sources}.`;
}

function testNote(comparison: Comparison): string[] {
  const { groups, cases } = comparison;
  const tested = groups.find(({ againstBest }) => againstBest)?.againstBest;
  if (!tested) return [];
  const fewer = tested.cases < cases ? ` (defined: ${subjectsText(tested)})` : "";
  const what = hasSubjects(comparison) ? ", and for the Wilcoxon test over the cases of a subject" : "";
  const unknown = Number.isNaN(tested.difference.low)
    ? " No interval is defined, and so nothing significantly worse, where a domain has a single subject."
    : "";
  return [
    `Marked: the best average Dice, and those not significantly worse. Significantly worse is a Wilcoxon signed-rank p of at most ${significanceLevel} after Holm's correction and a 95 % paired bootstrap interval below 0, over ${subjectsText(comparison)}${fewer} whose Dice is first averaged over parts and seeds${what}.${unknown}`,
  ];
}

function referenceNote({ reference }: Comparison): string[] {
  if (reference === null) return [];
  return [
    `To ${reference}: mean difference of the average Dice, seed by seed, with a 95 % bootstrap interval over seeds and subjects. An interval over seeds needs two of them, and five are few.`,
  ];
}

/** How many structures each row missed; nothing where none did. */
function missedNote({ groups, parts }: Comparison): string[] {
  const some = groups.filter(({ structures }) => structures.missed > 0);
  if (some.length === 0) return [];
  const over = [
    ...(parts.length > 1 ? ["parts"] : []),
    ...(groups.some(({ seeds }) => seeds.length > 1) ? ["seeds"] : []),
  ].join(" and ");
  const rows = some.map(({ name, structures }) => `${name} ${structures.missed} of ${structures.count}`);
  const others = some.length < groups.length ? ", the others none" : "";
  return [`${missedMeaning}${over ? `, counted over ${over}` : ""}; ${rows.join(", ")}${others}.`];
}

/** What the marks behind means say; nothing where there is none. */
function leftOutNote(comparison: Comparison): string[] {
  const isMarked = comparison.groups.some(({ counts }) =>
    shownMetrics(comparison).some((metric) => (counts[metric]?.missed ?? 0) > 0),
  );
  if (!isMarked) return [];
  return [
    "A mean with (n missed) is without n of them, as the convention has no value there, and looks better for it.",
  ];
}

/** Why there are columns in common, and over what they are. */
function commonNotes(comparison: Comparison, judgement: Judgement): string[] {
  const shown = comparison.uneven.filter(({ metric }) => shownMetrics(comparison).includes(metric));
  return [...groupBy(shown, ({ common }) => common)].map(([common, alike]) => {
    const heads = alike.map(({ metric }) => headOf(metric, judgement)).join(" and ");
    return (
      `${heads} ${alike.length > 1 ? "are" : "is"} not over the same cases in every run; in common: over the ` +
      `${common} of ${alike[0].possible} values that all have.`
    );
  });
}

/** Rows that trained for longer are no fair rivals without a word. */
function stepsNote({ groups }: Comparison): string[] {
  const steps = [...new Set(groups.map(({ iterations }) => iterations))];
  if (steps.length === 1) return [];
  const rows = groups.map(({ name, iterations }) => `${name} ${iterations}`);
  return [`Not trained for equally many steps: ${rows.join(", ")}.`];
}

/** Everything that must be known to compare the numbers with others. */
export interface ComparisonContext {
  judgement: Judgement;
  checkpoint: string;
  network: string;
  labelled: { count: number; validation: number; further?: Readonly<Record<string, readonly string[]>> | undefined };
  published?: keyof typeof publishedTables;
}

/** Whether volumes were judged as a whole rather than at a square. */
function isWhole({ patch, at, slices }: Judgement): boolean {
  return patch !== undefined || (at === "native" && slices !== undefined);
}

/** Lays a comparison out as a table. */
export function comparisonTable(comparison: Comparison, context: ComparisonContext): ComparisonTable {
  const { judgement, checkpoint, network, labelled } = context;
  const { dataset, testTimeFlips, convention } = judgement;
  const rules = judgedRulesText(judgement);
  const published = context.published && publishedTables[context.published];
  const further = furtherText(labelled);
  const name = comparison.labelledDomain.toLowerCase();
  const column = published ? published.labelledDomains.findIndex((names) => names.includes(name)) : -1;
  const columns = metricColumns(comparison, judgement);
  return {
    header: headerOf(comparison, columns),
    rows: [
      ...comparison.groups.map((group) => groupRow(group, comparison, columns)),
      ...(published
        ? published.rows.map((row) => publishedRow(row, published, column, comparison, columns, judgement))
        : []),
    ],
    notes: [
      `${dataset.name}: ${comparison.cases} test cases${hasSubjects(comparison) ? ` of ${counted(comparison.subjects, "subject")}` : ""}${isWhole(judgement) ? "," : " at"} ${judgedGridText(judgement)}${testTimeFlips ? ", averaged over mirror images" : ""}${rules ? `, ${rules}` : ""}; ` +
        `${labelled.count} labelled cases of ${comparison.labelledDomain}${further ? `, ${further}` : ""}, ${labelled.validation} for validation; ${network}, checkpoint ${checkpoint}; ` +
        `convention ${convention.name} (${convention.description}).`,
      "Mean ± standard deviation over seeds. Gap: labelled domain minus the mean of the others.",
      ...comparison.leftOut,
      ...missedNote(comparison),
      ...leftOutNote(comparison),
      ...commonNotes(comparison, judgement),
      ...stepsNote(comparison),
      ...testNote(comparison),
      ...referenceNote(comparison),
      ...(published ? [publishedNote(published, column, comparison)] : []),
    ],
  };
}
