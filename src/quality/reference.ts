/** What is known of a part from the labelled images of the training domain, which signals compare with. */
import { mean, standardDeviation } from "../statistics/mean.js";
import { percentile } from "../statistics/percentile.js";
import { piecesOf, shapeDescriptors } from "./mask-shape.js";
import type { CaseObservation } from "./observation.js";
import { fitTemperature } from "./temperature.js";

/** A labelled image's place among features. */
export interface LabelledFeature {
  readonly subject: string;
  readonly feature: readonly number[];
}

/** What all parts share. */
export interface FeatureReference {
  readonly features: readonly LabelledFeature[];
  /** Deviation of each feature, never 0. */
  readonly spread: readonly number[];
  /** Distance of a labelled image to the nearest of another subject, the median; 1 where there is none. */
  readonly usual: number;
}

/** Of one part. */
export interface PartReference extends FeatureReference {
  readonly temperature: number;
  /** Mean and deviation of each shape descriptor over the reference masks; empty where no image holds the part. */
  readonly shape: { readonly mean: readonly number[]; readonly spread: readonly number[] };
  /** Whether every labelled image holds the part, so that an empty mask is wrong. */
  readonly always: boolean;
  /** Whether the part is many things of a kind, as nuclei are, whose number and size follow from how far an image reaches. */
  readonly many: boolean;
}

/** Pieces of the usual labelled mask above which a part is many things; of two there may be one on either side. */
const fewPieces = 2;

/** Deviations below these are chance: of few images, or of images that were cropped alike. */
const leastSpread = [0.2, 0.05, 0.05, 0.2, 0.2, 0.2, 0.3];
/** The same for features, as a share of the mean deviation. */
const leastFeatureSpread = 0.05;

/** A labelled case. */
export interface LabelledObservation {
  readonly subject: string;
  readonly seen: CaseObservation;
}

/** Root mean square of the differences in units of the spread. */
export function featureDistance(one: ArrayLike<number>, other: ArrayLike<number>, spread: readonly number[]): number {
  return Math.sqrt(mean(spread.map((unit, i) => ((one[i] - other[i]) / unit) ** 2)));
}

/** Distance to the nearest labelled image of another subject; NaN where there is none. */
export function nearestDistance(
  feature: ArrayLike<number>,
  { features, spread }: Pick<FeatureReference, "features" | "spread">,
  subject: string | null,
): number {
  const distances = features
    .filter((other) => other.subject !== subject)
    .map((other) => featureDistance(feature, other.feature, spread));
  return distances.length === 0 ? Number.NaN : Math.min(...distances);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function spreadOf(rows: readonly (readonly number[])[], least: (column: number) => number): number[] {
  return rows[0].map((_, i) => {
    const deviation = standardDeviation(rows.map((row) => row[i]));
    return Math.max(least(i), Number.isNaN(deviation) ? 0 : deviation);
  });
}

function featureReference(labelled: readonly LabelledObservation[]): FeatureReference {
  const features = labelled.map(({ subject, seen }) => ({ subject, feature: [...seen.feature] }));
  const rows = features.map(({ feature }) => feature);
  const usualSpread = mean(spreadOf(rows, () => 0));
  const spread = spreadOf(rows, () => Math.max(leastFeatureSpread * usualSpread, 1e-6));
  const nearest = features
    .map(({ subject, feature }) => nearestDistance(feature, { features, spread }, subject))
    .filter((distance) => distance > 0);
  return { features, spread, usual: nearest.length > 0 ? median(nearest) : 1 };
}

/**
 * The references of all parts, in the data set's order.
 * @param labelled observations of the labelled images as they are, with their masks; at least one
 */
export function partReferences(labelled: readonly LabelledObservation[]): PartReference[] {
  const shared = featureReference(labelled);
  return labelled[0].seen.parts.map((_, p) => {
    const parts = labelled.map(({ seen }) => seen.parts[p]);
    const held = parts.map(({ heldShape }) => heldShape).filter(({ area }) => area > 0);
    const rows = held.map(shapeDescriptors);
    const shape =
      rows.length > 0
        ? {
            mean: rows[0].map((__, i) => mean(rows.map((row) => row[i]))),
            spread: spreadOf(rows, (i) => leastSpread[i]),
          }
        : { mean: [], spread: [] };
    const many = percentile(held.map(piecesOf), 50) > fewPieces;
    return { ...shared, temperature: fitTemperature(parts), shape, always: rows.length === parts.length, many };
  });
}
