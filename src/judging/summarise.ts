/**
 * From one row per case and part to the numbers of a results table, averaged as MiDSS does (method section 3.6):
 * over the cases of a domain, then unweighted over domains, then over parts. Undefined values (NaN, by convention for
 * some empty masks) are left out and counted.
 */
import { bootstrapMean } from "../statistics/bootstrap.js";
import { definedValues, mean, meanOfMeans } from "../statistics/mean.js";
import type { PartScore } from "./evaluate-network.js";

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
export type MetricEstimates = Readonly<Record<SummaryMetric, Estimate>>;

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
}

/** How much the labelled domain is better than the mean of the others, averaged over parts. */
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
  /** Null when the labelled domain is not among the domains, or is the only one. */
  readonly gap: Readonly<Record<SummaryMetric, DomainGap>> | null;
}

/** Choices of {@link summarise}. */
export interface SummaryOptions {
  /** The domain that the training labels came from. */
  readonly labelledDomain?: string;
  /** Draws of the intervals; no intervals without it. */
  readonly bootstrap?: { readonly seed: number; readonly resamples?: number };
}

/** Values of one part (or of the average over parts): one array for each domain, one value for each case. */
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
    .map((group, d) => group.filter((_, i) => !Number.isNaN(groups[d][i])))
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

/** For each domain and case, the mean over parts. */
function meanOverParts(byPart: readonly DomainValues[]): DomainValues {
  return byPart[0].map((group, d) => group.map((_, i) => mean(byPart.map((groups) => groups[d][i]))));
}

/**
 * The average over parts. Its interval resamples whole cases, since the parts of a case are not independent; there is
 * none when a value is undefined, because the mean of case means would then be another number.
 */
function estimateAverage(byPart: readonly DomainValues[], subjects: DomainSubjects, options: SummaryOptions): Estimate {
  const parts = byPart.map((groups) => estimate(groups, subjects, {}));
  const total = (key: "values" | "undefinedValues") => parts.reduce((sum, part) => sum + part[key], 0);
  const complete = total("undefinedValues") === 0;
  const judged = subjects.map((group, d) =>
    group.filter((_, i) => byPart.some((groups) => !Number.isNaN(groups[d][i]))),
  );
  return {
    mean: mean(definedValues(parts.map((part) => part.mean))),
    interval: complete ? estimate(meanOverParts(byPart), subjects, options).interval : null,
    values: total("values"),
    undefinedValues: total("undefinedValues"),
    subjects: distinctCount(judged),
  };
}

/** The labelled domain against the mean of the others; the weights make their difference a mean over domains. */
function estimateGap(
  byPart: readonly DomainValues[],
  subjects: DomainSubjects,
  labelled: number,
  options: SummaryOptions,
): DomainGap {
  const domains = byPart[0].length;
  const only = (wanted: (domain: number) => boolean) =>
    estimateAverage(
      byPart.map((groups) => groups.filter((_, d) => wanted(d))),
      subjects.filter((_, d) => wanted(d)),
      {},
    );
  const own = only((d) => d === labelled);
  const others = only((d) => d !== labelled);
  const all = estimateAverage(byPart, subjects, {});
  const weighted = meanOverParts(byPart).map((group, d) =>
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
function forEachMetric<T>(make: (metric: SummaryMetric) => T): Record<SummaryMetric, T> {
  return Object.fromEntries(summaryMetrics.map((metric) => [metric, make(metric)])) as Record<SummaryMetric, T>;
}

/** Distinct values in order of first appearance. */
function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/**
 * Summarises the rows of one network. Every case has one row for each part, as `evaluateNetwork` gives them.
 * @param scores at least one row
 * @example const { average } = summarise(scores, { labelledDomain: "drishti", bootstrap: { seed: 0 } });
 */
export function summarise(scores: readonly PartScore[], options: SummaryOptions = {}): EvaluationSummary {
  const domains = distinct(scores.map(({ domain }) => domain));
  const parts = distinct(scores.map(({ part }) => part));
  const values = (metric: SummaryMetric, domain: string, part: string) =>
    scores.filter((row) => row.domain === domain && row.part === part).map((row) => row[metric]);
  const subjects: DomainSubjects = domains.map((domain) =>
    scores.filter((row) => row.domain === domain && row.part === parts[0]).map((row) => row.subject),
  );
  const table = forEachMetric((metric) =>
    parts.map((part): DomainValues => domains.map((domain) => values(metric, domain, part))),
  );
  const among = (chosen: readonly number[]): PartsSummary => {
    const of = (metric: SummaryMetric) => table[metric].map((groups) => chosen.map((d) => groups[d]));
    const own = chosen.map((d) => subjects[d]);
    return {
      parts: Object.fromEntries(
        parts.map((part, p) => [part, forEachMetric((metric) => estimate(of(metric)[p], own, options))]),
      ),
      average: forEachMetric((metric) => estimateAverage(of(metric), own, options)),
    };
  };
  const cases = (domain: number) => table.dice[0][domain].length;
  const labelled = domains.indexOf(options.labelledDomain ?? "");
  const hasGap = labelled >= 0 && domains.length > 1;
  return {
    cases: domains.reduce((total, _, d) => total + cases(d), 0),
    subjects: distinctCount(subjects),
    domains: domains.map((name, d) => ({
      ...{ name, labelled: d === labelled, cases: cases(d), subjects: distinctCount([subjects[d]]) },
      ...among([d]),
    })),
    ...among(domains.map((_, d) => d)),
    gap: hasGap ? forEachMetric((metric) => estimateGap(table[metric], subjects, labelled, options)) : null,
  };
}
