/**
 * How much contour length (2-D) or surface area (3-D) belongs to a pixel corner, by which of the pixels around it
 * are object: the lengths and areas that the normalised surface Dice of Nikolov et al. (2018) weights with.
 * The areas are those of marching-cubes patches through the edge midpoints of the 2×2×2 neighbourhood
 * (Lorensen & Cline 1987, without joining diagonal neighbours), derived here from the shape of each patch.
 */

/** Spacing along (z, y, x). */
type Spacing = readonly [number, number, number];

/**
 * Length of contour at a corner for each 4-bit code of its 2×2 neighbourhood, bits (upper left, lower left,
 * upper right, lower right) from the highest: half a diagonal for one or three pixels, a side for two neighbours,
 * a whole diagonal for two on a diagonal.
 */
export function contourLengths([, sy, sx]: Spacing): Float64Array {
  const halfDiagonal = 0.5 * Math.hypot(sy, sx);
  const lengths = new Float64Array(16).fill(halfDiagonal);
  lengths[0b0000] = 0;
  lengths[0b1111] = 0;
  lengths[0b1100] = sy;
  lengths[0b0011] = sy;
  lengths[0b1010] = sx;
  lengths[0b0101] = sx;
  lengths[0b1001] = 2 * halfDiagonal;
  lengths[0b0110] = 2 * halfDiagonal;
  return lengths;
}

/** Area of a flat piece with this area vector in voxel units, when voxels have this spacing. */
function area([z, y, x]: readonly number[], [sz, sy, sx]: Spacing): number {
  return Math.hypot(z * sy * sx, y * sz * sx, x * sz * sy);
}

/** `value` along the listed axes (0 z, 1 y, 2 x), 0 along the others. */
function along(value: number, ...axes: number[]): number[] {
  return [0, 1, 2].map((axis) => (axes.includes(axis) ? value : 0));
}

/** Axes along which the voxel `corner` (one bit per axis) has a neighbour among `voxels`. */
function neighbourAxes(corner: number, voxels: readonly number[]): number[] {
  return [0, 1, 2].filter((axis) => voxels.includes(corner ^ (1 << axis)));
}

/**
 * Area of the patch that separates one face-connected group of at most four voxels of a 2×2×2 neighbourhood from
 * the rest.
 */
function patchArea(voxels: readonly number[], spacing: Spacing): number {
  const degrees = voxels.map((voxel) => neighbourAxes(voxel, voxels));
  const all = along(1, 0, 1, 2);
  const sum = (...vectors: number[][]) => vectors.reduce((total, vector) => total + area(vector, spacing), 0);
  const scaled = (factor: number) => all.map((value) => factor * value);
  if (voxels.length === 1) return sum(scaled(1 / 8)); // a triangle
  const used = [0, 1, 2].filter((axis) => degrees.some((axes) => axes.includes(axis)));
  const unused = [0, 1, 2].filter((axis) => !used.includes(axis));
  if (voxels.length === 2) return sum(along(1 / 2, ...unused)); // a rectangle
  if (voxels.length === 3) return sum(along(1 / 2, ...unused), scaled(3 / 8)); // a triangle and a trapezium
  if (used.length === 2) return sum(along(1, ...unused)); // the middle plane
  if (degrees.some((axes) => axes.length === 3)) return sum(scaled(3 / 4)); // a flat hexagon
  // A chain of four: its bent hexagon is two parallel triangles and two more beside the middle link.
  const [start, end] = voxels.filter((_, i) => degrees[i].length === 1).map((voxel) => neighbourAxes(voxel, voxels)[0]);
  const middle = used.find((axis) => axis !== start && axis !== end) as number;
  return sum(scaled(1 / 2), along(1 / 4, middle, start), along(1 / 4, middle, end));
}

/** The face-connected groups of a set of voxels of a 2×2×2 neighbourhood. */
function connectedGroups(voxels: readonly number[]): number[][] {
  const left = new Set(voxels);
  const groups: number[][] = [];
  for (const seed of voxels) {
    if (!left.delete(seed)) continue;
    const group = [seed];
    for (const voxel of group) {
      for (const axis of [0, 1, 2]) if (left.delete(voxel ^ (1 << axis))) group.push(voxel ^ (1 << axis));
    }
    groups.push(group);
  }
  return groups;
}

/**
 * Area of surface at a voxel corner for each 8-bit code of its 2×2×2 neighbourhood. Bit 7−b of the code is the
 * voxel whose number b has bit 2 for x, bit 1 for y and bit 0 for z set where that coordinate is the larger one.
 * Groups of the rarer kind (object or background) are separate patches, so a code and its complement agree.
 */
export function surfaceAreas([sz, sy, sx]: Spacing): Float64Array {
  return Float64Array.from({ length: 256 }, (_, code) => {
    const set = [0, 1, 2, 3, 4, 5, 6, 7].filter((voxel) => (code >> (7 - voxel)) & 1);
    const clear = [0, 1, 2, 3, 4, 5, 6, 7].filter((voxel) => !set.includes(voxel));
    const rarer = set.length <= 4 ? set : clear;
    return connectedGroups(rarer).reduce((total, group) => total + patchArea(group, [sz, sy, sx]), 0);
  });
}
