/**
 * Which cases went wrong, and by which rule one says so. Works on the rows of an evaluation alone, so that the list can
 * be made again from `cases.csv`.
 */
import { UsageError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import type { PartScore } from "../../judging/evaluate-network.js";
import { definedValues } from "../../statistics/mean.js";
import { percentile } from "../../statistics/percentile.js";

/**
 * - `missed`: the reference has the part, the prediction has nothing
 * - `invented`: the prediction has the part, the reference has nothing
 * - `low`: Dice below the threshold
 * - `outlier`: Dice below the first quartile of its domain and part by more than 1.5 interquartile ranges (Tukey 1977);
 *   quartiles are those of cases in which both masks have the part, since rightly empty ones would hide the spread
 */
export type FailureRule = "missed" | "invented" | "low" | "outlier";

/** A part of a case that went wrong. */
export interface Failure {
  readonly domain: string;
  readonly id: string;
  readonly part: string;
  /** In [0, 1], or NaN where the convention leaves it undefined. */
  readonly dice: number;
  /** As evaluated, in the evaluation's unit. */
  readonly hd95: number;
  /** All that apply, in the order of {@link FailureRule}. */
  readonly rules: readonly FailureRule[];
  /** The rules in words with their numbers, for people. */
  readonly why: string;
}

export interface FailureOptions {
  /** Dice below this is a failure, in [0, 1]; default 0.5. */
  readonly threshold?: number;
}

/** Fewer values have no quartiles to speak of. */
const leastForQuartiles = 4;

/** Dice below this is an outlier among the rows of a domain and part; null for too few of them. */
function lowerFence(rows: readonly PartScore[]): number | null {
  const defined = definedValues(rows.filter(({ empty }) => empty === "none").map(({ dice }) => dice));
  if (defined.length < leastForQuartiles) return null;
  const [first, third] = [percentile(defined, 25), percentile(defined, 75)];
  return first - 1.5 * (third - first);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What is wrong with one row, in the order of the rules. */
function reasons(
  { dice, domain, empty, part }: PartScore,
  threshold: number,
  fence: number | null,
): [rule: FailureRule, why: string][] {
  const found: [FailureRule, string][] = [];
  if (empty === "prediction") found.push(["missed", `${part} is in the reference, but nothing was predicted`]);
  if (empty === "reference") found.push(["invented", `${part} was predicted, but is not in the reference`]);
  if (dice < threshold) found.push(["low", `Dice below ${percent(threshold)}`]);
  if (fence !== null && dice < fence) {
    found.push([
      "outlier",
      `Dice below ${percent(fence)}, 1.5 interquartile ranges under the first quartile of ${domain}`,
    ]);
  }
  return found;
}

/**
 * The failures among the rows of one evaluation, the lowest Dice first (undefined Dice before all), rows of equal Dice
 * in the order given.
 * @throws UsageError when the threshold is outside [0, 1]
 * @example findFailures(parseScores(text, "cases.csv")).map(({ id, why }) => `${id}: ${why}`)
 */
export function findFailures(scores: readonly PartScore[], options: FailureOptions = {}): Failure[] {
  const threshold = options.threshold ?? 0.5;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new UsageError(`findFailures: threshold is ${threshold}; expected a Dice in 0 … 1`);
  }
  const groupOf = ({ domain, part }: PartScore) => JSON.stringify([domain, part]);
  const fences = new Map([...groupBy(scores, groupOf)].map(([key, rows]) => [key, lowerFence(rows)]));
  const failures = scores.flatMap((row): Failure[] => {
    const found = reasons(row, threshold, fences.get(groupOf(row)) ?? null);
    if (found.length === 0) return [];
    const { domain, id, part, dice, hd95 } = row;
    const why = found.map(([, words]) => words).join("; ");
    return [{ domain, id, part, dice, hd95, rules: found.map(([rule]) => rule), why }];
  });
  const rank = ({ dice }: Failure) => (Number.isNaN(dice) ? -1 : dice);
  return failures.sort((a, b) => rank(a) - rank(b));
}

/** The rules of {@link findFailures} in one sentence, to stand above the list. */
export function failureRuleText({ threshold = 0.5 }: FailureOptions = {}): string {
  return (
    `A part of a case counts as failed when its Dice is below ${percent(threshold)}, when it is in the reference and ` +
    "nothing was predicted or the other way round, or when its Dice is more than 1.5 interquartile ranges below the " +
    `first quartile of its domain (over at least ${leastForQuartiles} cases that have the part in both masks).`
  );
}
