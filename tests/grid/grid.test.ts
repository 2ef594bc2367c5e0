/** Grids: what makes one, where its voxels lie, and what resizing does to it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import {
  type Affine,
  type Grid,
  makeGrid,
  resampledGrid,
  sameGrid,
  shapeText,
  voxelCount,
  worldOf,
} from "../../src/grid/grid.js";

/** A transverse CT-like slab: rows run backwards (+y), columns to the left (+x), slices up (+z), 2 mm apart. */
const slab = makeGrid("slab", [10, 20, 30], null, [
  [0, 0, 0.5, -100],
  [0, 0.25, 0, -50],
  [2, 0, 0, 7],
]);

const extent = fc.integer({ min: 1, max: 40 });
const size = fc.double({ min: 0.05, max: 8, noNaN: true });
const angle = fc.double({ min: -3, max: 3, noNaN: true });

/** Any grid of 2 or 3 axes that knows its place, at any angle. */
const placed = fc
  .tuple(fc.array(fc.tuple(extent, size), { minLength: 2, maxLength: 3 }), angle, angle, fc.tuple(angle, angle, angle))
  .map(([axes, yaw, pitch, origin]): Grid => {
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    // Columns of a rotation, so that axes are square to each other.
    const directions = [
      [cy * cp, sy * cp, -sp],
      [-sy, cy, 0],
      [cy * sp, sy * sp, cp],
    ];
    const rows = [0, 1, 2].map((r) => [...axes.map(([, step], a) => step * directions[a][r]), 50 * origin[r]]);
    return makeGrid(
      "any",
      axes.map(([length]) => length),
      null,
      rows as unknown as Affine,
    );
  });

describe("makeGrid", () => {
  it("takes the spacing from the affine, in the order of the axes", () => {
    expect(slab.spacing).toEqual([2, 0.25, 0.5]);
    expect(voxelCount(slab)).toBe(6000);
    expect(shapeText(slab)).toBe("30 x 20 x 10");
    expect(makeGrid("plain", [4, 5])).toEqual({ shape: [4, 5], spacing: null, toWorld: null });
  });

  it.each([
    ["one axis", [4], null, null, "f: shape has 1 axes; expected [H, W] or [D, H, W]"],
    ["no pixels", [4, 0], null, null, "f: shape is [4,0]; expected positive integers"],
    ["a spacing too few", [4, 4, 4], [1, 1], null, "f: spacing has 2 values but shape [4,4,4] has 3 axes"],
    ["a spacing of 0", [4, 4], [1, 0], null, "f: spacing is [1,0]; expected positive finite numbers"],
    [
      "a flat affine",
      [4, 4],
      null,
      [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      "f: spacing is [1,0]; expected positive",
    ],
    ["an affine of other axes", [4, 4], null, slab.toWorld, "f: toWorld must hold three rows of 3 finite numbers"],
    ["two spacings", [10, 20, 30], [2, 0.3, 0.5], slab.toWorld, "f: spacing is [2,0.3,0.5], but toWorld has columns"],
  ] as const)("refuses %s", (_, shape, spacing, toWorld, message) => {
    expect(() => makeGrid("f", shape, spacing, toWorld as Affine | null)).toThrow(UsageError);
    expect(() => makeGrid("f", shape, spacing, toWorld as Affine | null)).toThrow(message);
  });

  it("takes a spacing written with fewer digits than the affine", () => {
    expect(makeGrid("f", [10, 20, 30], [2.001, 0.25, 0.5], slab.toWorld).spacing).toEqual([2.001, 0.25, 0.5]);
  });
});

describe("worldOf", () => {
  it("says where a voxel's centre lies, LPS in mm", () => {
    expect(worldOf(slab, [0, 0, 0])).toEqual([-100, -50, 7]);
    expect(worldOf(slab, [3, 4, 10])).toEqual([-95, -49, 13]);
    expect(() => worldOf(makeGrid("plain", [4, 5]), [0, 0])).toThrow("does not know its place");
  });
});

describe("resampledGrid", () => {
  it("halves a grid: a new voxel's centre lies between the two it covers", () => {
    const half = resampledGrid(slab, [10, 10, 15]);
    expect(half.spacing).toEqual([2, 0.5, 1]);
    expect(worldOf(half, [0, 0, 0])).toEqual([-99.75, -49.875, 7]);
  });

  it("keeps the field of view and every corner of it, and comes back", () => {
    const property = fc.property(placed, fc.tuple(extent, extent, extent), (grid, to) => {
      const rank = grid.shape.length;
      const other = resampledGrid(grid, to.slice(0, rank));
      for (let corner = 0; corner < 2 ** rank; corner++) {
        const at = ({ shape }: Grid) => shape.map((length, axis) => ((corner >> axis) & 1 ? length - 0.5 : -0.5));
        const [before, after] = [worldOf(grid, at(grid)), worldOf(other, at(other))];
        for (let r = 0; r < 3; r++) expect(after[r]).toBeCloseTo(before[r], 8);
      }
      grid.shape.forEach((length, axis) => {
        expect(other.spacing?.[axis]).toBeCloseTo(((grid.spacing?.[axis] ?? 0) * length) / to[axis], 8);
      });
      expect(sameGrid(resampledGrid(other, grid.shape), grid)).toBe(true);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it("leaves unknown what is unknown", () => {
    expect(resampledGrid(makeGrid("plain", [40, 160], [2, 0.5]), [64, 64])).toEqual({
      ...{ shape: [64, 64], spacing: [1.25, 1.25], toWorld: null },
    });
    expect(resampledGrid(makeGrid("plain", [40, 160]), [64, 64]).spacing).toBeNull();
  });
});

describe("sameGrid", () => {
  it("is true of a grid and itself, and false once it is moved by a voxel, turned round or longer", () => {
    const property = fc.property(placed, fc.nat(2), (grid, r) => {
      const { shape, toWorld, spacing } = grid;
      const least = Math.min(...(spacing as number[]));
      const changed = (value: (entry: number, row: number, column: number) => number) => {
        const rows = (toWorld as Affine).map((row, i) => row.map((entry, column) => value(entry, i, column)));
        return makeGrid("changed", shape, null, rows as unknown as Affine);
      };
      const moved = (by: number) =>
        changed((entry, row, column) => (row === r && column === shape.length ? entry + by : entry));
      expect(sameGrid(grid, grid)).toBe(true);
      expect(sameGrid(grid, moved(least / 100))).toBe(true);
      expect(sameGrid(grid, moved(least))).toBe(false);
      const turned = changed((entry, _, column) => (column === 0 ? -entry : entry));
      expect(sameGrid(grid, turned)).toBe(false);
      const longer = shape.map((length, axis) => length + Number(axis === 0));
      expect(sameGrid(grid, makeGrid("longer", longer, spacing, toWorld))).toBe(false);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it("holds an unknown spacing or place against nobody", () => {
    const plain = makeGrid("plain", slab.shape);
    expect([sameGrid(plain, slab), sameGrid(slab, plain)]).toEqual([true, true]);
    expect(sameGrid(makeGrid("f", [4, 4], [1, 1]), makeGrid("f", [4, 4], [1, 2]))).toBe(false);
  });
});
