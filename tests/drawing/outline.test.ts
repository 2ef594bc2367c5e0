/** Outlines of masks: exact on paper, and with the mask's own area whatever its shape. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outlineLoops } from "../../src/drawing/outline-loops.js";
import { outlinePath, polygonArea } from "../../src/drawing/outline-path.js";

/** A mask from rows of text, # for object. */
function maskOf(...rows: string[]) {
  const mask = Uint8Array.from(rows.join(""), (character) => (character === "#" ? 1 : 0));
  return { mask, size: { height: rows.length, width: rows[0].length } };
}

/** The points of each loop of a path. */
function loopsOf(path: string): number[][] {
  return path
    .split("Z")
    .slice(0, -1)
    .map((loop) => loop.slice(1).split(" ").map(Number));
}

const disc = (side: number, radius: number, x = side / 2, y = side / 2) =>
  Uint8Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) + 0.5 - x, Math.floor(i / side) + 0.5 - y) <= radius ? 1 : 0,
  );

const pixelsOf = (mask: Uint8Array) => mask.reduce((sum, value) => sum + value, 0);

describe("outlineLoops", () => {
  it("goes around one pixel through the middles of its edges, clockwise", () => {
    const { mask, size } = maskOf("...", ".#.", "...");
    expect(outlineLoops(mask, size)).toEqual([{ points: Float64Array.of(1.5, 1, 2, 1.5, 1.5, 2, 1, 1.5), area: 1 }]);
  });

  it("goes around a square that fills the image", () => {
    const { mask, size } = maskOf("##", "##");
    const [{ points, area }] = outlineLoops(mask, size);
    expect(area).toBe(4);
    expect([...points]).toEqual([0.5, 0, 1.5, 0, 2, 0.5, 2, 1.5, 1.5, 2, 0.5, 2, 0, 1.5, 0, 0.5]);
  });

  it("runs around holes the other way", () => {
    const { mask, size } = maskOf("####", "#..#", "####");
    expect(outlineLoops(mask, size).map(({ area }) => area)).toEqual([12, -2]);
  });

  it("keeps pixels apart that touch at a corner, and closes a ring through its own corner", () => {
    const diagonal = maskOf("#.", ".#");
    expect(outlineLoops(diagonal.mask, diagonal.size).map(({ area }) => area)).toEqual([1, 1]);
    const ring = maskOf(".##", "#.#", "###");
    expect(outlineLoops(ring.mask, ring.size).reduce((sum, { area }) => sum + area, 0)).toBe(7);
  });

  it("has loops for any mask whose areas add up to its pixels", () => {
    const anyMask = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([height, width]) =>
        fc
          .array(fc.constantFrom(0, 1, 255), { minLength: height * width, maxLength: height * width })
          .map((values) => ({ mask: Uint8Array.from(values), height, width })),
      );
    fc.assert(
      fc.property(anyMask, ({ mask, height, width }) => {
        const loops = outlineLoops(mask, { height, width });
        const objects = mask.filter((value) => value !== 0).length;
        expect(loops.reduce((sum, { area }) => sum + area, 0)).toBe(objects);
        for (const { area, points } of loops) {
          expect(Number.isInteger(area) && area !== 0).toBe(true);
          expect(points.length).toBeGreaterThanOrEqual(8);
        }
      }),
    );
  });
});

describe("outlinePath", () => {
  it("is empty for an empty mask", () => {
    expect(outlinePath(new Uint8Array(12), { height: 3, width: 4 })).toBe("");
  });

  it("draws a square along its edges", () => {
    const mask = Uint8Array.from({ length: 400 }, (_, i) => {
      const [x, y] = [i % 20, Math.floor(i / 20)];
      return x >= 4 && x < 16 && y >= 4 && y < 16 ? 1 : 0;
    });
    const [points] = loopsOf(outlinePath(mask, { height: 20, width: 20 }));
    expect(polygonArea(points)).toBeCloseTo(144, 0);
    for (let i = 0; i < points.length; i += 2) {
      const distances = [points[i] - 4, 16 - points[i], points[i + 1] - 4, 16 - points[i + 1]];
      expect(Math.abs(Math.min(...distances))).toBeLessThan(0.75);
    }
    const { points: raw } = outlineLoops(mask, { height: 20, width: 20 })[0];
    expect(raw.length / 2).toBe(48);
    expect(polygonArea(raw)).toBe(144 - 4 / 8);
  });

  it("draws a disc as a circle: every point within a third of a pixel of it", () => {
    const side = 96;
    const [points] = loopsOf(outlinePath(disc(side, 20.3), { height: side, width: side }));
    for (let i = 0; i < points.length; i += 2) {
      expect(Math.abs(Math.hypot(points[i] - 48, points[i + 1] - 48) - 20.3)).toBeLessThan(0.34);
    }
  });

  it("stretches to the picture that it lies over", () => {
    const { mask, size } = maskOf("....", ".##.", ".##.", "....");
    const small = loopsOf(outlinePath(mask, size))[0];
    const large = loopsOf(outlinePath(mask, size, { height: 400, width: 800 }))[0];
    expect(large.length).toBeGreaterThanOrEqual(16);
    expect(Math.max(...large.filter((_, i) => i % 2 === 0)) / 200).toBeCloseTo(
      Math.max(...small.filter((_, i) => i % 2 === 0)),
      2,
    );
    expect(polygonArea(large)).toBeCloseTo(4 * 200 * 100, -3);
  });

  it("encloses the area of the mask within one percent and half a pixel, whatever its shape", () => {
    const blobs = fc.array(fc.tuple(fc.nat(39), fc.nat(39), fc.integer({ min: 1, max: 12 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(blobs, (circles) => {
        const mask = new Uint8Array(1600);
        for (const [x, y, radius] of circles)
          for (const [i, value] of disc(40, radius, x, y).entries()) mask[i] |= value;
        const path = outlinePath(mask, { height: 40, width: 40 }, { height: 400, width: 400 });
        const area = loopsOf(path).reduce((sum, points) => sum + polygonArea(points), 0) / 100;
        expect(Math.abs(area - pixelsOf(mask))).toBeLessThanOrEqual(0.5 + 0.01 * pixelsOf(mask));
      }),
    );
  });

  it("stays small", () => {
    const path = outlinePath(disc(256, 60), { height: 256, width: 256 }, { height: 512, width: 512 });
    expect(path.length).toBeLessThan(1500);
  });
});
