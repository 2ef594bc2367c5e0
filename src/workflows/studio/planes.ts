/** The ways to cut an opened case into slices, and the slices. */
import type { AskedSet } from "../../data/asked-set.js";
import type { Grid } from "../../grid/grid.js";
import { edgeLetters, orderedGrid, type SliceOrder, SliceStack, sliceOrder } from "../../grid/slices.js";
import type { Samples, StoredImage } from "../../grid/stored-image.js";
import type { ShownPlane } from "./shown/cases.js";

/** A plane with the order that its slices have in the working grid; null for a picture. */
export interface CutPlane extends ShownPlane {
  readonly order: SliceOrder | null;
}

const asStored: SliceOrder = { axes: [0, 1, 2], reversed: [false, false, false] };
/** Planes of a volume that does not know its place, by its axes. */
const byAxis = [asStored, { ...asStored, axes: [1, 0, 2] }, { ...asStored, axes: [2, 0, 1] }] as const;
const axisNames = ["first axis", "second axis", "third axis"] as const;
const patientPlanes = ["axial", "coronal", "sagittal"] as const;

function sides({ shape, spacing }: Grid): [height: number, width: number] {
  const [rows, columns] = [shape.length - 2, shape.length - 1];
  return [shape[rows] * (spacing?.[rows] ?? 1), shape[columns] * (spacing?.[columns] ?? 1)];
}

function planeOf(grid: Grid, name: string, order: SliceOrder): CutPlane {
  const ordered = orderedGrid(grid, order);
  const [count, rows, columns] = ordered.shape;
  const [height, width] = sides(ordered);
  return { name, count, rows, columns, height, width, letters: edgeLetters(ordered), order };
}

/**
 * The planes of a case: of a picture itself; of a volume axial, coronal and sagittal, or its own axes where its place in
 * the patient is not known.
 * @param grid that the case was cut to
 */
export function planesOfCase(grid: Grid): CutPlane[] {
  if (grid.shape.length === 2) {
    const [rows, columns] = grid.shape;
    const [height, width] = sides(grid);
    return [{ name: "picture", count: 1, rows, columns, height, width, letters: null, order: null }];
  }
  if (grid.toWorld) return patientPlanes.map((plane) => planeOf(grid, plane, sliceOrder(grid, plane)));
  return byAxis.map((order, i) => planeOf(grid, axisNames[i], order as SliceOrder));
}

/** The plane whose slices are those of the working grid, which masks are drawn in. */
export function drawnPlane(planes: readonly CutPlane[]): number {
  const at = planes.findIndex(({ order }) => order === null || order.axes[0] === 0);
  return Math.max(0, at);
}

/** One slice: planes `[C, rows, columns]`. */
export function sliceOfPlane<T extends Samples>(
  { grid, channels, samples }: Pick<StoredImage, "grid" | "channels"> & { samples: T },
  { order }: CutPlane,
  index: number,
): T {
  if (order === null) return samples;
  return new SliceStack({ grid, channels, samples }, order).slice(index).samples as T;
}

/** Whether a data set is of volumes. */
export function kindOf({ slices }: Pick<AskedSet, "slices">): "pictures" | "volumes" {
  return slices ? "volumes" : "pictures";
}
