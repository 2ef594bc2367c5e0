/** Where to look at a volume. */
import { connectedComponents } from "./components.js";

/**
 * A place in a volume: a share of the extent along each of its axes, in (0, 1), so that grids over the same field of view
 * are cut at the same place whatever their shapes.
 */
export type Focus = readonly [number, number, number];

/** The middle of a voxel as a share of the extent. */
function shareOf(index: number, extent: number): number {
  return (index + 0.5) / extent;
}

/** The voxel that holds a share of the extent. */
export function indexAt(share: number, extent: number): number {
  return Math.min(extent - 1, Math.floor(share * extent));
}

/** How many voxels lie in each slice along each axis. @param isIn of a voxel's flat index */
function voxelsBySlice(isIn: (voxel: number) => boolean, [depth, height, width]: readonly number[]): number[][] {
  const [z, y, x] = [depth, height, width].map((extent) => new Array<number>(extent).fill(0));
  for (let i = 0, at = 0; i < depth; i++)
    for (let j = 0; j < height; j++)
      for (let k = 0; k < width; k++, at++)
        if (isIn(at)) {
          z[i]++;
          y[j]++;
          x[k]++;
        }
  return [z, y, x];
}

/** The first of the largest. */
function largest(counts: readonly number[]): number {
  return counts.reduce((best, count, i) => (count > counts[best] ? i : best), 0);
}

/**
 * Where the largest connected part of a mask is seen best: along each axis the first of those slices in which most of it
 * lies. Each of the three planes shows it, which planes through its centre need not where it is a ring.
 * @param mask  nonzero is object
 * @param shape `[z, y, x]`
 * @returns null for an empty mask
 */
export function focusOn(mask: Uint8Array, shape: readonly number[]): Focus | null {
  const { labels, sizes } = connectedComponents(mask, shape);
  if (sizes.length === 0) return null;
  const number = largest(sizes) + 1;
  const counts = voxelsBySlice((i) => labels[i] === number, shape);
  const [z, y, x] = counts.map((slices) => shareOf(largest(slices), slices.length));
  return [z, y, x];
}

/** The middle of a volume. */
export const middle: Focus = [0.5, 0.5, 0.5];

/**
 * Evenly spaced slices along an axis, from the first to the last that holds any of a mask.
 * @param mask  nonzero is object
 * @param shape `[z, y, x]`
 * @param most  slices, at least 1
 * @returns shares of the extent, ascending; of the whole axis where the mask is empty
 */
export function slicesThrough(mask: Uint8Array, shape: readonly number[], axis: number, most: number): number[] {
  const counts = voxelsBySlice((i) => mask[i] !== 0, shape)[axis];
  const held = counts.flatMap((count, i) => (count > 0 ? [i] : []));
  const first = held.at(0) ?? 0;
  const last = held.at(-1) ?? counts.length - 1;
  const shown = Math.min(most, last - first + 1);
  const step = shown === 1 ? 0 : (last - first) / (shown - 1);
  return Array.from({ length: shown }, (_, i) => shareOf(Math.round(first + i * step), counts.length));
}
