/**
 * From the axes of a volume's file to a grid and back. Files name their axes fastest first and give each a vector in the
 * patient; grids have them slowest first and as columns of an affine (grid.ts). Formats that store RAS, towards Right,
 * Anterior and Superior, change the sign of x and y here and nowhere else.
 */
import { DataError } from "../../core/errors.js";
import { type Affine, type Grid, makeGrid } from "../../grid/grid.js";
import { cross, dot } from "../../grid/vector.js";

type Vector = readonly number[];

/** Where a file's axes point, fastest first, in mm along Left, Posterior and Superior. */
export interface Placement {
  /** From one voxel to the next along each axis. */
  readonly axes: readonly Vector[];
  /** The first voxel's centre. */
  readonly origin: Vector;
}

/** Axes that lie this near in one plane span no volume. */
const flat = 1e-6;

/** A vector of RAS in LPS, and the other way round; no zero becomes negative. */
export function turned([x, y, z]: Vector): Vector {
  return [0 - x, 0 - y, z];
}

/** Volume, or area, that the axes span, as a share of what axes at right angles would. */
function spanned([first, second, third]: readonly Vector[]): number {
  const normal = cross(first, second);
  const lengths = Math.hypot(...first) * Math.hypot(...second);
  if (!third) return Math.hypot(...normal) / lengths;
  return Math.abs(dot(normal, third)) / (lengths * Math.hypot(...third));
}

/**
 * The grid of a file.
 * @param extents   of two or three axes, fastest first
 * @param placement null where the file says none
 * @param spacing   of a file without placement, fastest first; null where it says none
 * @throws DataError when the placement holds NaN or infinite values, or its axes lie in one plane
 */
export function placedGrid(
  file: string,
  extents: readonly number[],
  placement: Placement | null,
  spacing: readonly number[] | null = null,
): Grid {
  const shape = [...extents].reverse();
  if (!placement) return makeGrid(file, shape, spacing && [...spacing].reverse());
  const { axes, origin } = placement;
  if (![...axes, origin].flat().every(Number.isFinite))
    throw new DataError(`${file}: its place in the patient holds NaN or infinite values; mend its header`);
  // Not below, as no share is NaN.
  if (!(spanned(axes) > flat))
    throw new DataError(`${file}: the axes of its place in the patient span no volume; mend its header`);
  const columns = [...axes].reverse();
  const rows = [0, 1, 2].map((r) => [...columns.map((column) => column[r]), origin[r]]);
  return makeGrid(file, shape, null, rows as unknown as Affine);
}

/** Extents and placement of a grid, as a file of its values in their order has them. */
export function placementOf({ shape, toWorld }: Grid): { extents: number[]; placement: Placement | null } {
  const extents = [...shape].reverse();
  if (!toWorld) return { extents, placement: null };
  const columns = [...extents.keys()].map((axis) => toWorld.map((row) => row[axis])).reverse();
  return { extents, placement: { axes: columns, origin: toWorld.map((row) => row[shape.length]) } };
}
