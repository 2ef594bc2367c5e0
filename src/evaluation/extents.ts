/**
 * A grid as the metrics count on it: padded to three axes, so that they are written once for pictures and volumes, and
 * with unit spacing where none is known, so that distances are in pixels then.
 */
import { UsageError } from "../core/errors.js";
import { type Grid, voxelCount } from "../grid/grid.js";

/** Extents and voxel sizes along (z, y, x); a picture has `rank` 2 and depth 1. */
export interface Extents {
  readonly rank: 2 | 3;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  readonly spacing: readonly [number, number, number];
}

/** Pads shape and spacing to (z, y, x). */
export function extentsOf({ shape, spacing }: Pick<Grid, "shape" | "spacing">): Extents {
  const rank = shape.length === 3 ? 3 : 2;
  const sizes = spacing ?? shape.map(() => 1);
  const [depth, height, width] = rank === 3 ? shape : [1, ...shape];
  const [sz, sy, sx] = rank === 3 ? sizes : [1, ...sizes];
  return { rank, depth, height, width, spacing: [sz, sy, sx] };
}

/**
 * Checks that a flat mask has as many values as its grid.
 * @throws UsageError otherwise
 */
export function checkMask(caller: string, name: string, mask: Uint8Array, grid: Grid): void {
  const expected = voxelCount(grid);
  if (mask.length === expected) return;
  throw new UsageError(
    `${caller}: ${name} has ${mask.length} values but shape [${grid.shape.join(", ")}] has ${expected}; pass masks of that shape`,
  );
}
