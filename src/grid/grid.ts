/**
 * Where the values of an image or a mask lie: the one description that files, networks, metrics and predictions share.
 *
 * Spatial axes stand slowest first, `[y, x]` of a picture and `[z, y, x]` of a volume, and everything that is given for
 * each axis comes in that order. World coordinates are DICOM's: millimetres along (x, y, z) towards the patient's Left,
 * Posterior and Superior (LPS), measured to the centre of a voxel; what is stored as RAS changes the sign of x and y when
 * it is read.
 */
import { UsageError } from "../core/errors.js";

/** The grid that values were sampled on. */
export interface Grid {
  /** Number of pixels or voxels along each axis, `[y, x]` or `[z, y, x]`. */
  readonly shape: readonly number[];
  /** Millimetres between neighbouring centres along each axis; null where nobody knows. */
  readonly spacing: readonly number[] | null;
  /** From indices to world coordinates; null where nobody knows. Its columns are as long as the spacing. */
  readonly toWorld: Affine | null;
}

/**
 * Three rows x, y, z of one column for each axis of the grid, in the grid's order, and the world coordinates of the
 * first voxel's centre: `world[r] = Σ_a rows[r][a] · index[a] + rows[r][rank]`.
 */
export type Affine = readonly [readonly number[], readonly number[], readonly number[]];

/** Grids that lie less than this share of a voxel apart everywhere are the same, written with fewer digits. */
const tolerance = 0.1;

/** Lengths of an affine's columns: the spacing that it says. */
function columnLengths(toWorld: Affine, rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => Math.hypot(...toWorld.map((row) => row[axis])));
}

/** True when the spacings, over the whole image, drift apart by less than the tolerance. */
function sameSpacing(shape: readonly number[], a: readonly number[], b: readonly number[]): boolean {
  return shape.every((extent, axis) => Math.abs(a[axis] - b[axis]) * extent <= tolerance * a[axis]);
}

/**
 * Checks and builds a grid.
 * @param caller  name of the public function, or of the file, for messages
 * @param shape   `[y, x]` or `[z, y, x]`, positive whole numbers
 * @param spacing one positive number for each axis; the affine's, else unknown, unless given
 * @param toWorld see {@link Affine}; unknown unless given
 * @throws UsageError when the rank is not 2 or 3, an extent or a spacing is not positive, their numbers differ, or the
 *   affine has another spacing
 * @example const grid = makeGrid("loadSlice", [256, 256], [0.5, 0.5]);
 */
export function makeGrid(
  caller: string,
  shape: readonly number[],
  spacing: readonly number[] | null = null,
  toWorld: Affine | null = null,
): Grid {
  const rank = shape.length;
  if (rank !== 2 && rank !== 3) {
    throw new UsageError(`${caller}: shape has ${rank} axes; expected [H, W] or [D, H, W]`);
  }
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new UsageError(`${caller}: shape is [${shape}]; expected positive integers`);
  }
  if (toWorld?.some((row) => row.length !== rank + 1 || !row.every(Number.isFinite))) {
    throw new UsageError(`${caller}: toWorld must hold three rows of ${rank + 1} finite numbers for ${rank} axes`);
  }
  const sizes = spacing ?? (toWorld && columnLengths(toWorld, rank));
  if (sizes && sizes.length !== rank) {
    throw new UsageError(`${caller}: spacing has ${sizes.length} values but shape [${shape}] has ${rank} axes`);
  }
  if (sizes && !sizes.every((size) => Number.isFinite(size) && size > 0)) {
    throw new UsageError(`${caller}: spacing is [${sizes}]; expected positive finite numbers`);
  }
  if (sizes && toWorld && !sameSpacing(shape, sizes, columnLengths(toWorld, rank))) {
    throw new UsageError(
      `${caller}: spacing is [${sizes}], but toWorld has columns of length [${columnLengths(toWorld, rank)}]`,
    );
  }
  return { shape, spacing: sizes, toWorld };
}

/** Number of pixels or voxels. */
export function voxelCount({ shape }: Pick<Grid, "shape">): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The shape as people write it, width first: `640 x 480`, in volumes `640 x 480 x 24`. */
export function shapeText({ shape }: Pick<Grid, "shape">): string {
  return [...shape].reverse().join(" x ");
}

/**
 * True when both grids have the same shape, and the same spacing and place in the world where both know them; less than a
 * tenth of a voxel between them anywhere is rounding.
 */
export function sameGrid(a: Grid, b: Grid): boolean {
  const { shape, spacing, toWorld } = a;
  if (shape.length !== b.shape.length || shape.some((extent, axis) => extent !== b.shape[axis])) return false;
  if (spacing && b.spacing && !sameSpacing(shape, spacing, b.spacing)) return false;
  const other = b.toWorld;
  if (!spacing || !toWorld || !other) return true;
  const reach = [...shape, 1];
  const most = tolerance * Math.min(...spacing);
  return toWorld.every((row, r) => row.every((value, c) => Math.abs(value - other[r][c]) * reach[c] <= most));
}

/** World coordinates (x, y, z) in millimetres of an index that may lie between voxels. */
export function worldOf({ toWorld }: Grid, index: readonly number[]): number[] {
  if (!toWorld) throw new UsageError("worldOf: the grid does not know its place in the world");
  return toWorld.map((row) => index.reduce((sum, at, axis) => sum + row[axis] * at, row[index.length]));
}

/**
 * The grid of another shape over the same field of view, as resizing an image makes it: outer edges stay where they
 * are, spacing becomes spacing · old extent / new extent.
 */
export function resampledGrid(grid: Grid, shape: readonly number[]): Grid {
  const ratios = shape.map((extent, axis) => grid.shape[axis] / extent);
  const spacing = grid.spacing?.map((size, axis) => size * ratios[axis]);
  if (!grid.toWorld) return makeGrid("resampledGrid", shape, spacing);
  // The first new centre is half a new voxel, less half an old one, away from the first old centre.
  const origin = worldOf(
    grid,
    ratios.map((ratio) => (ratio - 1) / 2),
  );
  const rows = grid.toWorld.map((row, r) => [...ratios.map((ratio, axis) => row[axis] * ratio), origin[r]]);
  return makeGrid("resampledGrid", shape, spacing, rows as unknown as Affine);
}
