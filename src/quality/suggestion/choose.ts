/**
 * Which images are worth a label. `combined` takes one image after the other, the one with the largest
 *
 *     log( doubt · need · variety ) + Gumbel / β
 *
 * - doubt: 1 − estimated Dice of one part; pick after pick is of the next part in turn, so that small parts get their share
 *   (class-stratified queries, as in ClaSP PE, 2601.13677, which stratifies predictive entropy).
 * - need of the domain: its mean doubt / (1 + its labels, those chosen here among them), so that domains get labels in
 *   proportion to how badly they are known (the rule of highest averages; ours).
 * - variety: d / (1 + d), d the distance of bottleneck features to the nearest labelled or chosen image, in units of the
 *   median distance of neighbours; nearer than a quarter of that is a near-duplicate and never chosen (after the k-centre
 *   rule: Sener and Savarese, ICLR 2018; the form is ours).
 * - Power noise on the logarithm (Kirsch et al., 2106.12059; ClaSP PE): a score s is taken in proportion to s^β. It decays as
 *   labels are added: β = 4 (1 + further labels / images asked for).
 *
 * No image of a subject that is labelled or was chosen is taken, by any strategy.
 */
import { RandomStream } from "../../core/random.js";
import { mean } from "../../statistics/mean.js";
import { Variety } from "./variety.js";

/** An image that may be chosen. */
export interface Candidate {
  readonly domain: string;
  readonly subject: string;
}

/** What the network and its estimates say of a candidate. */
export interface JudgedCandidate extends Candidate {
  /** Of each part, as `partDoubt` gives them. */
  readonly doubts: readonly number[];
  /** Pooled bottleneck features [d]. */
  readonly feature: ArrayLike<number>;
}

/** A labelled image. */
export interface LabelledImage {
  readonly domain: string;
  readonly feature: ArrayLike<number>;
}

/** A chosen image and why. */
export interface Choice {
  /** Its position among the candidates. */
  readonly candidate: number;
  /** The part whose turn it was. */
  readonly part: number;
  readonly doubt: number;
  /** Mean doubt of its domain, and the labels of that domain when it was chosen. */
  readonly domainDoubt: number;
  readonly domainLabels: number;
  /** In units of the distance of neighbours; infinite where nothing was labelled or chosen before. */
  readonly distance: number;
}

/** How many, and which seed the draws have. */
export interface ChooseOptions {
  readonly count: number;
  readonly seed: number;
}

const nearDuplicate = 0.25;
const sharpness = 4;

/** A draw of the standard Gumbel distribution for each candidate. */
function gumbelDraws(count: number, seed: number): number[] {
  const stream = new RandomStream(seed, "suggest.noise");
  // Of the middles of 2^32 steps, so that neither logarithm is of 0.
  return Array.from({ length: count }, () => -Math.log(-Math.log((stream.uint32() + 0.5) / 2 ** 32)));
}

/**
 * Chooses by doubt, need and variety, see above; fewer than were asked for where no others are left.
 * @param labelled images of every domain; their subjects are none of the candidates'
 * @param further  how many of them were labelled beside those of the first round
 */
export function chooseCombined(
  candidates: readonly JudgedCandidate[],
  labelled: readonly LabelledImage[],
  further: number,
  { count, seed }: ChooseOptions,
): Choice[] {
  if (candidates.length === 0) return [];
  const domains = [...new Set(candidates.map(({ domain }) => domain))];
  const doubtOf = new Map(
    domains.map((name) => [
      name,
      mean(candidates.filter(({ domain }) => domain === name).map(({ doubts }) => mean(doubts))),
    ]),
  );
  const labels = new Map(domains.map((name) => [name, labelled.filter(({ domain }) => domain === name).length]));
  const variety = new Variety(
    candidates.map(({ feature }) => feature),
    labelled.map(({ feature }) => feature),
  );
  const noise = gumbelDraws(candidates.length, seed);
  const beta = sharpness * (1 + further / count);
  const subjects = new Set<string>();
  const parts = candidates[0].doubts.length;
  const picks: Choice[] = [];
  while (picks.length < count) {
    const part = picks.length % parts;
    let best: { pick: Choice; score: number } | undefined;
    candidates.forEach(({ domain, subject, doubts }, candidate) => {
      const distance = variety.distance(candidate);
      if (subjects.has(subject) || distance < nearDuplicate) return;
      const [domainDoubt, domainLabels] = [doubtOf.get(domain) as number, labels.get(domain) as number];
      const worth = doubts[part] * (domainDoubt / (1 + domainLabels)) * (1 - 1 / (1 + distance));
      const score = Math.log(worth) + noise[candidate] / beta;
      if (best && score <= best.score) return;
      best = { score, pick: { candidate, part, doubt: doubts[part], domainDoubt, domainLabels, distance } };
    });
    if (!best) break;
    const { pick } = best;
    const { domain, subject, feature } = candidates[pick.candidate];
    picks.push(pick);
    subjects.add(subject);
    labels.set(domain, pick.domainLabels + 1);
    variety.take(feature);
  }
  return picks;
}

/** The first candidates in an order, one of each subject. */
function firstOfSubjects(order: Iterable<number>, candidates: readonly Candidate[], count: number): number[] {
  const taken = new Map<string, number>();
  for (const i of order) {
    if (taken.size === count) break;
    if (!taken.has(candidates[i].subject)) taken.set(candidates[i].subject, i);
  }
  return [...taken.values()];
}

/** Those of the largest predictive entropy. @param entropies of the candidates @returns positions, the largest first */
export function chooseByEntropy(candidates: readonly Candidate[], entropies: readonly number[], count: number) {
  const order = candidates.map((_, i) => i).sort((a, b) => entropies[b] - entropies[a] || a - b);
  return firstOfSubjects(order, candidates, count);
}

/** Any of them, each with the same chance. @returns positions in the order of the draws */
export function chooseAtRandom(candidates: readonly Candidate[], { count, seed }: ChooseOptions): number[] {
  const order = new RandomStream(seed, "suggest.random").permutation(candidates.length);
  return firstOfSubjects(order, candidates, count);
}
