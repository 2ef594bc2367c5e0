/**
 * Choosing among checkpoints of one run without labels of the other domains: the one that is best on labelled images as they
 * are (those for validation, where there are any) and in the looks of every domain's unlabelled ones, where their masks still
 * hold (restyling.ts). How sure a network is, how far its teacher agrees and how far other checkpoints do is left out: all of
 * these are high where a network is wrong in the same way everywhere. Ours.
 */
import { groupBy } from "../core/group-by.js";
import { definedValues, mean } from "../statistics/mean.js";

/** A labelled image in one look, and the Dice of each candidate, in [0, 1]; NaN where it holds no part. */
export interface LookAlike {
  /** Of whose domain the look is. */
  readonly domain: string;
  readonly dice: readonly number[];
}

/** What came out of a candidate. */
export interface CandidateScore {
  /** Mean Dice over the labelled images as they are and over each domain's looks, each counting once, in [0, 1]. */
  readonly score: number;
  /** Of the labelled images as they are. */
  readonly labelled: number;
  readonly domains: Readonly<Record<string, number>>;
}

/** A choice with its reasons. */
export interface Chosen {
  /** Which candidate. */
  readonly chosen: number;
  /** In the order of the candidates. */
  readonly scores: readonly CandidateScore[];
}

function meanOf(images: readonly (readonly number[])[], candidate: number): number {
  const defined = definedValues(images.map((dice) => dice[candidate]));
  return defined.length === 0 ? 0 : mean(defined);
}

/**
 * Chooses the candidate of the highest score, the latest of equal ones.
 * @param labelled Dice of each candidate, oldest first, on each labelled image as it is
 * @param looks    the same images in the looks of others; at least one
 */
export function chooseCandidate(labelled: readonly (readonly number[])[], looks: readonly LookAlike[]): Chosen {
  const byDomain = [...groupBy(looks, ({ domain }) => domain)];
  const scores = looks[0].dice.map((_, candidate): CandidateScore => {
    const own = meanOf(labelled, candidate);
    const domains = byDomain.map(([domain, alike]) => {
      const dice = alike.map((one) => one.dice);
      return [domain, meanOf(dice, candidate)] as const;
    });
    const score = mean([own, ...domains.map(([, value]) => value)]);
    return { score, labelled: own, domains: Object.fromEntries(domains) };
  });
  const chosen = scores.reduce((best, { score }, i) => (score >= scores[best].score ? i : best), 0);
  return { chosen, scores };
}
