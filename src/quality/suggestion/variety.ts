/** How unlike what is labelled or chosen already an image looks to the network. */
import { standardDeviation } from "../../statistics/mean.js";
import { featureDistance } from "../reference.js";

/** Features between which the usual distance is measured, at most. */
const mostMeasured = 300;
/** A feature that hardly differs says nothing; its spread is never taken for less. */
const leastSpread = 1e-6;

/** Distances of candidates to the nearest of what is labelled or chosen, in units of what is usual between neighbours. */
export class Variety {
  private readonly spread: readonly number[];
  private readonly usual: number;
  private readonly distances: number[];

  /**
   * @param candidates features [d] of the images that may be chosen, at least one
   * @param labelled   features of the labelled ones
   */
  constructor(
    private readonly candidates: readonly ArrayLike<number>[],
    labelled: readonly ArrayLike<number>[],
  ) {
    const all = [...candidates, ...labelled];
    this.spread = Array.from(all[0], (_, i) =>
      Math.max(leastSpread, standardDeviation(all.map((feature) => feature[i])) || 0),
    );
    this.usual = this.usualDistance(candidates);
    this.distances = candidates.map(() => Number.POSITIVE_INFINITY);
    for (const feature of labelled) this.take(feature);
  }

  /** Counts a feature among those that are labelled or chosen. */
  take(feature: ArrayLike<number>): void {
    this.candidates.forEach((own, i) => {
      this.distances[i] = Math.min(this.distances[i], featureDistance(own, feature, this.spread));
    });
  }

  /** 1: as far from the nearest labelled or chosen one as neighbours usually are from each other; infinite without any. */
  distance(candidate: number): number {
    return this.distances[candidate] / this.usual;
  }

  /** The median distance of an image to its nearest neighbour; 1 where all are alike. */
  private usualDistance(features: readonly ArrayLike<number>[]): number {
    const step = Math.max(1, features.length / mostMeasured);
    const measured = Array.from({ length: Math.min(features.length, mostMeasured) }, (_, i) => Math.floor(i * step));
    const nearest = measured.map((i) =>
      features.reduce(
        (least, other, j) => (j === i ? least : Math.min(least, featureDistance(features[i], other, this.spread))),
        Number.POSITIVE_INFINITY,
      ),
    );
    const positive = nearest.filter((distance) => distance > 0 && Number.isFinite(distance)).sort((a, b) => a - b);
    return positive[Math.floor(positive.length / 2)] ?? 1;
  }
}
