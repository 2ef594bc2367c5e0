/**
 * The surface of a mask, as medpy and MiDSS define it: the object minus its erosion by the 4-neighbour cross (6 in
 * volumes), where everything outside the image counts as background.
 */
import type { Grid } from "../grid/grid.js";
import { extentsOf } from "./extents.js";
import { PointList } from "./point-list.js";
import { wordsOf } from "./words.js";

/**
 * Surface voxels of a mask in raster order.
 * @param mask `[H, W]` or `[D, H, W]` flattened; nonzero is object
 */
export function surfacePoints(mask: Uint8Array, grid: Grid): PointList {
  const { rank, depth, height, width } = extentsOf(grid);
  const points = new PointList();
  const plane = height * width;
  const words = wordsOf(mask);
  for (let z = 0; z < depth; z++) {
    const atFace = rank === 3 && (z === 0 || z === depth - 1);
    for (let y = 0; y < height; y++) {
      const start = z * plane + y * width;
      const end = start + width;
      const atEdge = atFace || y === 0 || y === height - 1;
      for (let i = start; i < end; i++) {
        if (mask[i] === 0) {
          while ((i & 3) === 3 && i + 4 < end && words[(i + 1) >> 2] === 0) i += 4;
          continue;
        }
        if (
          atEdge ||
          i === start ||
          i === end - 1 ||
          mask[i - 1] === 0 ||
          mask[i + 1] === 0 ||
          mask[i - width] === 0 ||
          mask[i + width] === 0 ||
          (rank === 3 && (mask[i - plane] === 0 || mask[i + plane] === 0))
        ) {
          points.push(z, y, i - start);
        }
      }
    }
  }
  return points;
}
