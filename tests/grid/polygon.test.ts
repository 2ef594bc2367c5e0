import fc from "fast-check";
import { expect, it } from "vitest";
import { type Polygon, togglePolygon } from "../../src/grid/polygon.js";

function filled(rows: number, columns: number, ...polygons: Polygon[]): string[] {
  const mask = new Uint8Array(rows * columns);
  for (const polygon of polygons) togglePolygon(mask, columns, polygon);
  return Array.from({ length: rows }, (_, y) => mask.subarray(y * columns, (y + 1) * columns).join(""));
}

const box = (left: number, top: number, right: number, bottom: number): Polygon => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

it("fills the pixels whose centres lie inside, whichever way the outline runs and wherever it leaves the image", () => {
  expect(filled(3, 4, box(0.6, 0.5, 2.4, 1.5))).toEqual(["0000", "0110", "0000"]);
  expect(filled(3, 4, [...box(0.6, 0.5, 2.4, 1.5)].reverse())).toEqual(["0000", "0110", "0000"]);
  expect(filled(2, 3, box(-9, -9, 9, 9))).toEqual(["111", "111"]);
  expect(filled(2, 3, box(-9, -9, -5, 9))).toEqual(["000", "000"]);
  expect(
    filled(4, 4, [
      [-0.5, -0.5],
      [3.4, -0.5],
      [-0.5, 3.4],
    ]),
  ).toEqual(["1110", "1100", "1000", "0000"]);
});

it("makes a hole of a polygon in another, and of a way in and out again", () => {
  const ring = ["11111", "10001", "10001", "11111"];
  expect(filled(4, 5, box(-0.5, -0.5, 4.5, 3.5), box(0.5, 0.5, 3.5, 2.5))).toEqual(ring);
  const keyhole: Polygon = [
    ...([
      [-0.5, -0.5],
      [4.5, -0.5],
      [4.5, 3.5],
      [-0.5, 3.5],
      [-0.5, 1.2],
    ] as const),
    ...([
      [0.5, 1.2],
      [0.5, 2.5],
      [3.5, 2.5],
      [3.5, 0.5],
      [0.5, 0.5],
      [0.5, 1.2],
      [-0.5, 1.2],
    ] as const),
  ];
  expect(filled(4, 5, keyhole)).toEqual(ring);
});

it("gives each centre to one of two polygons that share an edge, corners on centres too", () => {
  const corner = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(corner, corner, corner, corner, (a, b, c, d) => {
      const [whole, one, other] = [filled(7, 7, [a, b, c, d]), filled(7, 7, [a, b, c]), filled(7, 7, [a, c, d])];
      whole.forEach((row, y) => {
        for (let x = 0; x < 7; x++) expect(Number(row[x])).toBe(Number(one[y][x]) ^ Number(other[y][x]));
      });
    }),
  );
});
