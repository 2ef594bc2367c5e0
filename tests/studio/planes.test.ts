import { expect, it } from "vitest";
import { type Affine, makeGrid } from "../../src/grid/grid.js";
import { drawnPlane, planesOfCase, sliceOfPlane } from "../../src/workflows/studio/planes.js";
import { axisOrders } from "../support/axis-orders.js";

/** A volume of 3 x 4 x 5 voxels along z, y, x with 3, 2 and 1 mm between them, stored with its axes in another order and way. */
function stored(order: readonly number[], reversed: readonly boolean[]) {
  const shape = [3, 4, 5];
  const step = [
    [0, 0, 1],
    [0, 2, 0],
    [3, 0, 0],
  ];
  const own = order.map((axis) => shape[axis]);
  const samples = new Uint8Array(60);
  for (let i = 0; i < 60; i++) {
    const index = [Math.floor(i / (own[1] * own[2])), Math.floor(i / own[2]) % own[1], i % own[2]];
    const place = [0, 0, 0];
    order.forEach((axis, at) => {
      place[axis] = reversed[at] ? own[at] - 1 - index[at] : index[at];
    });
    samples[i] = place[0] * 20 + place[1] * 5 + place[2];
  }
  const rows = step.map((row, world) => {
    const columns = order.map((axis, at) => (reversed[at] ? -row[axis] : row[axis]));
    const start = order.reduce((sum, axis, at) => sum + (reversed[at] ? row[axis] * (own[at] - 1) : 0), 0);
    return [...columns, start + world];
  });
  return { grid: makeGrid("test", own, null, rows as unknown as Affine), samples };
}

it("shows the same slices of a volume in whatever order it is stored, with the patient's sides and sizes", () => {
  const seen = axisOrders.flatMap((order) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => {
      const { grid, samples } = stored(order, [bits & 1, bits & 2, bits & 4].map(Boolean));
      const planes = planesOfCase(grid);
      const slices = planes.map((plane) =>
        Array.from({ length: plane.count }, (_, i) => [...sliceOfPlane({ grid, channels: 1, samples }, plane, i)]),
      );
      return JSON.stringify([planes.map(({ order: _, ...plane }) => plane), slices]);
    }),
  );
  expect(new Set(seen).size).toBe(1);
  const [planes, slices] = JSON.parse(seen[0]);
  expect(planes[0]).toEqual({
    ...{ name: "axial", count: 3, rows: 4, columns: 5, height: 8, width: 5 },
    letters: { left: "R", right: "L", top: "A", bottom: "P" },
  });
  expect(planes[1]).toMatchObject({
    name: "coronal",
    count: 4,
    height: 9,
    letters: { top: "S", bottom: "I", left: "R" },
  });
  expect(planes[2]).toMatchObject({ name: "sagittal", count: 5, width: 8, letters: { left: "A", right: "P" } });
  // Coronal slices begin at the top of the head.
  expect(slices[1][0].slice(0, 5)).toEqual([40, 41, 42, 43, 44]);
});

it("shows volumes without a place by their axes, and pictures as they are", () => {
  const planes = planesOfCase(makeGrid("test", [3, 4, 5]));
  expect(planes.map(({ name, count }) => [name, count])).toEqual([
    ["first axis", 3],
    ["second axis", 4],
    ["third axis", 5],
  ]);
  expect(drawnPlane(planes)).toBe(0);
  expect(planesOfCase(makeGrid("test", [6, 7], [2, 1]))).toMatchObject([{ rows: 6, columns: 7, height: 12, width: 7 }]);
});
