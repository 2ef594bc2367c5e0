/** Regions: what a flood, a polygon and smoothing take, against the rules of the rooms below. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectedComponents } from "../../../src/grid/components.js";
import { togglePolygon } from "../../../src/grid/polygon.js";
import { floodRegion } from "../../../src/studio/page/editor/model/flood.js";
import { partTables } from "../../../src/studio/page/editor/model/parts.js";
import { otherPieces } from "../../../src/studio/page/editor/model/pieces.js";
import { polygonRegion, type Region } from "../../../src/studio/page/editor/model/region.js";
import { smoothPart } from "../../../src/studio/page/editor/model/smooth.js";

const size = { width: 13, height: 11 };
const count = size.width * size.height;
const mask = fc.uint8Array({ min: 0, max: 1, minLength: count, maxLength: count });

/** A region as a mask of the whole image. */
function spread(region: Region | null): Uint8Array {
  const all = new Uint8Array(count);
  if (region)
    for (let y = 0; y < region.box.height; y++)
      for (let x = 0; x < region.box.width; x++)
        all[(region.box.y + y) * size.width + region.box.x + x] = region.covered[y * region.box.width + x];
  return all;
}

const ones = Uint8Array.from({ length: 256 }, (_, code) => Number(code === 1));

describe("a flood", () => {
  it.each([4, 8] as const)("finds the connected part around a pixel, %i neighbours", (neighbours) => {
    fc.assert(
      fc.property(mask, fc.nat(count - 1), (codes, at) => {
        const { labels } = connectedComponents(codes, [size.height, size.width], neighbours);
        const seed = { x: at % size.width, y: Math.floor(at / size.width) };
        const wanted = labels.map((label) => Number(codes[at] === 1 && label === labels[at]));
        expect([...spread(floodRegion(codes, size, seed, ones, neighbours))]).toEqual([...wanted]);
      }),
    );
  });

  it("begins nowhere beside the image", () => {
    expect(floodRegion(new Uint8Array(count).fill(1), size, { x: -1, y: 3 }, ones, 4)).toBeNull();
    expect(floodRegion(new Uint8Array(count).fill(1), size, { x: 3, y: size.height }, ones, 4)).toBeNull();
  });
});

describe("other pieces", () => {
  it("and the piece are the part, and share no pixel", () => {
    fc.assert(
      fc.property(mask, fc.nat(count - 1), (codes, at) => {
        const seed = { x: at % size.width, y: Math.floor(at / size.width) };
        const piece = floodRegion(codes, size, seed, ones, 8);
        fc.pre(piece !== null);
        const [own, others] = [spread(piece), spread(otherPieces(codes, size, ones, piece!))];
        expect(own.map((value, i) => value + others[i])).toEqual(codes);
      }),
    );
  });
});

describe("a polygon", () => {
  const corner = fc.record({ x: fc.integer({ min: -30, max: 170 }), y: fc.integer({ min: -30, max: 140 }) });

  it("holds the pixels that the outline of a file would", () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 9 }), (tenths) => {
        const corners = tenths.map(({ x, y }) => ({ x: x / 10, y: y / 10 }));
        const wanted = new Uint8Array(count);
        togglePolygon(
          wanted,
          size.width,
          corners.map(({ x, y }) => [x, y] as const),
        );
        expect(spread(polygonRegion(corners, size))).toEqual(wanted);
      }),
      // An outline whose corners would be rounded anew if they were moved to the region's own corner.
      {
        examples: [
          [
            [
              { x: 10, y: 0 },
              { x: 16, y: 98 },
              { x: 76, y: 3 },
            ],
          ],
        ],
      },
    );
  });

  it("of two corners holds nothing", () => {
    const corners = [
      { x: 1, y: 1 },
      { x: 8, y: 8 },
    ];
    expect(polygonRegion(corners, size)).toBeNull();
  });
});

describe("smoothing", () => {
  const parts = [
    { name: "background", value: 0, colour: "#000000" },
    { name: "ring", value: 1, colour: "#ff0000" },
    { name: "core", value: 2, colour: "#00ff00" },
  ];
  const ring = partTables(parts[1], parts, "softmax");
  const softly = (codes: Uint8Array, radius: number) => {
    const patch = smoothPart(codes, size, ring, radius, true);
    const result = codes.slice();
    if (patch)
      for (let y = 0; y < patch.height; y++)
        for (let x = 0; x < patch.width; x++)
          result[(patch.y + y) * size.width + patch.x + x] = patch.values[y * patch.width + x];
    return result;
  };

  it("goes by the majority of the square around each pixel", () => {
    fc.assert(
      fc.property(mask, fc.integer({ min: 1, max: 3 }), (codes, radius) => {
        const wanted = codes.map((code, i) => {
          const [x, y] = [i % size.width, Math.floor(i / size.width)];
          let balance = 0;
          for (let row = Math.max(0, y - radius); row <= Math.min(size.height - 1, y + radius); row++)
            for (let column = Math.max(0, x - radius); column <= Math.min(size.width - 1, x + radius); column++)
              balance += codes[row * size.width + column] === 1 ? 1 : -1;
          return balance === 0 ? code : Number(balance > 0);
        });
        expect(softly(codes, radius)).toEqual(wanted);
      }),
    );
  });

  it("takes a speck away, fills a hole, and leaves an even edge alone", () => {
    const halves = Uint8Array.from({ length: count }, (_, i) => Number(i % size.width < 6));
    expect(softly(halves, 2)).toEqual(halves);
    const marred = halves.slice();
    marred[5 * size.width + 2] = 0;
    marred[5 * size.width + 10] = 1;
    expect(softly(marred, 2)).toEqual(halves);
  });

  it("leaves no gap where two parts touch: a spur goes to the part around it", () => {
    const codes = Uint8Array.from({ length: count }, (_, i) => (i % size.width < 6 ? 1 : 2));
    codes[5 * size.width + 6] = 1;
    codes[5 * size.width + 7] = 1;
    const after = softly(codes, 2);
    expect(after[5 * size.width + 7]).toBe(2);
    expect(after.includes(0)).toBe(false);
  });

  it("finds nothing where the part is not", () => {
    expect(smoothPart(new Uint8Array(count), size, ring, 2, true)).toBeNull();
  });
});
