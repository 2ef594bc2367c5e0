/** Resizing of volumes: along every axis alike, labels copied, shapes by spacing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeGrid } from "../../src/grid/grid.js";
import { resizeVolumeFiltered, resizeVolumeNearest, shapeAtSpacing } from "../../src/grid/resize-volume.js";

const side = fc.integer({ min: 1, max: 7 });
const shapes = fc.tuple(side, side, side);
const size = (shape: readonly number[]) => shape.reduce((all, one) => all * one, 1);

/** Axes in another order: value at [z, y, x] of the result is that at [x, z, y] of the source. */
function turned<T extends Uint8Array>(values: T, [depth, height, width]: readonly number[]): Uint8Array {
  const result = new Uint8Array(values.length);
  for (let z = 0; z < depth; z++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) result[(x * depth + z) * height + y] = values[(z * height + y) * width + x];
  return result;
}

describe("a resized volume", () => {
  it("is the volume where nothing changes, and constant where it was", () => {
    fc.assert(
      fc.property(shapes, shapes, fc.integer({ min: 0, max: 255 }), (from, to, value) => {
        const values = Uint8Array.from({ length: 2 * size(from) }, (_, i) => (i * 37) % 256);
        expect(resizeVolumeFiltered(values, from, from, "bilinear")).toEqual(values);
        expect(resizeVolumeNearest(values, from, from)).toEqual(values);
        const flat = resizeVolumeFiltered(new Uint8Array(size(from)).fill(value), from, to, "bilinear");
        expect(flat).toEqual(new Uint8Array(size(to)).fill(value));
      }),
    );
  });

  it("of labels has the same values whichever way its axes lie", () => {
    fc.assert(
      fc.property(shapes, shapes, (from, to) => {
        const values = Uint8Array.from({ length: size(from) }, (_, i) => (i * 37) % 11);
        const turnedShape = ([z, y, x]: readonly number[]) => [x, z, y];
        const one = turned(resizeVolumeNearest(values, from, to), to);
        expect(resizeVolumeNearest(turned(values, from), turnedShape(from), turnedShape(to))).toEqual(one);
      }),
    );
  });

  it("rises evenly along the slices where the volume does", () => {
    const ramp = Uint8Array.from({ length: 8 * 4 }, (_, i) => 20 * Math.floor(i / 4));
    const finer = resizeVolumeFiltered(ramp, [8, 2, 2], [16, 2, 2], "bilinear");
    const along = Array.from({ length: 16 }, (_, z) => finer[4 * z]);
    expect(along.slice(1, 15)).toEqual(Array.from({ length: 14 }, (_, i) => 5 + 10 * i));
  });
});

it("a shape at another spacing covers the same field of view", () => {
  const grid = { ...makeGrid("test", [10, 64, 50], [3, 0.5, 1]), spacing: [3, 0.5, 1] };
  expect(shapeAtSpacing(grid, [1, 1, 1])).toEqual([30, 32, 50]);
  expect(shapeAtSpacing(grid, [100, 0.5, 0.75])).toEqual([1, 64, 67]);
});
