/**
 * The numbers of a comparison: mean and spread over seeds, and paired tests over subjects against the best group. The
 * spread over seeds says how repeatable a method is; the tests say whether a difference on these subjects is more than
 * chance. Dice decides which group is best.
 */
import { UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import { absentPartsNote } from "../judging/empty-masks-text.js";
import type { PartScore } from "../judging/evaluate-network.js";
import { type FurtherMetric, furtherMetrics } from "../judging/further-names.js";
import {
  type EvaluationSummary,
  presentRows,
  type SummaryMetric,
  summarise,
  summaryMetrics,
} from "../judging/summarise.js";
import { bootstrapOverSeeds, bootstrapPairedDifference, type Interval } from "../statistics/bootstrap.js";
import { holmAdjusted } from "../statistics/holm.js";
import { definedValues, mean, standardDeviation } from "../statistics/mean.js";
import { wilcoxonSignedRank } from "../statistics/wilcoxon.js";
import {
  type ComparedMetric,
  commonOf,
  type MeanCounts,
  meanCounts,
  type Structures,
  structuresOf,
  type UnevenMetric,
} from "./counts.js";
import type { RunGroup } from "./groups.js";

/** Over seeds. */
export interface Spread {
  mean: number;
  /** Sample standard deviation; NaN for one seed. */
  deviation: number;
}

/** A group's Dice against that of the best, case by case. */
export interface AgainstBest {
  /** Mean difference, group − best, averaged as the table is; 95 % paired bootstrap interval over subjects. */
  difference: Interval;
  /** Wilcoxon signed-rank over the mean differences of subjects, two-sided. */
  pValue: number;
  /** The same after Holm's correction for the number of groups. */
  adjusted: number;
  /** Cases that both groups have a defined value for, and the subjects that they are of. */
  cases: number;
  subjects: number;
}

/** One row of a comparison. */
export interface ComparedGroup {
  name: string;
  seeds: number[];
  /** Training steps of its runs. */
  iterations: number;
  /** Mean Dice of each domain, of each part over the domains, and of all. */
  domains: Spread[];
  parts: Spread[];
  metrics: Record<SummaryMetric, Spread>;
  /** Those of the comparison. */
  further: Partial<Record<FurtherMetric, Spread>>;
  /** What is missed, and what each mean is of. */
  structures: Structures;
  counts: Partial<Record<ComparedMetric, MeanCounts>>;
  /** The means over the values that all runs have; those above where all have the same. */
  inCommon: Partial<Record<ComparedMetric, Spread>>;
  /** Dice of the labelled domain minus the mean of the others; null where there is nothing to set against it. */
  gap: Spread | null;
  /** The two means that the gap lies between; null where there is none. */
  sides: { labelled: Spread; others: Spread } | null;
  /** `best`: the highest mean Dice; `close`: not significantly worse than that. */
  standing: "best" | "close" | "worse";
  /** Null for the best group, and where no case can be compared. */
  againstBest: AgainstBest | null;
  /** Mean Dice minus that of the reference, 95 % interval over seeds and subjects; null for it and where none was asked for. */
  againstReference: Interval | null;
}

export interface Comparison {
  labelledDomain: string;
  domains: string[];
  parts: string[];
  /** Test cases, and the subjects that they are of. */
  cases: number;
  subjects: number;
  /** Further metrics that every run was judged by, in the same way. */
  further: FurtherMetric[];
  /** Metrics whose means are not of the same cases in all runs. */
  uneven: UnevenMetric[];
  groups: ComparedGroup[];
  /** Name of the group that the others are set against; null where none was asked for. */
  reference: string | null;
  /** What is left out of the means, in sentences. */
  leftOut: string[];
}

/** Of the paired bootstrap; fixed, so that tables can be repeated. */
const bootstrap = { seed: 0, resamples: 2000 };

/** Below this a difference is called significant. */
export const significanceLevel = 0.05;

function spread(values: readonly number[]): Spread {
  return { mean: mean(values), deviation: standardDeviation(values) };
}

function keyOf({ domain, id }: PartScore): string {
  return JSON.stringify([domain, id]);
}

/** Mean Dice of each case over the parts of its domain, by domain and case; NaN where no part is defined. */
function caseDice(scores: readonly PartScore[]): Map<string, number> {
  const byCase = groupBy(presentRows(scores), keyOf);
  return new Map([...byCase].map(([key, rows]) => [key, mean(definedValues(rows.map(({ dice }) => dice)))]));
}

/** Mean Dice of each case over the seeds of a group; NaN where one of them has no defined value. */
function groupDice({ runs }: RunGroup): Map<string, number> {
  const bySeed = runs.map(({ scores }) => caseDice(scores));
  return new Map([...bySeed[0].keys()].map((key) => [key, mean(bySeed.map((cases) => cases.get(key) ?? Number.NaN))]));
}

/** The keys of cases, by domain. */
function keysByDomain(keys: readonly string[]): string[][] {
  return [...groupBy(keys, (key) => JSON.parse(key)[0] as string).values()];
}

/** The subject of each case, by its key. */
function subjectsOf({ runs }: RunGroup): Map<string, string> {
  return new Map(runs[0].scores.map((row) => [keyOf(row), row.subject]));
}

type Lookup<Value> = ReadonlyMap<string, Value>;

/**
 * Tests one group against the best; the correction comes later.
 * @param subjects of each case
 */
function testAgainst(
  group: Lookup<number>,
  best: Lookup<number>,
  subjects: Lookup<string>,
): Omit<AgainstBest, "adjusted"> | null {
  const keys = [...best.keys()].filter((key) => !Number.isNaN(best.get(key)) && !Number.isNaN(group.get(key)));
  if (keys.length === 0) return null;
  const subjectOf = (key: string) => subjects.get(key) as string;
  const dice = (cases: Lookup<number>, of: readonly string[]) => of.map((key) => cases.get(key) as number);
  const byDomain = keysByDomain(keys);
  const [own, others] = [group, best].map((cases) => byDomain.map((of) => dice(cases, of)));
  const bySubject = [...groupBy(byDomain.flat(), subjectOf).values()];
  const [ownMeans, otherMeans] = [group, best].map((cases) => bySubject.map((of) => mean(dice(cases, of))));
  return {
    difference: bootstrapPairedDifference(own, others, {
      ...bootstrap,
      subjects: byDomain.map((of) => of.map(subjectOf)),
    }),
    pValue: wilcoxonSignedRank(ownMeans, otherMeans).pValue,
    cases: keys.length,
    subjects: bySubject.length,
  };
}

/** The tests of all groups against the best one, corrected together. */
function testAll(groups: readonly RunGroup[], best: number): (AgainstBest | null)[] {
  const dice = groups.map(groupDice);
  const subjects = subjectsOf(groups[best]);
  const tests = dice.map((own, i) => (i === best ? null : testAgainst(own, dice[best], subjects)));
  const made = tests.filter((test) => test !== null);
  const adjusted = holmAdjusted(made.map(({ pValue }) => pValue));
  return tests.map((test) => test && { ...test, adjusted: adjusted[made.indexOf(test)] });
}

/**
 * One group against another, seed by seed: runs of one seed share their first weights and draws.
 * @throws UsageError when the two do not have the same seeds
 */
function differenceOverSeeds(group: RunGroup, reference: RunGroup): Interval | null {
  const [own, others] = [group, reference].map(({ runs }) => runs.map(({ config }) => config.training.seed).join(", "));
  if (own !== others) {
    throw new UsageError(
      `${group.name} has the seeds ${own} and ${reference.name} ${others}; a difference over seeds needs the same ones of both`,
    );
  }
  const dice = [group, reference].map(({ runs }) => runs.map(({ scores }) => caseDice(scores)));
  const defined = (key: string) => dice.flat().every((cases) => !Number.isNaN(cases.get(key) ?? Number.NaN));
  const subjects = subjectsOf(reference);
  const keys = [...dice[1][0].keys()].filter(defined);
  if (keys.length === 0) return null;
  const byDomain = keysByDomain(keys);
  const difference = (cases: Lookup<number>, other: Lookup<number>) =>
    byDomain.map((of) => of.map((key) => (cases.get(key) as number) - (other.get(key) as number)));
  return bootstrapOverSeeds(
    dice[0].map((cases, s) => difference(cases, dice[1][s])),
    { ...bootstrap, subjects: byDomain.map((of) => of.map((key) => subjects.get(key) as string)) },
  );
}

/** @throws UsageError naming the groups there are */
function referenceNamed(groups: readonly RunGroup[], name: string): RunGroup {
  const found = groups.find((group) => group.name === name);
  if (found) return found;
  throw new UsageError(`--against: no row is called "${name}"; there are ${groups.map((row) => row.name).join(", ")}`);
}

function standingOf(index: number, best: number, test: AgainstBest | null): ComparedGroup["standing"] {
  if (index === best) return "best";
  // Ranks over all cases and means over domains can disagree; worse is what both call worse.
  return test && test.adjusted <= significanceLevel && test.difference.high < 0 ? "worse" : "close";
}

/** Further metrics that all have, the surface Dice at one tolerance. */
function sharedFurther(groups: readonly RunGroup[], summaries: readonly EvaluationSummary[]): FurtherMetric[] {
  const tolerances = new Set(groups.flatMap(({ runs }) => runs.map(({ judgement }) => judgement.nsdTolerance)));
  return furtherMetrics.filter(
    (metric) =>
      summaries.every(({ average }) => average[metric] !== undefined) && (metric !== "nsd" || tolerances.size === 1),
  );
}

/** The mean of each metric over seeds. */
function spreads(summaries: readonly EvaluationSummary[], metrics: readonly ComparedMetric[]) {
  const over = (metric: ComparedMetric) => spread(summaries.map(({ average }) => average[metric]?.mean ?? Number.NaN));
  return Object.fromEntries(metrics.map((metric) => [metric, over(metric)]));
}

/** @param common the summaries of what all runs have a value of */
function describeGroup(
  group: RunGroup,
  summaries: readonly EvaluationSummary[],
  common: readonly EvaluationSummary[],
  further: readonly FurtherMetric[],
) {
  const { name, runs } = group;
  const metrics = [...summaryMetrics, ...further];
  const over = (value: (summary: EvaluationSummary) => number) => spread(summaries.map(value));
  const [first] = summaries;
  const side = (key: "labelled" | "others") => over(({ gap }) => gap?.dice[key] ?? Number.NaN);
  return {
    name,
    seeds: runs.map(({ config }) => config.training.seed),
    iterations: runs[0].config.training.iterations,
    domains: first.domains.map((_, d) => over(({ domains }) => domains[d].average.dice.mean)),
    parts: Object.keys(first.parts).map((part) => over(({ parts }) => parts[part].dice.mean)),
    metrics: spreads(summaries, summaryMetrics) as ComparedGroup["metrics"],
    further: spreads(summaries, further),
    structures: structuresOf(group),
    counts: meanCounts(group, metrics),
    inCommon: spreads(common, metrics),
    gap: first.gap && over(({ gap }) => gap?.dice.difference.mean ?? Number.NaN),
    sides: first.gap && { labelled: side("labelled"), others: side("others") },
  };
}

/** Rows in one order, so that domains and cases of all runs stand at the same places. */
function inOrderOf(reference: readonly PartScore[]): (scores: readonly PartScore[]) => PartScore[] {
  const rowOf = ({ domain, id, part }: PartScore) => JSON.stringify([domain, id, part]);
  const place = new Map(reference.map((row, i) => [rowOf(row), i]));
  return (scores) => [...scores].sort((a, b) => (place.get(rowOf(a)) ?? 0) - (place.get(rowOf(b)) ?? 0));
}

/**
 * Compares groups of runs that passed `checkComparable`.
 * @param groups at least one
 * @param against name of the group that all others are set against, with intervals over seeds and subjects
 * @throws UsageError when no group has that name, or groups have other seeds than it
 */
export function compareGroups(groups: readonly RunGroup[], against?: string): Comparison {
  const [reference] = groups[0].runs;
  const order = inOrderOf(reference.scores);
  const labelledDomain = reference.config.labelled.domain;
  const summariesOf = (rows: (scores: readonly PartScore[]) => readonly PartScore[]) =>
    groups.map(({ runs }) => runs.map(({ scores }) => summarise(rows(scores), { labelledDomain })));
  const summaries = summariesOf(order);
  const further = sharedFurther(groups, summaries.flat());
  const { uneven, restrict } = commonOf(groups, [...summaryMetrics, ...further]);
  const common = uneven.length === 0 ? summaries : summariesOf((scores) => restrict(order(scores)));
  const rows = groups.map((group, g) => describeGroup(group, summaries[g], common[g], further));
  const dice = rows.map(({ metrics }) => (Number.isNaN(metrics.dice.mean) ? -1 : metrics.dice.mean));
  const best = dice.indexOf(Math.max(...dice));
  const tests = testAll(groups, best);
  const rival = against === undefined ? null : referenceNamed(groups, against);
  const differences = groups.map((group) => (rival && group !== rival ? differenceOverSeeds(group, rival) : null));
  const { domains, parts, cases, subjects } = summaries[0][0];
  return {
    labelledDomain,
    domains: domains.map(({ name }) => name),
    parts: Object.keys(parts),
    ...{ cases, subjects, further, uneven },
    groups: rows.map((row, i) => ({
      ...row,
      standing: standingOf(i, best, tests[i]),
      againstBest: tests[i],
      againstReference: differences[i],
    })),
    reference: rival?.name ?? null,
    leftOut: absentPartsNote(summaries[0][0]),
  };
}
