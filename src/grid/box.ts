/** Boxes of pictures and volumes: positions `[y, x]` or `[z, y, x]` on the grid, which may lie outside of it. */
import { type Affine, type Grid, makeGrid, voxelCount, worldOf } from "./grid.js";
import { type Samples, samplesLike } from "./stored-image.js";

/** The grid of a box that begins at `start`. */
export function boxGrid(grid: Grid, start: readonly number[], sides: readonly number[]): Grid {
  const { spacing, toWorld } = grid;
  const origin = toWorld && worldOf(grid, start);
  const moved = toWorld?.map((row, r) => [...row.slice(0, -1), (origin as number[])[r]]);
  return makeGrid("boxGrid", sides, spacing, (moved as unknown as Affine | undefined) ?? null);
}

/** Copies a box of planes `[P, ...shape]` that begins at `start`; 0 where there is nothing. */
export function cutBox<T extends Samples>(
  values: T,
  shape: readonly number[],
  start: readonly number[],
  sides: readonly number[],
): T {
  if (shape.length === 2) return cutBox(values, [1, ...shape], [0, ...start], [1, ...sides]);
  const size = voxelCount({ shape });
  const count = voxelCount({ shape: sides });
  const box = samplesLike(values, (values.length / size) * count);
  const [first, end] = [start.map((at) => Math.max(at, 0)), start.map((at, a) => Math.min(at + sides[a], shape[a]))];
  if (first.some((at, axis) => at >= end[axis])) return box;
  for (let plane = 0; plane * size < values.length; plane++)
    for (let z = first[0]; z < end[0]; z++)
      for (let y = first[1]; y < end[1]; y++) {
        const from = plane * size + (z * shape[1] + y) * shape[2];
        const to = plane * count + ((z - start[0]) * sides[1] + y - start[1]) * sides[2] - start[2];
        box.set(values.subarray(from + first[2], from + end[2]), to + first[2]);
      }
  return box;
}
