/**
 * How well features tell which domain an image comes from: the number beside a picture of features, because the eye
 * finds clusters, and misses them, too easily.
 */
import { UsageError } from "../core/errors.js";
import { RandomStream } from "../core/random.js";
import { noGrad, scope, type Tensor } from "../torch/index.js";
import { fitLogisticRegression, predictClasses } from "./logistic-regression.js";
import { pointsTensor, requirePoints } from "./points.js";

export interface SeparabilityOptions {
  /** Of the division into folds. */
  seed: number;
  /** Parts of the data that are held out in turn; default 5, and at most the size of the smallest domain. */
  folds?: number;
}

export interface Separability {
  /** Mean over domains of the fraction of held-out points that are recognised, in [0, 1]. */
  accuracy: number;
  /** What guessing would give: 1 / number of domains. */
  chance: number;
  /** The fraction recognised of each domain, in order of first appearance. */
  perDomain: Record<string, number>;
}

/** Fold of each point: every domain's points are dealt out in random order, going on where the last domain ended. */
export function stratifiedFolds(labels: Int32Array, classes: number, folds: number, seed: number): Int32Array {
  const result = new Int32Array(labels.length);
  let dealt = 0;
  for (let k = 0; k < classes; k++) {
    const own = [...labels.keys()].filter((i) => labels[i] === k);
    for (const at of new RandomStream(seed, "separability.folds", 0, k).permutation(own.length))
      result[own[at]] = dealt++ % folds;
  }
  return result;
}

/** Training and held-out samples in units of the training samples' deviations; constant features become 0. */
function standardised(training: Tensor, heldOut: Tensor): [Tensor, Tensor] {
  const mean = training.mean(0, { keepdim: true });
  const deviation = training.variance(0, { correction: 0, keepdim: true }).sqrt();
  const scale = deviation.maskedFill(deviation.eq(0), 1);
  return [training.sub(mean).div(scale), heldOut.sub(mean).div(scale)];
}

function rows(points: Float32Array, dimensions: number, chosen: readonly number[]): Tensor {
  const values = new Float32Array(chosen.length * dimensions);
  for (const [at, i] of chosen.entries())
    values.set(points.subarray(i * dimensions, (i + 1) * dimensions), at * dimensions);
  return pointsTensor(values, chosen.length, dimensions);
}

/** The predicted label of every point by the classifier that was trained without its fold. */
function heldOutPredictions(points: Float32Array, labels: Int32Array, fold: Int32Array, classes: number): Int32Array {
  const dimensions = points.length / labels.length;
  const predicted = new Int32Array(labels.length);
  for (const held of new Set(fold)) {
    noGrad(() =>
      scope(() => {
        const [inside, outside] = [true, false].map((wanted) =>
          [...fold.keys()].filter((i) => (fold[i] === held) === wanted),
        );
        const [training, test] = standardised(rows(points, dimensions, outside), rows(points, dimensions, inside));
        const model = fitLogisticRegression(
          training,
          Int32Array.from(outside, (i) => labels[i]),
          classes,
        );
        predictClasses(model, test).forEach((label, at) => {
          predicted[inside[at]] = label;
        });
      }),
    );
  }
  return predicted;
}

/** Class numbers of the domains. @throws UsageError when there is nothing to tell apart */
function numberDomains(domains: readonly string[]): { names: string[]; labels: Int32Array; smallest: number } {
  const names = [...new Set(domains)];
  if (names.length < 2)
    throw new UsageError(`domainSeparability: there are ${names.length} domains; give points of at least 2`);
  const labels = Int32Array.from(domains, (domain) => names.indexOf(domain));
  const sizes = names.map((_, k) => labels.filter((label) => label === k).length);
  const smallest = Math.min(...sizes);
  if (smallest < 2)
    throw new UsageError(
      `domainSeparability: domain "${names[sizes.indexOf(smallest)]}" has 1 point; give at least 2 of each, so that one can be held out`,
    );
  return { names, labels, smallest };
}

/**
 * Held-out accuracy of a multinomial logistic regression from features to domains: stratified folds, features
 * standardised by the training folds, domains weighted equally, penalty as scikit-learn's default.
 * @param points  [n, d], finite
 * @param domains name of each point's domain
 * @throws UsageError with fewer than two domains, fewer than two points of one, or values that are not finite
 * @example const { accuracy, chance } = domainSeparability(features, 300, 256, domains, { seed: 0 });
 */
export function domainSeparability(
  points: Float32Array,
  count: number,
  dimensions: number,
  domains: readonly string[],
  { seed, folds = 5 }: SeparabilityOptions,
): Separability {
  requirePoints("domainSeparability", points, count, dimensions);
  if (domains.length !== count)
    throw new UsageError(`domainSeparability: there are ${count} points but ${domains.length} domains; give one each`);
  if (!Number.isInteger(folds) || folds < 2)
    throw new UsageError(`domainSeparability: folds is ${folds}; give a whole number of at least 2`);
  const { names, labels, smallest } = numberDomains(domains);
  const fold = stratifiedFolds(labels, names.length, Math.min(folds, smallest), seed);
  const predicted = heldOutPredictions(points, labels, fold, names.length);
  const recognised = names.map((_, k) => {
    const own = [...labels.keys()].filter((i) => labels[i] === k);
    return own.filter((i) => predicted[i] === k).length / own.length;
  });
  return {
    accuracy: recognised.reduce((sum, value) => sum + value, 0) / names.length,
    chance: 1 / names.length,
    perDomain: Object.fromEntries(names.map((name, k) => [name, recognised[k]])),
  };
}
