/** Error figures of a whole test set from its inspected cases: confusion by domain, and size against Dice. */
import { groupBy } from "../../core/group-by.js";
import { addConfusions, type Confusion } from "./confusion.js";
import type { InspectedCase } from "./inspect.js";

/** Confusion of the cases of one domain, or of all. */
export interface DomainConfusion {
  /** Null for all domains together. */
  readonly domain: string | null;
  /** Cases with a mask. */
  readonly cases: number;
  readonly confusion: Confusion;
}

/** Confusion of each domain in order of appearance, then of all together; empty when no case has a mask. */
export function confusionByDomain(inspected: readonly InspectedCase[]): DomainConfusion[] {
  const judged = inspected.flatMap(({ case: { domain }, confusion }) => (confusion ? [{ domain, confusion }] : []));
  if (judged.length === 0) return [];
  const together = (domain: string | null, cases: typeof judged): DomainConfusion => ({
    domain,
    cases: cases.length,
    confusion: addConfusions(cases.map(({ confusion }) => confusion)),
  });
  const domains = [...groupBy(judged, ({ domain }) => domain)].map(([name, cases]) => together(name, cases));
  return [...domains, together(null, judged)];
}

/** A part of a case as a point of the size figure. */
export interface SizePoint {
  readonly domain: string;
  readonly id: string;
  readonly part: string;
  /** In [0, 1], or NaN where the convention leaves it undefined. */
  readonly dice: number;
  /** Pixels of the judged grid. */
  readonly referencePixels: number;
  readonly predictedPixels: number;
  /** Share of the image that the reference covers, in [0, 1]. */
  readonly referenceShare: number;
  /** Size of the reference; null for pictures, and where nobody knows the spacing. */
  readonly referenceMillilitres: number | null;
}

/** One point for each case with a mask and each part, in order. */
export function sizeAgainstDice(inspected: readonly InspectedCase[]): SizePoint[] {
  return inspected.flatMap(({ scores, sizes }) =>
    scores.flatMap(({ domain, id, part, dice }): SizePoint[] => {
      const size = sizes.find((one) => one.part === part);
      if (!size || size.reference === null) return [];
      const { reference, predicted, image, voxelMillilitres } = size;
      const pixels = { referencePixels: reference, predictedPixels: predicted };
      const referenceMillilitres = voxelMillilitres === null ? null : reference * voxelMillilitres;
      return [{ domain, id, part, dice, ...pixels, referenceShare: reference / image, referenceMillilitres }];
    }),
  );
}
