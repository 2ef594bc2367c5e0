/** The overlay: parts in their colours, edges on their inside, and a rectangle that is the same drawn alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Box } from "../../../src/studio/page/editor/model/box.js";
import { clipBox } from "../../../src/studio/page/editor/model/box.js";
import { edgeColours, fillColours } from "../../../src/studio/page/editor/view/overlay-colours.js";
import { drawLayer, screenBox } from "../../../src/studio/page/editor/view/overlay-raster.js";
import type { View } from "../../../src/studio/page/editor/view/transform.js";

const parts = [
  { name: "background", value: 0, colour: "#000000" },
  { name: "one", value: 1, colour: "#ff0000" },
  { name: "two", value: 2, colour: "#00ff00" },
];
const look = { parts, target: "softmax" as const, hidden: new Set<number>() };
const colours = { fill: fillColours(look, 0.5), edge: edgeColours(look) };
const size = { width: 16, height: 12 };
const count = size.width * size.height;
const stage = { x: 0, y: 0, width: 60, height: 50 };

function draw(codes: Uint8Array, view: View, box: Box, isDashed = false): Uint32Array {
  const out = new Uint32Array(box.width * box.height);
  drawLayer(out, box, view, size, { codes, colours }, isDashed);
  return out;
}

/** A block of part 1 from (4, 3) to (11, 8). */
const block = Uint8Array.from({ length: count }, (_, i) => {
  const [x, y] = [i % size.width, Math.floor(i / size.width)];
  return Number(x >= 4 && x < 12 && y >= 3 && y < 9);
});

describe("the overlay", () => {
  it("fills parts, draws their edges inside and a dark line outside", () => {
    const view = { scale: 3, tall: 1, x: 0, y: 0 };
    const row = draw(block, view, stage).subarray(18 * 60, 19 * 60);
    // The part reaches from screen column 12 to 35.
    const [edge, fill] = [0xff0000ff, colours.fill[1]];
    expect([...row.subarray(9, 16)]).toEqual([0, 0, 0x8c000000, edge, edge, fill, fill]);
    expect([...row.subarray(32, 39)]).toEqual([fill, fill, edge, edge, 0x8c000000, 0, 0]);
  });

  it("draws edges as wide at every scale", () => {
    for (const scale of [0.5, 1, 3, 7.3]) {
      const box = { x: 0, y: 0, width: 130, height: 100 };
      const row = draw(block, { scale, tall: 1, x: 5, y: 4 }, box).subarray(
        Math.floor(4 + 6 * scale) * 130,
        (Math.floor(4 + 6 * scale) + 1) * 130,
      );
      expect(row.filter((word) => word === 0xff0000ff)).toHaveLength(Math.min(4, Math.round(8 * scale)));
    }
  });

  it("dashes the edges of the model's mask and fills nothing", () => {
    const words = draw(block, { scale: 3, tall: 1, x: 0, y: 0 }, stage, true);
    const solid = draw(block, { scale: 3, tall: 1, x: 0, y: 0 }, stage);
    const edges = (some: Uint32Array) => some.filter((word) => word === 0xff0000ff).length;
    expect(words.includes(colours.fill[1])).toBe(false);
    expect(edges(words) / edges(solid)).toBeCloseTo(0.5, 1);
  });

  it("of a changed box is all that looks different", () => {
    const mask = fc.uint8Array({ min: 0, max: 2, minLength: count, maxLength: count });
    const view = fc.record({
      scale: fc.integer({ min: 3, max: 60 }).map((tenths) => tenths / 10),
      tall: fc.integer({ min: 4, max: 40 }).map((tenths) => tenths / 10),
      x: fc.integer({ min: -40, max: 40 }),
      y: fc.integer({ min: -40, max: 40 }),
    });
    const box = fc.record({
      ...{ x: fc.nat(size.width - 3), y: fc.nat(size.height - 3) },
      ...{ width: fc.integer({ min: 1, max: 3 }), height: fc.integer({ min: 1, max: 3 }) },
    });
    fc.assert(
      fc.property(mask, view, box, (before, where, { x, y, width, height }) => {
        const after = before.slice();
        for (let row = y; row < y + height; row++)
          for (let column = x; column < x + width; column++)
            after[row * size.width + column] = (after[row * size.width + column] + 1) % 3;
        const words = draw(before, where, stage);
        const changed = clipBox(screenBox({ x, y, width, height }, where), stage);
        if (changed) {
          const piece = draw(after, where, changed);
          for (let row = 0; row < changed.height; row++)
            words.set(
              piece.subarray(row * changed.width, (row + 1) * changed.width),
              (changed.y + row) * stage.width + changed.x,
            );
        }
        expect(words).toEqual(draw(after, where, stage));
      }),
    );
  });
});
