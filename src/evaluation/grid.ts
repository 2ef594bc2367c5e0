/**
 * Shape and spacing of a binary mask, checked once and padded to three axes so that the metrics are written once
 * for images and volumes.
 */
import { UsageError } from "../core/errors.js";

/** Extents and voxel sizes along (z, y, x); an image has `rank` 2 and depth 1. */
export interface Grid {
  readonly rank: 2 | 3;
  readonly depth: number;
  readonly height: number;
  readonly width: number;
  /** Distance between neighbouring voxel centres along (z, y, x), usually millimetres. */
  readonly spacing: readonly [number, number, number];
}

/**
 * Checks a shape and its spacing.
 * @param caller  name of the public function, for messages
 * @param shape   `[H, W]` or `[D, H, W]`, positive integers
 * @param spacing one positive number per axis in the same order; default 1 along each axis
 * @throws UsageError when the rank is not 2 or 3, an extent or a spacing is not positive, or their numbers differ
 */
export function makeGrid(caller: string, shape: readonly number[], spacing?: readonly number[]): Grid {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new UsageError(`${caller}: shape has ${shape.length} axes; expected [H, W] or [D, H, W]`);
  }
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new UsageError(`${caller}: shape is [${shape}]; expected positive integers`);
  }
  const sizes = spacing ?? shape.map(() => 1);
  if (sizes.length !== shape.length) {
    throw new UsageError(`${caller}: spacing has ${sizes.length} values but shape [${shape}] has ${shape.length} axes`);
  }
  if (!sizes.every((size) => Number.isFinite(size) && size > 0)) {
    throw new UsageError(`${caller}: spacing is [${sizes}]; expected positive finite numbers`);
  }
  const [depth, height, width] = shape.length === 3 ? shape : [1, ...shape];
  const [sz, sy, sx] = sizes.length === 3 ? sizes : [1, ...sizes];
  return { rank: shape.length, depth, height, width, spacing: [sz, sy, sx] };
}

/**
 * Checks that a flat mask has as many values as its grid.
 * @throws UsageError otherwise
 */
export function checkMask(caller: string, name: string, mask: Uint8Array, grid: Grid): void {
  const expected = grid.depth * grid.height * grid.width;
  if (mask.length === expected) return;
  const shape = grid.rank === 3 ? [grid.depth, grid.height, grid.width] : [grid.height, grid.width];
  throw new UsageError(
    `${caller}: ${name} has ${mask.length} values but shape [${shape.join(", ")}] has ${expected}; pass masks of that shape`,
  );
}
