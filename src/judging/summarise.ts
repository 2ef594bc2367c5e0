/**
 * From one row per case and part to the numbers of a results table, averaged as MiDSS does (method section 3.6):
 * over the cases of a domain, then unweighted over domains, then over parts. Undefined values (NaN, by convention for
 * some empty masks) are left out and counted. A part that no reference of a domain holds has no value there: how well
 * nothing was found says little, and would raise the domain that lacks the hard part above the others.
 */
import { groupBy } from "../core/group-by.js";
import { bootstrapMean } from "../statistics/bootstrap.js";
import { definedValues, mean, meanOfMeans } from "../statistics/mean.js";
import type { PartScore } from "./evaluate-network.js";
import { type FurtherMetric, furtherMetrics } from "./further-names.js";

/** The metrics of a results table. */
export const summaryMetrics = ["dice", "jaccard", "hd95", "asd"] as const;
/** Name of a metric of a results table. */
export type SummaryMetric = (typeof summaryMetrics)[number];

/** A mean over cases or over domains. */
export interface Estimate {
  /** NaN when no value is defined. */
  readonly mean: number;
  /**
   * 95 % bootstrap interval over subjects, resampled within their domains; null when not asked for, when not all values
   * are finite, and when a domain has a single subject, whose spread nobody knows.
   */
  readonly interval: readonly [low: number, high: number] | null;
  /** Values that went into the mean, and those left out as undefined. */
  readonly values: number;
  readonly undefinedValues: number;
  /** Subjects that the values are of; missing in a `summary.json` of the time before subjects. */
  readonly subjects?: number;
}

/** One estimate per metric. */
export type MetricEstimates = Readonly<Record<SummaryMetric, Estimate> & Partial<Record<FurtherMetric, Estimate>>>;

type AnyMetric = SummaryMetric | FurtherMetric;

/** Metrics by part name, and their average over parts. */
export interface PartsSummary {
  readonly parts: Readonly<Record<string, MetricEstimates>>;
  readonly average: MetricEstimates;
}

/** The scores of one domain. */
export interface DomainSummary extends PartsSummary {
  readonly name: string;
  /** Whether the training labels came from this domain. */
  readonly labelled: boolean;
  readonly cases: number;
  readonly subjects: number;
  /** Parts that no reference of the domain holds; they have no values here. Missing where there is none. */
  readonly absentParts?: readonly string[];
  /** For each part the cases in which neither mask holds it, scored by the convention. Missing where there is none. */
  readonly emptyInBoth?: Readonly<Record<string, number>>;
  /**
   * For each part that the domain holds the cases in which the reference has it and nothing of it was predicted. Means
   * without these cases improve by missing, so the numbers stand beside them. Missing in an evaluation of the time before.
   */
  readonly missed?: Readonly<Record<string, number>>;
}

/** How much the labelled domain is better than the mean of the others, averaged over the parts that both hold. */
export interface DomainGap {
  readonly labelled: number;
  readonly others: number;
  /** `labelled − others` with its interval. */
  readonly difference: Estimate;
}

/** The content of a results table. `parts` and `average` are unweighted means over the domains. */
export interface EvaluationSummary extends PartsSummary {
  readonly cases: number;
  /** Fewer than cases where a subject has several of them. */
  readonly subjects: number;
  readonly domains: readonly DomainSummary[];
  /** Null when the labelled domain is not among the domains, is the only one, or shares no part with another. */
  readonly gap: Readonly<Record<SummaryMetric, DomainGap>> | null;
}

/** Choices of {@link summarise}. */
export interface SummaryOptions {
  /** The domain that the training labels came from. */
  readonly labelledDomain?: string;
  /** Draws of the intervals; no intervals without it. */
  readonly bootstrap?: { readonly seed: number; readonly resamples?: number };
}

/**
 * Values of one part (or of the average over parts): one array for each domain, one value for each case; no value at all
 * of a domain without the part.
 */
type DomainValues = readonly (readonly number[])[];
/** The subjects of the cases, in the same shape. */
type DomainSubjects = readonly (readonly string[])[];

function distinctCount(subjects: DomainSubjects): number {
  return new Set(subjects.flat()).size;
}

/** Mean of domain means; domains without a defined value do not take part. */
function estimate(groups: DomainValues, subjects: DomainSubjects, { bootstrap }: SummaryOptions): Estimate {
  const defined = groups.map(definedValues).filter((group) => group.length > 0);
  const own = subjects
    .map((group, d) => group.filter((_, i) => isDefined(groups[d][i])))
    .filter((group) => group.length > 0);
  const count = (some: DomainValues) => some.reduce((total, group) => total + group.length, 0);
  const values = count(defined);
  const finite = values > 0 && defined.every((group) => group.every(Number.isFinite));
  const drawn = bootstrap && finite ? bootstrapMean(defined, { ...bootstrap, subjects: own }) : null;
  return {
    mean: meanOfMeans(defined),
    interval: drawn && !Number.isNaN(drawn.low) ? [drawn.low, drawn.high] : null,
    values,
    undefinedValues: count(groups) - values,
    subjects: distinctCount(own),
  };
}

/** Whether there is a value, and it is a number. */
function isDefined(value: number | undefined): boolean {
  return value !== undefined && !Number.isNaN(value);
}

/** How many of the domains have values of a part. */
function domainsWith(part: DomainValues): number {
  return part.filter((group) => group.length > 0).length;
}

/** How many of the domains have values of any part. */
function domainsWithAny(byPart: readonly DomainValues[]): number {
  return domainsWith(byPart[0].map((_, d) => byPart.flatMap((part) => part[d])));
}

/**
 * For each domain and case, the mean over parts; nothing for a domain that has none of them.
 * @param weight of a part in a domain that has it, 1 where all domains have it: fewer of them stand for more each
 */
function meanOverParts(
  byPart: readonly DomainValues[],
  weight: (part: DomainValues, domain: number) => number,
): DomainValues {
  return byPart[0].map((_, d) => {
    const own = byPart.filter((part) => part[d].length > 0);
    const cases = own[0]?.[d] ?? [];
    return cases.map((__, i) => {
      const sum = own.reduce((total, part) => total + part[d][i] * weight(part, d), 0);
      return sum / byPart.length;
    });
  });
}

/**
 * The average over the parts that some domain has. Its interval resamples whole cases, since the parts of a case are not
 * independent; there is none when a value is undefined, because the mean of case means would then be another number.
 */
function estimateAverage(table: readonly DomainValues[], subjects: DomainSubjects, options: SummaryOptions): Estimate {
  const byPart = table.filter((part) => domainsWith(part) > 0);
  const parts = byPart.map((groups) => estimate(groups, subjects, {}));
  const total = (key: "values" | "undefinedValues") => parts.reduce((sum, part) => sum + part[key], 0);
  const judged = subjects.map((group, d) => group.filter((_, i) => byPart.some((groups) => isDefined(groups[d][i]))));
  const caseMeans = () => {
    const domains = domainsWithAny(byPart);
    return meanOverParts(byPart, (part) => domains / domainsWith(part));
  };
  const complete = total("values") > 0 && total("undefinedValues") === 0;
  return {
    mean: mean(definedValues(parts.map((part) => part.mean))),
    interval: complete ? estimate(caseMeans(), subjects, options).interval : null,
    values: total("values"),
    undefinedValues: total("undefinedValues"),
    subjects: distinctCount(judged),
  };
}

/** The parts that the labelled domain has and another one has, too: the others have no counterpart. */
function sharedParts(table: readonly DomainValues[], labelled: number): DomainValues[] {
  return table.filter((part) => part[labelled].length > 0 && domainsWith(part) > 1);
}

/** The labelled domain against the mean of the others; the weights make their difference a mean over domains. */
function estimateGap(
  byPart: readonly DomainValues[],
  subjects: DomainSubjects,
  labelled: number,
  options: SummaryOptions,
): DomainGap {
  const domains = domainsWithAny(byPart);
  const only = (wanted: (domain: number) => boolean) =>
    estimateAverage(
      byPart.map((groups) => groups.filter((_, d) => wanted(d))),
      subjects.filter((_, d) => wanted(d)),
      {},
    );
  const own = only((d) => d === labelled);
  const others = only((d) => d !== labelled);
  const all = estimateAverage(byPart, subjects, {});
  const caseMeans = meanOverParts(byPart, (part, d) => (d === labelled ? 1 : (domains - 1) / (domainsWith(part) - 1)));
  const weighted = caseMeans.map((group, d) =>
    group.map((value) => value * (d === labelled ? domains : -domains / (domains - 1))),
  );
  return {
    labelled: own.mean,
    others: others.mean,
    difference: {
      ...all,
      mean: own.mean - others.mean,
      interval: all.undefinedValues === 0 ? estimate(weighted, subjects, options).interval : null,
    },
  };
}

/** The same for each metric of the table. */
type ByMetric<T> = Record<SummaryMetric, T> & Partial<Record<FurtherMetric, T>>;

function forEachMetric<T>(metrics: readonly AnyMetric[], make: (metric: AnyMetric) => T): ByMetric<T> {
  return Object.fromEntries(metrics.map((metric) => [metric, make(metric)])) as ByMetric<T>;
}

/** Distinct values in order of first appearance. */
function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** The rows of each domain and part. */
type Rows = (domain: string, part: string) => readonly PartScore[];

function rowsOf(scores: readonly PartScore[]): Rows {
  const key = (domain: string, part: string) => JSON.stringify([domain, part]);
  const groups = groupBy(scores, ({ domain, part }) => key(domain, part));
  return (domain, part) => groups.get(key(domain, part)) ?? [];
}

/** Whether no reference of a domain holds a part, by its rows. */
function isAbsent(rows: readonly PartScore[]): boolean {
  return rows.every(({ empty }) => empty === "both" || empty === "reference");
}

/**
 * The rows without those of parts that no reference of their domain holds, which say nothing of how well the part is
 * found; for what is computed from rows and must agree with {@link summarise}.
 */
export function presentRows(scores: readonly PartScore[]): PartScore[] {
  const rows = rowsOf(scores);
  const absent = new Map<readonly PartScore[], boolean>();
  return scores.filter(({ domain, part }) => {
    const group = rows(domain, part);
    if (!absent.has(group)) absent.set(group, isAbsent(group));
    return !absent.get(group);
  });
}

/** What a domain's empty masks mean for its numbers. */
function emptinessOf(rows: Rows, domain: string, parts: readonly string[]) {
  const absentParts = parts.filter((part) => isAbsent(rows(domain, part)));
  const counts = parts.flatMap((part): [string, number][] => {
    const scored = rows(domain, part).filter(({ empty, dice }) => empty === "both" && !Number.isNaN(dice));
    return absentParts.includes(part) || scored.length === 0 ? [] : [[part, scored.length]];
  });
  const missed = parts
    .filter((part) => !absentParts.includes(part))
    .map((part) => [part, rows(domain, part).filter(({ empty }) => empty === "prediction").length]);
  return {
    missed: Object.fromEntries(missed),
    ...(absentParts.length > 0 ? { absentParts } : {}),
    ...(counts.length > 0 ? { emptyInBoth: Object.fromEntries(counts) } : {}),
  };
}

/**
 * Summarises the rows of one network. Every case has one row for each part, as `evaluateNetwork` gives them.
 * @param scores at least one row
 * @example const { average } = summarise(scores, { labelledDomain: "drishti", bootstrap: { seed: 0 } });
 */
export function summarise(scores: readonly PartScore[], options: SummaryOptions = {}): EvaluationSummary {
  const domains = distinct(scores.map(({ domain }) => domain));
  const parts = distinct(scores.map(({ part }) => part));
  const rows = rowsOf(scores);
  const metrics = [...summaryMetrics, ...furtherMetrics.filter((metric) => scores[0][metric] !== undefined)];
  const values = (metric: AnyMetric, domain: string, part: string) => {
    const own = rows(domain, part);
    return isAbsent(own) ? [] : own.map((row) => row[metric] ?? Number.NaN);
  };
  const subjects: DomainSubjects = domains.map((domain) => rows(domain, parts[0]).map((row) => row.subject));
  const table = forEachMetric(metrics, (metric) =>
    parts.map((part): DomainValues => domains.map((domain) => values(metric, domain, part))),
  );
  const among = (chosen: readonly number[]): PartsSummary => {
    const of = (metric: AnyMetric) => (table[metric] as DomainValues[]).map((groups) => chosen.map((d) => groups[d]));
    const own = chosen.map((d) => subjects[d]);
    return {
      parts: Object.fromEntries(
        parts.map((part, p) => [part, forEachMetric(metrics, (metric) => estimate(of(metric)[p], own, options))]),
      ),
      average: forEachMetric(metrics, (metric) => estimateAverage(of(metric), own, options)),
    };
  };
  const labelled = domains.indexOf(options.labelledDomain ?? "");
  const shared = (metric: AnyMetric) => sharedParts(table[metric] as DomainValues[], labelled);
  const hasGap = labelled >= 0 && shared("dice").length > 0;
  return {
    cases: subjects.reduce((total, group) => total + group.length, 0),
    subjects: distinctCount(subjects),
    domains: domains.map((name, d) => ({
      ...{ name, labelled: d === labelled, cases: subjects[d].length, subjects: distinctCount([subjects[d]]) },
      ...emptinessOf(rows, name, parts),
      ...among([d]),
    })),
    ...among(domains.map((_, d) => d)),
    gap: hasGap
      ? forEachMetric(summaryMetrics, (metric) => estimateGap(shared(metric), subjects, labelled, options))
      : null,
  };
}
