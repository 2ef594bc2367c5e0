/** A brush covers the pixels whose centres lie within its radius of the way it went, and no other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipBox } from "../../../src/studio/page/editor/model/box.js";
import { brushBox, brushCentre, brushSpans, type Point } from "../../../src/studio/page/editor/model/brush.js";

const size = { width: 24, height: 18 };

function covered(from: Point, to: Point, diameter: number): Uint8Array {
  const mask = new Uint8Array(size.width * size.height);
  brushSpans(from, to, diameter, size, (row, first, last) =>
    mask.fill(1, row * size.width + first, row * size.width + last + 1),
  );
  return mask;
}

/** Distance of a pixel's centre from a segment. */
function distance({ x, y }: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(Math.max(((x - from.x) * dx + (y - from.y) * dy) / length, 0), 1);
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
}

const place = fc.record({ x: fc.integer({ min: -20, max: 80 }), y: fc.integer({ min: -20, max: 60 }) });

describe("a brush", () => {
  it("covers what lies within its radius of the segment", () => {
    fc.assert(
      fc.property(place, place, fc.integer({ min: 1, max: 15 }), (a, b, diameter) => {
        const [from, to] = [a, b].map(({ x, y }) => brushCentre({ x: x / 2.5, y: y / 2.5 }, diameter));
        const wanted = Uint8Array.from({ length: size.width * size.height }, (_, i) => {
          const pixel = { x: i % size.width, y: Math.floor(i / size.width) };
          return Number(distance(pixel, from, to) <= diameter / 2 + 1e-6);
        });
        expect(covered(from, to, diameter)).toEqual(wanted);
      }),
    );
  });

  it("stays within its box", () => {
    fc.assert(
      fc.property(place, place, fc.integer({ min: 1, max: 15 }), (from, to, diameter) => {
        const box = clipBox(brushBox(from, to, diameter), size);
        brushSpans(from, to, diameter, size, (row, first, last) => {
          expect(box).not.toBeNull();
          expect(row >= box!.y && row < box!.y + box!.height).toBe(true);
          expect(first >= box!.x && last < box!.x + box!.width).toBe(true);
        });
      }),
    );
  });

  it("of one pixel paints the pixel that holds the place", () => {
    const at = brushCentre({ x: 4.95, y: 3.05 }, 1);
    expect(covered(at, at, 1).indexOf(1)).toBe(3 * size.width + 4);
    expect(covered(at, at, 1).filter(Boolean)).toHaveLength(1);
  });

  it("of two pixels paints the four around the corner that is nearest", () => {
    const at = brushCentre({ x: 4.7, y: 3.2 }, 2);
    const found = [...covered(at, at, 2).entries()].filter(([, value]) => value).map(([i]) => i);
    expect(found).toEqual([2 * 24 + 4, 2 * 24 + 5, 3 * 24 + 4, 3 * 24 + 5]);
  });

  it("has the area of its disc", () => {
    const wide = { width: 300, height: 300 };
    let area = 0;
    const at = brushCentre({ x: 150.5, y: 150.5 }, 201);
    brushSpans(at, at, 201, wide, (_, first, last) => {
      area += last - first + 1;
    });
    expect(area / (Math.PI * 100.5 ** 2)).toBeCloseTo(1, 2);
  });
});
