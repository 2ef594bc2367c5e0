/**
 * What the means of a comparison are of: how many structures were missed, how many of them a convention leaves out of a
 * mean, and the means over what all runs have a value of. Without these a run would look better for what it missed.
 */
import type { PartScore } from "../judging/evaluate-network.js";
import type { FurtherMetric } from "../judging/further-names.js";
import { presentRows, type SummaryMetric } from "../judging/summarise.js";
import type { RunGroup } from "./groups.js";

/** A metric that has a mean in the table. */
export type ComparedMetric = SummaryMetric | FurtherMetric;

/** Structures of the references, a part of a case each, over all seeds. */
export interface Structures {
  readonly count: number;
  /** Those of which nothing at all was predicted. */
  readonly missed: number;
}

/** What a mean is of, over all seeds. */
export interface MeanCounts {
  /** Values in it: of each case one for each part. */
  readonly values: number;
  /** Missed structures that the convention leaves out of it, which makes it better. */
  readonly missed: number;
}

/** Rows of parts that have a value at all, of all seeds. */
function judgedRows({ runs }: RunGroup): PartScore[] {
  return runs.flatMap(({ scores }) => presentRows(scores));
}

function isMissed({ empty }: PartScore): boolean {
  return empty === "prediction";
}

function isUndefined(row: PartScore, metric: ComparedMetric): boolean {
  return Number.isNaN(row[metric] ?? Number.NaN);
}

/** How many structures the references hold, and how many of them a group missed. */
export function structuresOf(group: RunGroup): Structures {
  const rows = judgedRows(group);
  const missed = rows.filter(isMissed).length;
  return { count: rows.filter(({ empty }) => empty === "none").length + missed, missed };
}

/** What a group's mean of each metric is of. */
export function meanCounts(
  group: RunGroup,
  metrics: readonly ComparedMetric[],
): Partial<Record<ComparedMetric, MeanCounts>> {
  const rows = judgedRows(group);
  const countsOf = (metric: ComparedMetric): MeanCounts => {
    const without = rows.filter((row) => isUndefined(row, metric));
    return { values: rows.length - without.length, missed: without.filter(isMissed).length };
  };
  return Object.fromEntries(metrics.map((metric) => [metric, countsOf(metric)]));
}

/** A metric whose means are not of the same cases in all runs. */
export interface UnevenMetric {
  readonly metric: ComparedMetric;
  /** Values that all runs have, and those that a run could have. */
  readonly common: number;
  readonly possible: number;
}

function keyOf({ domain, id, part }: PartScore): string {
  return JSON.stringify([domain, id, part]);
}

/** The rows that some run has no value of, and whether all lack the same. */
function lackedBy(runs: readonly (readonly PartScore[])[], metric: ComparedMetric) {
  const lacking = new Map<string, number>();
  for (const row of runs.flat())
    if (isUndefined(row, metric)) lacking.set(keyOf(row), (lacking.get(keyOf(row)) ?? 0) + 1);
  return { keys: new Set(lacking.keys()), isEven: [...lacking.values()].every((count) => count === runs.length) };
}

/** What all runs have in common where they have not all the same. */
export interface Common {
  readonly uneven: UnevenMetric[];
  /** Rows of a run without the values that another run lacks. */
  readonly restrict: (scores: readonly PartScore[]) => readonly PartScore[];
}

/** Finds the metrics whose means are of different cases, and what to average instead. */
export function commonOf(groups: readonly RunGroup[], metrics: readonly ComparedMetric[]): Common {
  const runs = groups.flatMap((group) => group.runs.map(({ scores }) => presentRows(scores)));
  const lacked = metrics.map((metric) => ({ metric, ...lackedBy(runs, metric) })).filter(({ isEven }) => !isEven);
  const possible = runs[0].length;
  const without = (row: PartScore): PartScore => {
    const own = lacked.filter(({ keys }) => keys.has(keyOf(row)));
    return own.length === 0 ? row : { ...row, ...Object.fromEntries(own.map(({ metric }) => [metric, Number.NaN])) };
  };
  return {
    uneven: lacked.map(({ metric, keys }) => ({ metric, common: possible - keys.size, possible })),
    restrict: (scores) => (lacked.length === 0 ? scores : scores.map(without)),
  };
}
