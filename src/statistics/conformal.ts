/**
 * How far from an estimate the truth may lie, from how far it lay where it is known: split conformal prediction (Vovk et al.,
 * 2005; Lei et al., JASA 2018), and what it lacks where errors come in groups.
 */
import { percentile } from "./percentile.js";

/**
 * The radius that a new score stays within with at least the given probability, if it and the known ones are exchangeable:
 * the ⌈(n + 1) · level⌉-th smallest score. Infinite where there are too few scores to say.
 * @param scores finite, at least 0, in any order
 * @param level  in (0, 1)
 */
export function conformalRadius(scores: readonly number[], level: number): number {
  const rank = Math.ceil((scores.length + 1) * level);
  if (rank > scores.length) return Number.POSITIVE_INFINITY;
  return [...scores].sort((a, b) => a - b)[rank - 1];
}

/**
 * The radius that holds a share of a group's scores, for the same share of groups (percentiles with linear interpolation), and
 * no less than {@link conformalRadius} of all. Where the members of a group err together, as masks of one clinic do, one that
 * holds a share of all scores would hold far fewer of some groups; of groups of one or two scores no percentile can tell.
 * @param groups each of at least one score
 * @param level  in (0, 1)
 * @returns infinite where there are too few scores to say
 */
export function groupedRadius(groups: readonly (readonly number[])[], level: number): number {
  const pooled = conformalRadius(groups.flat(), level);
  if (!Number.isFinite(pooled)) return pooled;
  const own = groups.map((scores) => percentile(scores, 100 * level));
  return Math.max(pooled, percentile(own, 100 * level));
}
