/** How much of an object there is: volumes (areas of pictures) of two masks and their difference. */
import type { Grid } from "../grid/grid.js";
import type { ConfusionCounts } from "./overlap.js";

/** Volumes in the unit of the spacing to the power of the rank: mm³ of volumes, mm² of pictures. */
export interface Volumes {
  readonly predicted: number;
  readonly reference: number;
  /** `predicted − reference`: negative where too little was found. Its absolute value is the volume error. */
  readonly difference: number;
  /** The difference as a share of the reference; NaN when the reference is empty. */
  readonly relativeDifference: number;
}

/** The volumes of two masks by their counts of voxels. */
export function volumesOf(counts: ConfusionCounts, { shape, spacing }: Grid): Volumes {
  const { truePositive, falsePositive, falseNegative } = counts;
  const voxel = (spacing ?? shape.map(() => 1)).reduce((product, size) => product * size, 1);
  const predicted = (truePositive + falsePositive) * voxel;
  const reference = (truePositive + falseNegative) * voxel;
  const difference = (falsePositive - falseNegative) * voxel;
  const relative = (falsePositive - falseNegative) / (truePositive + falseNegative);
  return { predicted, reference, difference, relativeDifference: reference === 0 ? Number.NaN : relative };
}
