/**
 * Choosing among checkpoints of one run by images that nobody has labelled: the one whose masks the others confirm most
 * (pairwise Dice, as of an ensemble: Zenk et al., Medical Image Analysis 2025). How sure a network is, and whether its teacher
 * agrees, is left out: both are high where a network is wrong in the same way everywhere. The last checkpoint stays the choice
 * unless another one is better by more than chance.
 */
import { groupBy } from "../core/group-by.js";
import { confusionCounts, dice } from "../evaluation/overlap.js";
import { definedValues, mean, standardDeviation } from "../statistics/mean.js";

/** One image, and how far the masks of each candidate are confirmed by the others, in [0, 1]. */
export interface ConfirmedImage {
  readonly domain: string;
  /** In the order of the candidates; NaN where none of them found anything. */
  readonly agreement: readonly number[];
}

/**
 * How many standard errors another checkpoint must be better than the last one: those in the middle of a training agree with
 * the others better than their masks deserve.
 */
const certainty = 2;

/**
 * Mean Dice of each candidate's masks with those of the others, over parts.
 * @param masks by candidate and part, 0/1 on one grid
 */
export function agreements(masks: readonly (readonly Uint8Array[])[]): number[] {
  const pair = (one: number, other: number) =>
    mean(definedValues(masks[one].map((mask, part) => dice(confusionCounts(mask, masks[other][part])))));
  return masks.map((_, one) =>
    mean(definedValues(masks.flatMap((__, other) => (other === one ? [] : [pair(one, other)])))),
  );
}

/** Mean over domains of the means over images, and its standard error. */
interface DomainMean {
  readonly mean: number;
  readonly error: number;
  readonly domains: Readonly<Record<string, number>>;
}

function overDomains(images: readonly ConfirmedImage[], read: (agreement: readonly number[]) => number): DomainMean {
  const known = images.filter(({ agreement }) => !Number.isNaN(read(agreement)));
  const domains = [...groupBy(known, ({ domain }) => domain)].map(([domain, own]) => {
    const values = own.map(({ agreement }) => read(agreement));
    // Of a single image nothing is known of chance.
    const deviation = values.length < 2 ? Number.POSITIVE_INFINITY : standardDeviation(values);
    return { domain, mean: mean(values), variance: deviation ** 2 / values.length };
  });
  const variance = domains.reduce((sum, one) => sum + one.variance, 0) / domains.length ** 2;
  return {
    mean: mean(domains.map((one) => one.mean)),
    error: Math.sqrt(variance),
    domains: Object.fromEntries(domains.map((one) => [one.domain, one.mean])),
  };
}

/** What came out of a candidate. */
export interface CandidateScore {
  /** Mean agreement over the domains, in [0, 1]; 0 where no candidate finds anything. */
  readonly score: number;
  readonly domains: Readonly<Record<string, number>>;
}

/** A choice with its reasons. */
export interface Chosen {
  /** Which candidate. */
  readonly chosen: number;
  /** In the order of the candidates. */
  readonly scores: readonly CandidateScore[];
}

/**
 * Chooses the candidate of the highest score among those that are better than the last one by more than chance, else the
 * last one.
 * @param images by which they are told apart
 * @param count of the candidates, oldest first; at least 1
 */
export function chooseCandidate(images: readonly ConfirmedImage[], count: number): Chosen {
  const last = count - 1;
  const scores = Array.from({ length: count }, (_, i): CandidateScore => {
    const { mean: score, domains } = overDomains(images, (agreement) => agreement[i]);
    return { score: Number.isNaN(score) ? 0 : score, domains };
  });
  const isBetter = (i: number) => {
    const ahead = overDomains(images, (agreement) => agreement[i] - agreement[last]);
    return i !== last && ahead.mean > certainty * ahead.error;
  };
  let chosen = last;
  for (let i = 0; i < last; i++) if (isBetter(i) && scores[i].score > scores[chosen].score) chosen = i;
  return { chosen, scores };
}
