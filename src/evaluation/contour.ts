/**
 * The contour of a mask for the normalised surface Dice: every pixel corner between object and background, with
 * the length (2-D) or area (3-D) it stands for. Outside the image is background.
 */
import type { Grid } from "../grid/grid.js";
import { contourLengths, surfaceAreas } from "./contour-size.js";
import { extentsOf } from "./extents.js";
import { type Bounds, boundsOf, PointList } from "./point-list.js";

/** Corners in raster order; corner (z, y, x) is the one at the low side of voxel (z, y, x). */
export interface Contour {
  readonly corners: PointList;
  /** Length or area of each corner, in the unit of the spacing (squared in 3-D). */
  readonly sizes: Float64Array;
  readonly total: number;
}

/** A box of 0 and 1 around an object, with a voxel of background on every side, so that no neighbour is missing. */
interface PaddedBox {
  readonly voxels: Uint8Array;
  /** Steps to the next row and the next plane. */
  readonly row: number;
  readonly plane: number;
}

function paddedBox(mask: Uint8Array, { low, high }: Bounds, height: number, width: number): PaddedBox {
  const [depth, rows, columns] = low.map((first, axis) => high[axis] - first + 3);
  const box = { voxels: new Uint8Array(depth * rows * columns), row: columns, plane: rows * columns };
  for (let z = low[0]; z <= high[0]; z++) {
    for (let y = low[1]; y <= high[1]; y++) {
      const from = (z * height + y) * width;
      const to = (z - low[0] + 1) * box.plane + (y - low[1] + 1) * box.row + 1 - low[2];
      for (let x = low[2]; x <= high[2]; x++) box.voxels[to + x] = mask[from + x] === 0 ? 0 : 1;
    }
  }
  return box;
}

/** The lengths at a picture's corners by the codes that a volume has: of its 2×2×2 voxels only the later plane's count. */
function lengthsByVolumeCode(spacing: readonly [number, number, number]): Float64Array {
  const lengths = contourLengths(spacing);
  return Float64Array.from({ length: 256 }, (_, code) => {
    const bits = [6, 4, 2, 0].map((shift) => (code >> shift) & 1);
    return lengths[bits.reduce((sum, bit) => 2 * sum + bit, 0)];
  });
}

/** The sizes at a corner by code, of the last rank and spacing asked for: many masks in a row share them. */
let kept: { readonly key: string; readonly table: Float64Array } | undefined;

function sizesByCode(rank: 2 | 3, spacing: readonly [number, number, number]): Float64Array {
  const key = `${rank}: ${spacing}`;
  if (kept?.key !== key) kept = { key, table: rank === 3 ? surfaceAreas(spacing) : lengthsByVolumeCode(spacing) };
  return kept.table;
}

/**
 * The contour of a mask.
 * @param mask    `[H, W]` or `[D, H, W]` flattened; nonzero is object
 * @param surface the mask's surface points, which bound it
 */
export function contourOf(mask: Uint8Array, surface: PointList, grid: Grid): Contour {
  const { rank, height, width, spacing } = extentsOf(grid);
  const volume = rank === 3;
  const table = sizesByCode(rank, spacing);
  const inside = volume ? 0b11111111 : 0b01010101;
  const corners = new PointList();
  const sizes: number[] = [];
  let total = 0;
  if (surface.count === 0) return { corners, sizes: Float64Array.from(sizes), total };
  const bounds = boundsOf(surface);
  const { low, high } = bounds;
  const { voxels, row, plane } = paddedBox(mask, bounds, height, width);
  const columns = high[2] - low[2] + 2;
  for (let z = low[0]; z <= (volume ? high[0] + 1 : low[0]); z++) {
    for (let y = low[1]; y <= high[1] + 1; y++) {
      // The voxel at the corner's higher side along all axes.
      let at = (z - low[0] + 1) * plane + (y - low[1] + 1) * row;
      let left = 0;
      for (let x = 0; x < columns; x++) {
        at++;
        const behind = volume ? (voxels[at - plane - row] << 3) | (voxels[at - plane] << 1) : 0;
        const column = behind | (voxels[at - row] << 2) | voxels[at];
        const code = (left << 4) | column;
        left = column;
        if (code === 0 || code === inside) continue;
        corners.push(z, y, low[2] + x);
        sizes.push(table[code]);
        total += table[code];
      }
    }
  }
  return { corners, sizes: Float64Array.from(sizes), total };
}
