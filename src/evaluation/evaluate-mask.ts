/** All metrics of one predicted mask against its reference, sharing counts, surfaces and distance transforms. */
import { UsageError } from "../core/errors.js";
import { makeGrid } from "../grid/grid.js";
import { type Convention, type ConventionName, conventions, type Emptiness } from "./conventions.js";
import { checkMask } from "./extents.js";
import { type LesionCounts, type LesionRule, matchLesions } from "./lesions.js";
import { type ConfusionCounts, confusionCounts, dice, jaccard } from "./overlap.js";
import {
  averageDistance,
  averageSymmetricDistance,
  hausdorff,
  largerHausdorff95,
  pooledHausdorff95,
  surfaceDice,
  surfaceDistances,
  surfacePair,
} from "./surface-metrics.js";
import { type Volumes, volumesOf } from "./volume.js";

/** How to evaluate a mask. */
export interface EvaluateMaskOptions {
  /** `[H, W]` or `[D, H, W]`. */
  readonly shape: readonly number[];
  /** Voxel size along each axis of `shape`; default, also for null, 1, so that distances are in pixels. */
  readonly spacing?: readonly number[] | null;
  /** Rules for empty masks and the definition of HD95. */
  readonly convention: ConventionName;
  /** Tolerances of the normalised surface Dice in the unit of the spacing; default none. */
  readonly surfaceDiceTolerances?: readonly number[];
  /** Counts lesions, too, by this rule; for classes of many separate parts. */
  readonly lesions?: LesionRule;
}

/** Metrics of one mask; distances in the unit of the spacing, overlaps in [0, 1]. */
export interface MaskMetrics {
  readonly dice: number;
  readonly jaccard: number;
  /** Hausdorff distance. */
  readonly hd: number;
  /** 95 % Hausdorff distance. */
  readonly hd95: number;
  /** Mean surface distance from prediction to reference, the ASD of medpy and MiDSS. */
  readonly asd: number;
  /** Mean surface distance from reference to prediction. */
  readonly asdFromReference: number;
  /** Mean of the surface distances of both directions together. */
  readonly assd: number;
  /** Normalised surface Dice, one per tolerance asked for. */
  readonly nsd: readonly number[];
  /** Volumes (areas of pictures) and their difference; no convention applies to them. */
  readonly volumes: Volumes;
  /** Numbers of lesions, where they were asked for; no convention applies to them. */
  readonly lesions?: LesionCounts;
  readonly counts: ConfusionCounts;
  /** Which masks had no object, so that the values above come from the convention. */
  readonly empty: Emptiness;
}

/** Which of the two masks is empty. */
function emptiness({ truePositive, falsePositive, falseNegative }: ConfusionCounts): Emptiness {
  const predicted = truePositive + falsePositive > 0;
  const expected = truePositive + falseNegative > 0;
  if (predicted) return expected ? "none" : "reference";
  return expected ? "prediction" : "both";
}

/** @throws UsageError when the convention is unknown a tolerance is not a number of at least 0 or a lesion rule none */
function checkOptions({ convention, surfaceDiceTolerances = [], lesions }: EvaluateMaskOptions): void {
  if (!Object.hasOwn(conventions, convention)) {
    const known = Object.keys(conventions).join(", ");
    throw new UsageError(`evaluateMask: convention is "${convention}"; expected one of ${known}`);
  }
  for (const tolerance of surfaceDiceTolerances) {
    if (tolerance >= 0) continue;
    throw new UsageError(`evaluateMask: a surface Dice tolerance is ${tolerance}; expected a number of at least 0`);
  }
  if (lesions && !(lesions.leastOverlap > 0 && lesions.leastOverlap <= 1)) {
    throw new UsageError(`evaluateMask: lesions.leastOverlap is ${lesions.leastOverlap}; expected a number in (0, 1]`);
  }
}

/**
 * Evaluates a predicted mask against its reference.
 * @param prediction mask of `shape` flattened row by row; nonzero is object
 * @param reference  mask of the same shape
 * @throws UsageError when shape, spacing and mask sizes disagree, the convention is unknown, a tolerance negative or
 *   a lesion rule not in (0, 1]
 * @example
 * const metrics = evaluateMask(prediction, reference, { shape: [256, 256], convention: "midss" });
 */
export function evaluateMask(prediction: Uint8Array, reference: Uint8Array, options: EvaluateMaskOptions): MaskMetrics {
  checkOptions(options);
  const grid = makeGrid("evaluateMask", options.shape, options.spacing);
  checkMask("evaluateMask", "prediction", prediction, grid);
  checkMask("evaluateMask", "reference", reference, grid);
  const tolerances = options.surfaceDiceTolerances ?? [];
  const convention: Convention = conventions[options.convention];
  const counts = confusionCounts(prediction, reference);
  const empty = emptiness(counts);
  const { lesions: rule } = options;
  const found = {
    volumes: volumesOf(counts, grid),
    ...(rule ? { lesions: matchLesions(prediction, reference, grid.shape, rule) } : {}),
  };
  if (empty !== "none") {
    const { distance, surfaceDice: nsd, ...overlap } = convention.empty[empty];
    const distances = { hd: distance, hd95: distance, asd: distance, asdFromReference: distance, assd: distance };
    return { ...overlap, ...distances, nsd: tolerances.map(() => nsd), ...found, counts, empty };
  }
  const surfaces = surfacePair(prediction, reference, grid);
  const distances = surfaceDistances(surfaces, grid);
  return {
    dice: dice(counts),
    jaccard: jaccard(counts),
    hd: hausdorff(distances),
    hd95: convention.hausdorff95 === "pooled" ? pooledHausdorff95(distances) : largerHausdorff95(distances),
    asd: averageDistance(distances.toReference),
    asdFromReference: averageDistance(distances.toPrediction),
    assd: averageSymmetricDistance(distances),
    nsd: tolerances.length === 0 ? [] : surfaceDice(prediction, reference, surfaces, grid, tolerances),
    ...found,
    counts,
    empty,
  };
}
