/**
 * A small volume whose every voxel has a number of its own, in all the ways in which its axes can lie: the six orders of
 * the axes, each of them forwards and backwards. What a voxel's place in the world is, is worked out here from the
 * definition alone.
 */

/** How a file's axes lie: for each, fastest first, the vector from one voxel to the next, LPS mm. */
export interface Lie {
  readonly name: string;
  readonly axes: readonly (readonly number[])[];
  readonly origin: readonly number[];
}

/** Voxels along the file's axes, fastest first. */
export const extents = [3, 4, 5] as const;
const sizes = [0.75, 1.25, 2.5];

/** Turned about two axes, as an oblique acquisition is. */
function tilted([x, y, z]: readonly number[]): number[] {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const [u, v] = [Math.cos(-0.2), Math.sin(-0.2)];
  const [a, b] = [c * x - s * y, s * x + c * y];
  return [a, u * b - v * z, v * b + u * z];
}

/** The 48 orders, and each of them oblique. */
export function allLies(): Lie[] {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const lies: Lie[] = [];
  for (const order of orders)
    for (let signs = 0; signs < 8; signs++) {
      const axes = order.map((world, axis) =>
        [0, 1, 2].map((r) => (r === world ? (signs & (1 << axis) ? -sizes[axis] : sizes[axis]) : 0)),
      );
      const name = `${order.join("")} ${signs}`;
      lies.push({ name, axes, origin: [-10.5, 20.25, 3.125] });
      lies.push({ name: `${name} oblique`, axes: axes.map(tilted), origin: [-10.5, 20.25, 3.125] });
    }
  return lies;
}

/** The world coordinates of every voxel, in the file's order, first axis fastest. */
export function places({ axes, origin }: Lie): number[][] {
  const all: number[][] = [];
  for (let k = 0; k < extents[2]; k++)
    for (let j = 0; j < extents[1]; j++)
      for (let i = 0; i < extents[0]; i++)
        all.push([0, 1, 2].map((r) => origin[r] + i * axes[0][r] + j * axes[1][r] + k * axes[2][r]));
  return all;
}

/** 1 to 60 in the file's order: the number of the voxel at {@link places}. */
export function numbers(): Int16Array {
  return Int16Array.from({ length: 60 }, (_, i) => i + 1);
}

/** A lie's vectors in RAS. */
export function ras({ axes, origin }: Lie): { axes: number[][]; origin: number[] } {
  const turn = ([x, y, z]: readonly number[]) => [-x, -y, z];
  return { axes: axes.map(turn), origin: turn(origin) };
}
