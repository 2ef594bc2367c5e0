/** Metrics that are measured beside the usual ones where they are asked for; one number each for a part of a case. */
import type { MaskMetrics } from "../evaluation/evaluate-mask.js";
import { lesionF1 } from "../evaluation/lesions.js";

/** What is measured further. */
export interface FurtherRules {
  /** Tolerance of the normalised surface Dice, in the unit of the distances. */
  readonly nsd?: number | undefined;
  /** Volumes and their error. */
  readonly volumes?: boolean | undefined;
  /** Lesions, for parts of many separate objects. */
  readonly lesions?: boolean | undefined;
}

/** All columns that they add to `cases.csv`, in their order. */
export const furtherColumns = [
  ...["nsd", "volume", "referenceVolume", "volumeError"],
  ...["lesions", "referenceLesions", "matchedLesions", "lesionF1"],
] as FurtherColumn[];
type FurtherColumn = keyof Required<FurtherScores>;

/** The further numbers of a part of a case. */
export interface FurtherScores {
  /** Normalised surface Dice, in [0, 1]. */
  readonly nsd?: number;
  /** Of the prediction and of the reference: mm³ (mm² of pictures), or voxels where distances are in pixels. */
  readonly volume?: number;
  readonly referenceVolume?: number;
  /** Their difference, whatever its sign, as a share of the reference; NaN for an empty reference. */
  readonly volumeError?: number;
  /** Predicted lesions, those of the reference, and matched pairs; see `matchLesions`. */
  readonly lesions?: number;
  readonly referenceLesions?: number;
  readonly matchedLesions?: number;
  /** Two times the matched pairs as a share of all lesions; NaN where there is none. */
  readonly lesionF1?: number;
}

/** The further numbers among all that was measured of a part. */
export function furtherScores({ nsd, volumes, lesions }: MaskMetrics, wanted: FurtherRules): FurtherScores {
  return {
    ...(wanted.nsd === undefined ? {} : { nsd: nsd[0] }),
    ...(wanted.volumes
      ? {
          volume: volumes.predicted,
          referenceVolume: volumes.reference,
          volumeError: Math.abs(volumes.relativeDifference),
        }
      : {}),
    ...(lesions
      ? {
          lesions: lesions.predicted,
          referenceLesions: lesions.reference,
          matchedLesions: lesions.matched,
          lesionF1: lesionF1(lesions),
        }
      : {}),
  };
}
