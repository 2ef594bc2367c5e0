/**
 * Surface distances between two masks and the metrics made of them, after medpy (Hausdorff distances and average
 * surface distances between surface voxels) and Nikolov et al. 2018 (normalised surface Dice between contours).
 * One distance transform per mask serves all voxel metrics. No rule for empty masks is applied here; see
 * `conventions.ts`.
 */
import type { Grid } from "../grid/grid.js";
import { percentileInPlace } from "../statistics/percentile.js";
import { type Contour, contourOf } from "./contour.js";
import { nearestDistances } from "./distance-transform.js";
import { extentsOf } from "./extents.js";
import type { PointList } from "./point-list.js";
import { surfacePoints } from "./surface.js";

/** Distances between the surfaces of a prediction and a reference, in the unit of the spacing. */
export interface SurfaceDistances {
  /** From each surface voxel of the prediction to the nearest one of the reference. */
  readonly toReference: Float64Array;
  /** From each surface voxel of the reference to the nearest one of the prediction. */
  readonly toPrediction: Float64Array;
}

/** The surfaces of a pair of masks. */
export interface SurfacePair {
  readonly prediction: PointList;
  readonly reference: PointList;
}

/** Surface voxels of a prediction and a reference, masks `[H, W]` or `[D, H, W]` flattened; nonzero is object. */
export function surfacePair(prediction: Uint8Array, reference: Uint8Array, grid: Grid): SurfacePair {
  return { prediction: surfacePoints(prediction, grid), reference: surfacePoints(reference, grid) };
}

/** Distances both ways between two surfaces; Infinity towards an empty one. */
export function surfaceDistances({ prediction, reference }: SurfacePair, grid: Grid): SurfaceDistances {
  const { spacing } = extentsOf(grid);
  return {
    toReference: nearestDistances(prediction, reference, spacing),
    toPrediction: nearestDistances(reference, prediction, spacing),
  };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

/** Hausdorff distance: the largest of all distances both ways. */
export function hausdorff({ toReference, toPrediction }: SurfaceDistances): number {
  let largest = toReference.length + toPrediction.length === 0 ? Number.NaN : 0;
  for (const distances of [toReference, toPrediction]) {
    for (let i = 0; i < distances.length; i++) if (distances[i] > largest) largest = distances[i];
  }
  return largest;
}

/** HD95 of medpy: the 95th percentile of the distances of both directions together. */
export function pooledHausdorff95({ toReference, toPrediction }: SurfaceDistances): number {
  const all = new Float64Array(toReference.length + toPrediction.length);
  all.set(toReference);
  all.set(toPrediction, toReference.length);
  return percentileInPlace(all, 95);
}

/** HD95 of MONAI: the larger of the 95th percentiles of the two directions. */
export function largerHausdorff95({ toReference, toPrediction }: SurfaceDistances): number {
  return Math.max(percentileInPlace(toReference.slice(), 95), percentileInPlace(toPrediction.slice(), 95));
}

/** Average distance from the points of one surface to the other; not symmetric. NaN without points. */
export function averageDistance(distances: Float64Array): number {
  return sum(distances) / distances.length;
}

/** Average symmetric surface distance: the mean of the distances of both directions together. */
export function averageSymmetricDistance({ toReference, toPrediction }: SurfaceDistances): number {
  return (sum(toReference) + sum(toPrediction)) / (toReference.length + toPrediction.length);
}

/** Length or area of the contour within a tolerance. */
function sizeWithin({ sizes }: Contour, distances: Float64Array, tolerance: number): number {
  let total = 0;
  for (let i = 0; i < sizes.length; i++) if (distances[i] <= tolerance) total += sizes[i];
  return total;
}

/**
 * Normalised surface Dice at each tolerance: the share of both contours' length (area in 3-D) that lies within the
 * tolerance of the other contour, in [0, 1]. Distances are between pixel corners.
 * @param tolerances non-negative, in the unit of the spacing
 */
export function surfaceDice(
  prediction: Uint8Array,
  reference: Uint8Array,
  surfaces: SurfacePair,
  grid: Grid,
  tolerances: readonly number[],
): number[] {
  const predicted = contourOf(prediction, surfaces.prediction, grid);
  const expected = contourOf(reference, surfaces.reference, grid);
  const { spacing } = extentsOf(grid);
  const furthest = Math.max(...tolerances);
  const toExpected = nearestDistances(predicted.corners, expected.corners, spacing, furthest);
  const toPredicted = nearestDistances(expected.corners, predicted.corners, spacing, furthest);
  return tolerances.map((tolerance) => {
    const within = sizeWithin(predicted, toExpected, tolerance) + sizeWithin(expected, toPredicted, tolerance);
    return within / (predicted.total + expected.total);
  });
}
