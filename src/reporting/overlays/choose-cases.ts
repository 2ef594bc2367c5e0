/**
 * Which cases are shown: of each domain the best, the median and the worst, by one run's scores, so that nobody picks
 * them and several runs are seen on the same cases.
 */
import { groupBy } from "../../core/group-by.js";
import type { PartScore } from "../../judging/evaluate-network.js";
import { presentRows } from "../../judging/summarise.js";
import { definedValues, mean } from "../../statistics/mean.js";

/**
 * Why a case is shown. `only`: the one judged case of its domain. `unjudged`: the first case of a domain of which no
 * case could be judged; where the network's confidence is known, `surest`, `middling` and `unsurest` of its cases instead.
 */
export type CaseRole = "best" | "median" | "worst" | "only" | "unjudged" | "surest" | "middling" | "unsurest";

/** A case to show. */
export interface ChosenCase {
  readonly domain: string;
  readonly id: string;
  readonly role: CaseRole;
  /** Mean over the parts that the domain has and whose Dice is defined, in [0, 1]; null for an unjudged case. */
  readonly dice: number | null;
}

/** Which case. */
export type CaseKey = Pick<PartScore, "domain" | "id">;

/** How sure a network is of a case, in [0, 1]; NaN where it found nothing, undefined where nobody asked. */
export type ConfidenceOf = (one: CaseKey) => number | undefined;

const rolesByCount: Record<number, readonly CaseRole[]> = { 0: [], 1: ["only"], 2: ["best", "worst"] };
const allRoles: readonly CaseRole[] = ["best", "median", "worst"];
const unjudgedRoles: Partial<Record<CaseRole, CaseRole>> = { best: "surest", median: "middling", worst: "unsurest" };

/** Where a role's case stands among `count` cases from the worst to the best. */
function position(role: CaseRole, count: number): number {
  if (role === "best") return count - 1;
  return role === "median" ? (count - 1) >> 1 : 0;
}

/** Cases of a domain without masks: by confidence, one in which nothing was found as the least sure. */
function unjudgedCases(cases: readonly CaseKey[], confidenceOf: ConfidenceOf): ChosenCase[] {
  const [{ domain, id: first }] = cases;
  const order = cases
    .flatMap((one) => {
      const confidence = confidenceOf(one);
      return confidence === undefined ? [] : [{ id: one.id, confidence: Number.isNaN(confidence) ? 0 : confidence }];
    })
    .sort((a, b) => a.confidence - b.confidence);
  if (order.length < 2) return [{ domain, id: first, role: "unjudged", dice: null }];
  const roles = rolesByCount[order.length] ?? allRoles;
  return roles.map((role) => ({
    ...{ domain, id: order[position(role, order.length)].id, dice: null },
    role: unjudgedRoles[role] ?? role,
  }));
}

/**
 * The judged cases of the lowest mean Dice over parts, of all domains together, the worst first.
 * @param most of them
 */
export function worstCases(scores: readonly PartScore[], most: number): CaseKey[] {
  const all = [...groupBy(presentRows(scores), ({ domain }) => domain)].flatMap(([domain, rows]) =>
    ranked(rows).map(({ id, dice }) => ({ domain, id, dice })),
  );
  return all
    .sort((a, b) => a.dice - b.dice)
    .slice(0, most)
    .map(({ domain, id }) => ({ domain, id }));
}

/** The judged cases of a domain with their mean Dice, from the worst to the best, earlier ones first among equals. */
function ranked(scores: readonly PartScore[]): { id: string; dice: number }[] {
  return [...groupBy(scores, ({ id }) => id)]
    .map(([id, rows]) => ({ id, dice: mean(definedValues(rows.map(({ dice }) => dice))) }))
    .filter(({ dice }) => !Number.isNaN(dice))
    .sort((a, b) => a.dice - b.dice);
}

/**
 * Chooses up to three cases of each domain by mean Dice over parts: best, median (the lower one of two middles) and
 * worst. A domain with two judged cases shows both, one with a single one shows it. One with none shows its surest,
 * middling and least sure case, or its first where no confidence is known.
 * Equal Dice is decided by the order of the scores, so that the choice is the same each time.
 * @param scores rows of one run (of several compared runs, the first's)
 * @param cases  all cases, for the order of the domains and for those without a mask; the scores' own unless given
 * @example const chosen = chooseCases(scores, run.dataset.domains.flatMap((domain) => domain.cases("test")));
 */
export function chooseCases(
  scores: readonly PartScore[],
  cases: readonly CaseKey[] = scores,
  confidenceOf: ConfidenceOf = () => undefined,
): ChosenCase[] {
  const byDomain = groupBy(presentRows(scores), ({ domain }) => domain);
  return [...groupBy(cases, ({ domain }) => domain)].flatMap(([domain, own]): ChosenCase[] => {
    const order = ranked(byDomain.get(domain) ?? []);
    if (order.length === 0) return unjudgedCases(own, confidenceOf);
    const roles = rolesByCount[order.length] ?? allRoles;
    return roles.map((role) => ({ domain, role, ...order[position(role, order.length)] }));
  });
}

/**
 * The chosen cases of some domains, so that a page of a hundred of them stays small: of the labelled one, of those that
 * cannot be judged, and of those in which a case of the lowest Dice is.
 * @param most domains
 */
export function ofFewDomains(chosen: readonly ChosenCase[], most: number, labelled: string): ChosenCase[] {
  const worst = [...groupBy(chosen, ({ domain }) => domain)].map(([domain, own]) => ({
    domain,
    dice: domain === labelled ? Number.NEGATIVE_INFINITY : Math.min(...own.map(({ dice }) => dice ?? -1)),
  }));
  const shown = new Set(
    worst
      .sort((a, b) => (a.dice === b.dice ? 0 : a.dice - b.dice))
      .slice(0, most)
      .map(({ domain }) => domain),
  );
  return chosen.filter(({ domain }) => shown.has(domain));
}
