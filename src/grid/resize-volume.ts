/**
 * Resizing of volumes by the programs for planes: each plane first, then along the slowest axis, where all voxels of a
 * plane are one row. Shapes are `[z, y, x]`.
 */
import type { Grid } from "./grid.js";
import { type ResizeFilter, resizeNearest, resizeValues } from "./resize.js";
import type { Samples } from "./stored-image.js";

type Shape = readonly number[];

function sameShape(one: Shape, other: Shape): boolean {
  return one.every((side, axis) => side === other[axis]);
}

function planesThenDepth<T extends Samples>(
  values: T,
  [depth, height, width]: Shape,
  [toDepth, toHeight, toWidth]: Shape,
  resize: (values: T, from: Shape, to: Shape) => T,
): T {
  const planes = resize(values, [height, width], [toHeight, toWidth]);
  return resize(planes, [depth, toHeight * toWidth], [toDepth, toHeight * toWidth]);
}

/**
 * Resizes volumes `[C, D, H, W]`, antialiased unless by B-splines; bytes are rounded to 8 bits after each axis.
 * @param from,to the spatial shapes
 * @returns the values themselves where the shapes are the same
 */
export function resizeVolumeFiltered<T extends Uint8Array | Float32Array>(
  values: T,
  from: Shape,
  to: Shape,
  filter: ResizeFilter,
): T {
  if (sameShape(from, to)) return values;
  return planesThenDepth(values, from, to, (planes, own, wanted) => resizeValues(planes, own, wanted, filter));
}

/** The same of any sample type by the nearest source voxel; values are copied, never mixed. */
export function resizeVolumeNearest<T extends Samples>(values: T, from: Shape, to: Shape): T {
  return sameShape(from, to) ? values : planesThenDepth(values, from, to, resizeNearest);
}

/**
 * The shape that a grid has at another spacing, over the same field of view as nearly as whole voxels allow.
 * @param spacing in mm, in the grid's order
 * @param grid one that knows its spacing
 */
export function shapeAtSpacing(
  { shape, spacing: own }: Grid & { readonly spacing: readonly number[] },
  spacing: Shape,
) {
  return shape.map((extent, axis) => Math.max(1, Math.round((extent * own[axis]) / spacing[axis])));
}
