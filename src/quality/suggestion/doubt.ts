/** How much a label of an image is expected to tell that the network does not know. */
import { mean } from "../../statistics/mean.js";
import type { PartEstimate } from "../estimate.js";
import { binLogit, type CaseObservation, type LogitCounts, logitBins, type PartObservation } from "../observation.js";

/** Entropy in bits of a pixel that is of a part with the probability of a bin, and that probability. */
const ofBin = Array.from({ length: logitBins }, (_, bin) => {
  const p = 1 / (1 + Math.exp(-binLogit(bin)));
  return { p, bits: -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p)) };
});

function summed(counts: LogitCounts, of: (bin: (typeof ofBin)[number]) => number): number {
  return counts.reduce((sum, count, bin) => (count === 0 ? sum : sum + count * of(ofBin[bin])), 0);
}

/** Predictive entropy of a case: bits a pixel, mean over pixels and parts, in [0, 1]. */
export function predictiveEntropy({ parts }: Pick<CaseObservation, "parts">): number {
  return mean(parts.map(({ all, shape }) => (shape.pixels === 0 ? 0 : summed(all, ({ bits }) => bits) / shape.pixels)));
}

/**
 * Predictive entropy of a part by its own expected size, so that small parts count as large ones do: e / (1 + e) of the
 * bits for each pixel that is expected to be of it, in [0, 1).
 */
function entropyOfPart({ all }: PartObservation): number {
  const each = summed(all, ({ bits }) => bits) / (1 + summed(all, ({ p }) => p));
  return each / (1 + each);
}

/** No part is certain: what is estimated at a Dice of 1 may still be chosen for its domain or its looks. */
const leastDoubt = 0.01;

/**
 * The doubt about one part of a case, in [0.01, 1]: 1 − estimated Dice; where nothing could be estimated, the mean of what
 * the signals say by themselves stands in for the estimate, and without any signal the entropy of the part for the doubt.
 */
export function partDoubt({ dice, pattern }: PartEstimate, observed: PartObservation): number {
  const doubt = Number.isNaN(dice) ? (pattern.length > 0 ? 1 - mean(pattern) : entropyOfPart(observed)) : 1 - dice;
  return Math.min(1, Math.max(leastDoubt, doubt));
}
