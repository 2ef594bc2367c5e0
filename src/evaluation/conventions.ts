/**
 * What each metric is when a mask is empty, and which HD95 is meant. Published numbers differ by these rules alone,
 * so a result always carries the name of its convention.
 */

/** Values of the metrics for one kind of empty pair. */
export interface EmptyValues {
  readonly dice: number;
  readonly jaccard: number;
  /** Every surface distance: HD, HD95, ASD both ways, ASSD. */
  readonly distance: number;
  /** Normalised surface Dice at any tolerance. */
  readonly surfaceDice: number;
}

/** Which of the two masks is empty; `none` when both have an object. */
export type Emptiness = "none" | "prediction" | "reference" | "both";

/** A named set of rules. */
export interface Convention {
  readonly description: string;
  /** `pooled`: 95th percentile of both directions together; `larger`: the larger of the two percentiles. */
  readonly hausdorff95: "pooled" | "larger";
  readonly empty: Readonly<Record<Exclude<Emptiness, "none">, EmptyValues>>;
}

const undefinedEverywhere: EmptyValues = { dice: NaN, jaccard: NaN, distance: NaN, surfaceDice: NaN };
const monaiMissed: EmptyValues = { dice: 0, jaccard: 0, distance: Infinity, surfaceDice: 0 };

/** The conventions by name. */
export const conventions = {
  /**
   * medpy 0.5: Dice and Jaccard of two empty masks are 1 by its source; its surface functions raise
   * "does not contain any binary object" when either mask is empty, so distances are NaN here. medpy has no surface
   * Dice; NaN as well.
   */
  medpy: {
    description: "medpy 0.5: overlap of two empty masks is 1; distances are NaN when a mask is empty (medpy raises)",
    hausdorff95: "pooled",
    empty: {
      prediction: { dice: 0, jaccard: 0, distance: NaN, surfaceDice: NaN },
      reference: { dice: 0, jaccard: 0, distance: NaN, surfaceDice: NaN },
      both: { dice: 1, jaccard: 1, distance: NaN, surfaceDice: NaN },
    },
  },
  /**
   * MONAI 1.x defaults: an empty reference makes Dice and IoU NaN (`ignore_empty=True`), which its averages leave
   * out; one empty mask makes distances infinite and surface Dice 0; two make them NaN. HD95 is the larger of the
   * two directed percentiles.
   */
  monai: {
    description:
      "MONAI defaults: overlap is NaN for an empty reference; distances are infinite when one mask is empty, NaN when both are; HD95 is the larger directed percentile",
    hausdorff95: "larger",
    empty: {
      prediction: monaiMissed,
      reference: { ...monaiMissed, dice: NaN, jaccard: NaN },
      both: undefinedEverywhere,
    },
  },
  /** MONAI with `ignore_empty=False`: Dice and IoU of an empty reference are 1 for an empty prediction, else 0. */
  "monai-count-empty": {
    description: "MONAI with ignore_empty=False: as monai, but overlap for an empty reference is 1 or 0",
    hausdorff95: "larger",
    empty: {
      prediction: monaiMissed,
      reference: monaiMissed,
      both: { ...undefinedEverywhere, dice: 1, jaccard: 1 },
    },
  },
  /**
   * MiDSS's evaluation script: an empty prediction has HD95 = ASD = 100. It does not handle an empty reference; our
   * decision is perfect scores for two empty masks and the worst ones for an empty reference alone. MiDSS measures
   * in pixels, so its 100 means 100 units of whatever spacing is given.
   */
  midss: {
    description: "MiDSS: one empty mask gives overlap 0 and distances 100, two empty masks give 1 and 0",
    hausdorff95: "pooled",
    empty: {
      prediction: { dice: 0, jaccard: 0, distance: 100, surfaceDice: 0 },
      reference: { dice: 0, jaccard: 0, distance: 100, surfaceDice: 0 },
      both: { dice: 1, jaccard: 1, distance: 0, surfaceDice: 1 },
    },
  },
} as const satisfies Record<string, Convention>;

/** Name of a convention, as written in configurations and results. */
export type ConventionName = keyof typeof conventions;

/** All names, for schemas and help texts. */
export const conventionNames = Object.keys(conventions) as [ConventionName, ...ConventionName[]];
