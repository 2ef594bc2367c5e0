/**
 * Wilcoxon's signed-rank test for paired values (Wilcoxon 1945), two-sided, with zero differences dropped: the
 * choices of `scipy.stats.wilcoxon(zero_method="wilcox")`. Exact for up to 25 differences without ties, else the
 * normal approximation with tie and continuity correction.
 */
import { UsageError } from "../core/errors.js";
import { normalTail } from "./normal.js";

/** Outcome of the test. */
export interface SignedRankResult {
  /** Pairs that differ; the test is made on these. */
  readonly pairs: number;
  /** The smaller of the two sums of ranks. */
  readonly statistic: number;
  /** Two-sided; 1 when no pair differs. */
  readonly pValue: number;
  readonly method: "exact" | "normal";
}

/** Most pairs whose distribution is counted out. */
const exactLimit = 25;

/** Ranks of the values from 1, ties sharing their average, and Σ(t³−t) over groups of t ties. */
function averageRanks(values: readonly number[]): { ranks: number[]; tieTerm: number } {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  let tieTerm = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) ranks[order[i]] = (from + 1 + to) / 2;
    tieTerm += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { ranks, tieTerm };
}

/** P(W ≤ statistic) for n untied pairs: the share of the 2ⁿ sign patterns with so small a rank sum. */
function exactLowerTail(statistic: number, n: number): number {
  const ways = new Float64Array((n * (n + 1)) / 2 + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = ways.length - 1; sum >= rank; sum--) ways[sum] += ways[sum - rank];
  }
  let total = 0;
  for (let sum = 0; sum <= statistic; sum++) total += ways[sum];
  return total / 2 ** n;
}

/**
 * Tests whether paired values differ.
 * @param first,second finite values of the same cases in the same order
 * @throws UsageError when the lengths differ or a value is not finite
 */
export function wilcoxonSignedRank(first: readonly number[], second: readonly number[]): SignedRankResult {
  if (first.length !== second.length) {
    throw new UsageError(
      `wilcoxonSignedRank: got ${first.length} and ${second.length} values; pass one pair for each case`,
    );
  }
  const differences = first.map((value, i) => value - second[i]);
  if (!differences.every(Number.isFinite)) {
    throw new UsageError("wilcoxonSignedRank: a value is not finite; leave such cases out of both lists");
  }
  const nonzero = differences.filter((difference) => difference !== 0);
  const n = nonzero.length;
  const { ranks, tieTerm } = averageRanks(nonzero.map(Math.abs));
  const positive = ranks.reduce((sum, rank, i) => (nonzero[i] > 0 ? sum + rank : sum), 0);
  const statistic = Math.min(positive, (n * (n + 1)) / 2 - positive);
  if (n <= exactLimit && tieTerm === 0) {
    return { pairs: n, statistic, pValue: Math.min(1, 2 * exactLowerTail(statistic, n)), method: "exact" };
  }
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - tieTerm / 2) / 24);
  const distance = Math.max(0, (n * (n + 1)) / 4 - statistic - 0.5);
  return { pairs: n, statistic, pValue: Math.min(1, 2 * normalTail(distance / deviation)), method: "normal" };
}
