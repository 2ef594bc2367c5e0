/** Changes of masks as bytes: what goes in comes out, twice is once, and nothing else is taken for one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { applyMaskPatch, cutMaskPatch, decodeMaskPatch, encodeMaskPatch } from "../../src/grid/mask-patch.js";
import { decodeRuns, encodeRuns } from "../../src/grid/runs.js";

/** Bytes with runs of every length. */
const runny = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 255 }),
      fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 100, max: 20_000 })),
    ),
    {
      maxLength: 12,
    },
  )
  .map((runs) => Uint8Array.from(runs.flatMap(([value, length]) => new Array<number>(length).fill(value))));

/** A mask, and a box that lies on it. */
const boxed = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      x: fc.integer({ min: 0, max: size.width - 1 }),
      y: fc.integer({ min: 0, max: size.height - 1 }),
      right: fc.nat(size.width),
      bottom: fc.nat(size.height),
      seed: fc.uint8Array({ minLength: size.width * size.height, maxLength: size.width * size.height }),
    }),
  )
  .map(({ size, x, y, right, bottom, seed }) => ({
    size,
    mask: seed.map((value) => value % 3),
    box: {
      x,
      y,
      width: Math.max(1, Math.min(right, size.width - x)),
      height: Math.max(1, Math.min(bottom, size.height - y)),
    },
  }));

describe("runs", () => {
  it("stand for the bytes that they were made of", () => {
    fc.assert(
      fc.property(runny, (values) => {
        expect(decodeRuns(encodeRuns(values), values.length)).toEqual(values);
      }),
    );
  });

  it("are short where a mask is", () => {
    expect(encodeRuns(new Uint8Array(2048 * 2048)).length).toBe(5);
  });

  it.each([
    ["cut off in a length", [7, 200], 100],
    ["of no pixel", [7, 0], 0],
    ["too many", [7, 5], 4],
    ["too few", [7, 5], 6],
    ["without an end", [7, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 127], 100],
  ])("are refused: %s", (_, code, count) => {
    expect(() => decodeRuns(Uint8Array.from(code), count)).toThrow(DataError);
  });
});

describe("a patch", () => {
  it("comes back from its bytes and puts the same pixels in place, once or twice", () => {
    fc.assert(
      fc.property(boxed, ({ size, mask, box }) => {
        const patch = cutMaskPatch(mask, size.width, box);
        const read = decodeMaskPatch(encodeMaskPatch(patch), size);
        expect(read).toEqual(patch);
        const other = mask.map((value, i) => {
          const [x, y] = [i % size.width, Math.floor(i / size.width)];
          const isIn = x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
          return isIn ? 9 : value;
        });
        applyMaskPatch(other, size.width, read);
        expect(other).toEqual(mask);
        applyMaskPatch(other, size.width, read);
        expect(other).toEqual(mask);
      }),
    );
  });

  it("that reaches out of the mask is refused, and says how large it is", () => {
    const bytes = encodeMaskPatch({ x: 3, y: 1, width: 2, height: 2, values: new Uint8Array(4) });
    expect(decodeMaskPatch(bytes, { width: 5, height: 3 }).x).toBe(3);
    expect(() => decodeMaskPatch(bytes, { width: 4, height: 3 })).toThrow(
      "a change of 2 x 2 pixels at column 3, row 1 does not fit into a mask of 4 x 3",
    );
  });

  it("is never more than the mask, whatever the bytes say", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(decodeMaskPatch(bytes, { width: 8, height: 8 }).values.length).toBeLessThanOrEqual(64);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
    );
  });
});
