/** Sheets of slices: hand-computed places and sizes, the same for a body in every order of its axes. */
import { describe, expect, it } from "vitest";
import { focusOn, indexAt, slicesThrough } from "../../src/grid/focus.js";
import { type Affine, makeGrid } from "../../src/grid/grid.js";
import { montageSheet, type Sheet, sliceIn, threePlaneSheet } from "../../src/grid/sheet.js";
import type { StoredImage } from "../../src/grid/stored-image.js";
import { axisOrders } from "../support/axis-orders.js";

/** Extents and mm along x (left), y (posterior), z (superior): 30 x 40 x 40 mm. */
const extents = [30, 20, 10];
const sizes = [1, 2, 4];

const orders = axisOrders.flatMap((axes) =>
  Array.from({ length: 8 }, (_, bits) => ({ axes, backwards: axes.map((__, i) => ((bits >> i) & 1) === 1) })),
);

type Order = (typeof orders)[number];

/** The body with its axes stored in an order, slowest first; `valueAt` is of its voxel. */
function body({ axes, backwards }: Order, valueAt: (x: number, y: number, z: number) => number): StoredImage {
  const shape = axes.map((axis) => extents[axis]);
  const rows = [0, 1, 2].map((world) => {
    const a = axes.indexOf(world);
    const columns = axes.map((_, i) => (i === a ? sizes[world] * (backwards[a] ? -1 : 1) : 0));
    return [...columns, backwards[a] ? (extents[world] - 1) * sizes[world] : 0];
  });
  const samples = new Uint8Array(6000);
  for (let i = 0; i < 6000; i++) {
    const index = [Math.floor(i / (shape[1] * shape[2])), Math.floor(i / shape[2]) % shape[1], i % shape[2]];
    const at = [0, 0, 0];
    axes.forEach((axis, a) => {
      at[axis] = backwards[a] ? extents[axis] - 1 - index[a] : index[a];
    });
    samples[i] = valueAt(at[0], at[1], at[2]);
  }
  return { grid: makeGrid("body", shape, null, rows as unknown as Affine), channels: 1, samples };
}

const lps = orders.find(({ axes, backwards }) => axes.join() === "2,1,0" && !backwards.includes(true)) as Order;

/** A box of 4 x 3 x 2 voxels from (20, 4, 7), and a lone voxel. */
const inBox = (x: number, y: number, z: number) => x >= 20 && x < 24 && y >= 4 && y < 7 && z >= 7 && z < 9;
const box = (order: Order) => body(order, (x, y, z) => (inBox(x, y, z) || x + y + z === 0 ? 1 : 0));

/** What a sheet shows: for each cell, the slice's values. */
function shown(volume: StoredImage, { cells }: Pick<Sheet, "cells">): number[][] {
  return cells.map((cell) => [...sliceIn(volume, cell).samples]);
}

describe("threePlaneSheet", () => {
  it("lays out axial, coronal and sagittal at one scale, as large as they are in mm", () => {
    const { grid } = body(lps, () => 0);
    const { width, height, cells } = threePlaneSheet(grid, [0.5, 0.5, 0.5], 80);
    // 40 mm are 80 pixels: the body is 60 wide from right to left, 80 deep and 80 high.
    expect(cells.map(({ left, top, width, height }) => [left, top, width, height])).toEqual([
      [0, 0, 60, 80],
      [66, 0, 60, 80],
      [132, 0, 80, 80],
    ]);
    expect([width, height]).toEqual([212, 80]);
  });

  it("sets lower planes in the middle of the row", () => {
    const flat = makeGrid("flat", [4, 20, 20], [2.5, 1, 1]);
    expect(threePlaneSheet(flat, [0.5, 0.5, 0.5], 40).cells.map(({ top, height }) => [top, height])).toEqual([
      [0, 40],
      [10, 20],
      [10, 20],
    ]);
  });

  it("writes the patient's sides at the edges: right on the left, anterior and superior up", () => {
    const { words } = threePlaneSheet(body(lps, () => 0).grid, [0.5, 0.5, 0.5], 80);
    expect(words.map(({ text }) => text).join("")).toBe("RLAPRLSIAPSI");
    expect(words.slice(0, 4).map(({ x, y }) => [x, y])).toEqual([
      [11, 40],
      [49, 40],
      [30, 11],
      [30, 69],
    ]);
  });

  it("shows the same of a body in each of 48 orders of its axes", () => {
    const seen = orders.map((order) => {
      const volume = box(order);
      const focus = focusOn(volume.samples as Uint8Array, volume.grid.shape);
      const sheet = threePlaneSheet(volume.grid, focus ?? [0, 0, 0], 80);
      // Which of equal slices is the first depends on the way they are stored; the box looks the same in all of them.
      return {
        shown: shown(volume, sheet),
        words: sheet.words,
        cells: sheet.cells.map(({ left, width }) => [left, width]),
      };
    });
    for (const one of seen) expect(one).toEqual(seen[0]);
    expect(seen[0].shown.map((values) => values.filter((value) => value > 0).length)).toEqual([12, 8, 6]);
  });

  it("cuts a volume that does not know its place along its own axes, without letters", () => {
    const { cells, words } = threePlaneSheet(makeGrid("test", [4, 6, 8], null), [0.1, 0.5, 0.9], 80);
    expect(cells.map(({ order, at }) => [order.axes[0], at])).toEqual([
      [0, 0.1],
      [1, 0.5],
      [2, 0.9],
    ]);
    expect(cells.map(({ width, height }) => [width, height])).toEqual([
      [80, 60],
      [80, 40],
      [60, 40],
    ]);
    expect(words).toEqual([]);
  });

  it("shows one plane of a volume of one slice", () => {
    expect(threePlaneSheet(makeGrid("test", [1, 6, 8], null), [0.5, 0.5, 0.5]).cells).toHaveLength(1);
  });
});

describe("focusOn", () => {
  it("is the first slice with most of the largest part, along each axis", () => {
    const { samples, grid } = box(lps);
    const at = focusOn(samples as Uint8Array, grid.shape);
    expect(at?.map((share, axis) => indexAt(share, grid.shape[axis]))).toEqual([7, 4, 20]);
    expect(at).toEqual([7.5 / 10, 4.5 / 20, 20.5 / 30]);
  });

  it("is nowhere in an empty mask", () => {
    expect(focusOn(new Uint8Array(24), [2, 3, 4])).toBeNull();
  });

  it("is the same place on a grid of other voxels", () => {
    // The sixth of ten slices begins where the eleventh of twenty does.
    expect(indexAt(5.5 / 10, 20)).toBe(11);
    expect(indexAt(10.5 / 20, 10)).toBe(5);
    expect(indexAt(1, 10)).toBe(9);
  });
});

describe("montageSheet", () => {
  it("numbers its slices from below, whichever way they are stored", () => {
    for (const order of orders) {
      const volume = box(order);
      const axis = order.axes.indexOf(2);
      const shares = slicesThrough(volume.samples as Uint8Array, volume.grid.shape, axis, 5);
      const { words, cells } = montageSheet(volume.grid, "axial", shares, 80);
      // From the lone voxel in the first slice to the end of the box in the ninth.
      expect(words.map(({ text }) => text)).toEqual(["1/10", "3/10", "5/10", "7/10", "9/10"]);
      expect(cells.map(({ left, top, width, height }) => [left, top, width, height])).toEqual([
        [0, 0, 60, 80],
        [66, 0, 60, 80],
        [132, 0, 60, 80],
        [198, 0, 60, 80],
        [0, 86, 60, 80],
      ]);
      const counts = shown(volume, { cells }).map((values) => values.filter(Boolean).length);
      expect(counts).toEqual([1, 0, 0, 0, 12]);
    }
  });

  it("shows every slice where there are few, and the whole volume where nothing is labelled", () => {
    expect(slicesThrough(new Uint8Array(4), [4, 1, 1], 0, 12)).toEqual([1 / 8, 3 / 8, 5 / 8, 7 / 8]);
    expect(slicesThrough(Uint8Array.from([0, 1, 1, 0]), [4, 1, 1], 0, 1)).toEqual([3 / 8]);
  });
});
