/** Volumes as stacks of slices: whatever the order of their axes, slices look alike and go back where they came from. */
import { describe, expect, it } from "vitest";
import { type Affine, type Grid, makeGrid, sameGrid, voxelCount, worldOf } from "../../src/grid/grid.js";
import { orderedGrid, orientationCode, placeSlice, SliceStack, sliceOrder } from "../../src/grid/slices.js";
import type { StoredImage } from "../../src/grid/stored-image.js";
import { axisOrders } from "../support/axis-orders.js";

/** Extents and spacing along x (left), y (posterior), z (superior). */
const extents = [4, 3, 2];
const sizes = [0.5, 1, 3];

/** An order of the axes x, y, z as an array has them, slowest first, and whether each runs backwards. */
interface Stored {
  readonly order: readonly number[];
  readonly backwards: readonly boolean[];
}

const stored: Stored[] = axisOrders.flatMap((order) =>
  Array.from({ length: 8 }, (_, bits) => ({ order, backwards: order.map((__, i) => ((bits >> i) & 1) === 1) })),
);

/** Turns world coordinates about x and z, as an oblique scan does. */
function turn([x, y, z]: readonly number[], angle: number): number[] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const [x1, y1] = [c * x - s * y, s * x + c * y];
  return [x1, c * y1 - s * z, s * y1 + c * z];
}

/** The same body in any order of axes: the voxel at (x, y, z) holds 100 z + 10 y + x. */
function body({ order, backwards }: Stored, angle = 0): StoredImage {
  const shape = order.map((axis) => extents[axis]);
  const step = order.map((axis, i) => {
    const along = [0, 0, 0];
    along[axis] = sizes[axis] * (backwards[i] ? -1 : 1);
    return turn(along, angle);
  });
  const first = [0, 0, 0];
  order.forEach((axis, i) => {
    first[axis] = backwards[i] ? (extents[axis] - 1) * sizes[axis] : 0;
  });
  const origin = turn(first, angle);
  const rows = [0, 1, 2].map((r) => [...step.map((column) => column[r]), origin[r]]);
  const samples = new Int16Array(24);
  for (let i = 0; i < 24; i++) {
    const index = [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
    const at = [0, 0, 0];
    order.forEach((axis, a) => {
      at[axis] = backwards[a] ? extents[axis] - 1 - index[a] : index[a];
    });
    samples[i] = 100 * at[2] + 10 * at[1] + at[0];
  }
  return { grid: makeGrid("body", shape, null, rows as unknown as Affine), channels: 1, samples };
}

const nobody: Grid = makeGrid("nobody", [2, 3, 4], [3, 1, 0.5]);

describe("slices of a volume", () => {
  it.each([0, 0.3])("are the same in all 48 orders of the axes, %d rad oblique", (angle) => {
    for (const one of stored) {
      const image = body(one, angle);
      const axial = new SliceStack(image, sliceOrder(image.grid, "axial"));
      expect(axial.grid.shape).toEqual([2, 3, 4]);
      // Rows run towards posterior, columns towards the left, slices towards superior.
      expect([...axial.slice(1).samples]).toEqual([100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123]);
      const coronal = new SliceStack(image, sliceOrder(image.grid, "coronal"));
      expect([...coronal.slice(2).samples]).toEqual([120, 121, 122, 123, 20, 21, 22, 23]);
      const sagittal = new SliceStack(image, sliceOrder(image.grid, "sagittal"));
      expect([...sagittal.slice(3).samples]).toEqual([103, 113, 123, 3, 13, 23]);
    }
  });

  it.each([0, 0.3])("know where they lie, %d rad oblique", (angle) => {
    for (const one of stored) {
      const { grid } = body(one, angle);
      const cut = orderedGrid(grid, sliceOrder(grid, "axial"));
      const expected = orderedGrid(body(stored[0], angle).grid, sliceOrder(body(stored[0], angle).grid, "axial"));
      expect(sameGrid(cut, expected)).toBe(true);
      expect(cut.spacing?.map((size) => Number(size.toFixed(6)))).toEqual([3, 1, 0.5]);
      const image = body(one, angle);
      const slice = new SliceStack(image, sliceOrder(grid, "axial")).slice(1);
      worldOf(slice.grid, [2, 1]).forEach((value, r) => {
        expect(value).toBeCloseTo(turn([0.5, 2, 3], angle)[r], 9);
      });
    }
  });

  it("go back to the voxels they came from", () => {
    for (const one of stored)
      for (const plane of ["axial", "coronal", "sagittal", "stored"] as const) {
        const image = body(one);
        const order = sliceOrder(image.grid, plane);
        const stack = new SliceStack(image, order);
        const back = new Int16Array(voxelCount(image.grid));
        for (let slice = 0; slice < stack.count; slice++)
          placeSlice(back, image.grid, order, slice, stack.slice(slice).samples as Int16Array);
        expect(back).toEqual(image.samples);
      }
  });

  it("have all channels", () => {
    const image = body(stored[17]);
    const both = { ...image, channels: 2, samples: Int16Array.of(...image.samples, ...image.samples.map((v) => -v)) };
    const order = sliceOrder(image.grid, "axial");
    const one = [...new SliceStack(image, order).slice(1).samples];
    expect([...new SliceStack(both, order).slice(1).samples]).toEqual([...one, ...one.map((value) => -value)]);
  });

  it("are the file's own where the volume does not say how it lies, or where they are asked for", () => {
    const samples = Uint8Array.from({ length: 24 }, (_, i) => i);
    const image = { grid: nobody, channels: 1, samples };
    for (const plane of ["axial", "sagittal", "stored"] as const)
      expect([...new SliceStack(image, sliceOrder(nobody, plane)).slice(1).samples]).toEqual([...samples.slice(12)]);
    const turned = body({ order: [0, 1, 2], backwards: [true, true, true] });
    expect(sliceOrder(turned.grid, "stored").axes).toEqual([0, 1, 2]);
  });
});

describe("orientationCode", () => {
  it("names the directions of the axes, the fastest first, as nibabel does", () => {
    expect(orientationCode(body({ order: [2, 1, 0], backwards: [false, false, false] }).grid)).toBe("LPS");
    expect(orientationCode(body({ order: [2, 1, 0], backwards: [false, true, true] }).grid)).toBe("RAS");
    expect(orientationCode(body({ order: [0, 2, 1], backwards: [true, false, false] }).grid)).toBe("PSR");
    expect(orientationCode(body({ order: [2, 1, 0], backwards: [false, false, false] }, 0.3).grid)).toBe("LPS oblique");
    expect(orientationCode(nobody)).toBeNull();
  });
});
