/**
 * The contour of a mask for the normalised surface Dice: every pixel corner between object and background, with
 * the length (2-D) or area (3-D) it stands for. Outside the image is background.
 */
import type { Grid } from "../grid/grid.js";
import { contourLengths, surfaceAreas } from "./contour-size.js";
import { extentsOf } from "./extents.js";
import { boundsOf, PointList } from "./point-list.js";

/** Corners in raster order; corner (z, y, x) is the one at the low side of voxel (z, y, x). */
export interface Contour {
  readonly corners: PointList;
  /** Length or area of each corner, in the unit of the spacing (squared in 3-D). */
  readonly sizes: Float64Array;
  readonly total: number;
}

/**
 * The contour of a mask.
 * @param mask    `[H, W]` or `[D, H, W]` flattened; nonzero is object
 * @param surface the mask's surface points, which bound it
 */
export function contourOf(mask: Uint8Array, surface: PointList, grid: Grid): Contour {
  const { low, high } = boundsOf(surface);
  const { rank, height, width, spacing } = extentsOf(grid);
  const volume = rank === 3;
  const blank = new Uint8Array(width);
  const rowAt = (z: number, y: number) => {
    if (z < low[0] || z > high[0] || y > high[1]) return blank;
    const start = (z * height + y) * width;
    return mask.subarray(start, start + width);
  };
  const corners = new PointList();
  const codes: number[] = [];
  const columns = new Uint8Array(high[2] - low[2] + 2);
  for (let z = low[0]; z <= (volume ? high[0] + 1 : low[0]); z++) {
    columns.fill(0);
    for (let y = low[1]; y <= high[1] + 1; y++) {
      scanRow(columns, rowAt(z, y), volume ? rowAt(z - 1, y) : undefined, low[2], (x, code) => {
        corners.push(z, y, x);
        codes.push(code);
      });
    }
  }
  const table = volume ? surfaceAreas(spacing) : contourLengths(spacing);
  const sizes = new Float64Array(codes.length);
  let total = 0;
  for (let i = 0; i < codes.length; i++) {
    sizes[i] = table[codes[i]];
    total += sizes[i];
  }
  return { corners, sizes, total };
}

/**
 * Calls `found` for every corner between this row of voxels and the one before whose neighbourhood is mixed.
 * @param columns the neighbourhood's bits per column, kept from row to row; one column more than the box has
 * @param row     the row's voxels
 * @param behind  in a volume, the voxels of the same row one plane before
 * @param firstX  first column of the box
 */
function scanRow(
  columns: Uint8Array,
  row: Uint8Array,
  behind: Uint8Array | undefined,
  firstX: number,
  found: (x: number, code: number) => void,
): void {
  const bits = behind === undefined ? 2 : 4;
  const fullColumn = (1 << bits) - 1;
  const fullCode = (1 << (2 * bits)) - 1;
  const last = columns.length - 1;
  let left = 0;
  for (let i = 0; i <= last; i++) {
    let column = columns[i];
    if (behind !== undefined) column = (column << 1) | (i < last && behind[firstX + i] !== 0 ? 1 : 0);
    column = ((column << 1) | (i < last && row[firstX + i] !== 0 ? 1 : 0)) & fullColumn;
    columns[i] = column;
    const code = (left << bits) | column;
    left = column;
    if (code !== 0 && code !== fullCode) found(firstX + i, code);
  }
}
