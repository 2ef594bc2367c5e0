/** Label maps of a volume on a sheet (grid/sheet.ts). */
import type { Dataset } from "../../data/dataset.js";
import { outlinePath } from "../../drawing/outline-path.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { type Sheet, sliceIn } from "../../grid/sheet.js";
import { classMask } from "../label-map.js";

/** A part's outlines on a sheet. */
export interface SheetOutline {
  readonly part: string;
  /** `d` of an SVG path in the sheet's pixels; "" where there is no object. */
  readonly path: string;
}

/**
 * The outlines of all judged parts, in the data set's order.
 * @param labels class numbers `grid.shape` (softmax) or 0/1 planes `[K, ...grid.shape]` (sigmoid)
 * @param grid   over the sheet's field of view, its axes in the same order; of any shape
 */
export function sheetOutlines(
  labels: Uint8Array,
  grid: Grid,
  sheet: Sheet,
  { target, parts }: Pick<Dataset, "target" | "parts">,
): SheetOutline[] {
  const volume = { grid, channels: labels.length / voxelCount(grid), samples: labels };
  const slices = sheet.cells.map((cell) => ({ cell, slice: sliceIn(volume, cell) }));
  return parts.map(({ index, name }) => {
    const paths = slices.map(({ cell, slice }) => {
      const [height, width] = slice.grid.shape;
      const mask = classMask(slice.samples as Uint8Array, index, target, height * width);
      return outlinePath(mask, { height, width }, cell);
    });
    return { part: name, path: paths.join("") };
  });
}
