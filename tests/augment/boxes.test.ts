/** Copy-paste boxes: inside the image, of the drawn area, and mixing that only copies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxMask, coveringBox, drawBoxes, pasteBoxes } from "../../src/augment/index.js";
import { full, scope, tensor } from "../../src/torch/index.js";

describe("boxes", () => {
  it("lie inside and cover 2 to 40 percent, up to rounding down", () => {
    const side = fc.integer({ min: 16, max: 400 }); // also images far from square
    fc.assert(
      fc.property(fc.nat(), side, side, (seed, height, width) => {
        for (const { start, sides } of drawBoxes({ seed, iteration: 0, purpose: "mixing" }, 4, [height, width])) {
          const [[y, x], [rows, columns]] = [start, sides];
          expect(x >= 0 && x + columns <= width && y >= 0 && y + rows <= height).toBe(true);
          expect(columns * rows).toBeLessThanOrEqual(0.4 * height * width);
          expect((columns + 1) * (rows + 1)).toBeGreaterThan(0.02 * height * width);
          expect((rows + 1) / height / (columns / width)).toBeGreaterThan(0.3);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("of volumes lie inside, and cover 2 to 40 percent", () => {
    const side = fc.integer({ min: 8, max: 60 });
    fc.assert(
      fc.property(fc.nat(), side, side, side, (seed, ...shape) => {
        for (const { start, sides } of drawBoxes({ seed, iteration: 0, purpose: "mixing" }, 4, shape)) {
          const volume = (lengths: readonly number[]) => lengths.reduce((product, length) => product * length, 1);
          expect(start.every((first, axis) => first >= 0 && first + sides[axis] <= shape[axis])).toBe(true);
          expect(volume(sides)).toBeLessThanOrEqual(0.4 * volume(shape));
          expect(volume(sides.map((length) => length + 1))).toBeGreaterThan(0.02 * volume(shape));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("cover a foreground as tightly as boxes can, and are the given ones where there is none", () => {
    scope(() => {
      const plane = (rows: string) => rows.split(" ").map((row) => [...row].map(Number));
      const foreground = tensor([[plane("0000 0010 0100")], [plane("0000 0000 0000")], [plane("1000 0000 0001")]]);
      const otherwise = tensor([plane("1000 0000 0000")], { dtype: "bool" }).expand([3, 1, 3, 4]);
      const want = [[plane("0000 0110 0110")], [plane("1000 0000 0000")], [plane("1111 1111 1111")]];
      expect(coveringBox(foreground.gt(0), otherwise).toArray()).toEqual(want);
      const volume = tensor([[[plane("00 00"), plane("01 00"), plane("00 01")]]]);
      const nowhere = volume.lt(0);
      expect(coveringBox(volume.gt(0), nowhere).toArray()).toEqual([
        [[plane("00 00"), plane("01 01"), plane("01 01")]],
      ]);
    });
  });

  it("of volumes are cuboids, true inside only", () => {
    const mask = boxMask([{ start: [1, 0, 2], sides: [1, 2, 1] }], [3, 2, 3]);
    expect(mask.toArray()).toEqual([
      [
        [
          [
            [0, 0, 0],
            [0, 0, 0],
          ],
          [
            [0, 0, 1],
            [0, 0, 1],
          ],
          [
            [0, 0, 0],
            [0, 0, 0],
          ],
        ],
      ],
    ]);
  });

  it("become masks that are true inside only", () => {
    const mask = boxMask(
      [
        { start: [0, 1], sides: [1, 2] },
        { start: [0, 0], sides: [2, 0] },
      ],
      [2, 4],
    );
    expect(mask.dtype).toBe("bool");
    expect(mask.toArray()).toEqual([
      [
        [
          [0, 1, 1, 0],
          [0, 0, 0, 0],
        ],
      ],
      [
        [
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ],
      ],
    ]);
  });

  it("copy pixels and labels from one batch into the other", () => {
    const mask = boxMask([{ start: [0, 1], sides: [2, 1] }], [2, 2]);
    const images = pasteBoxes(full([1, 3, 2, 2], 5), full([1, 3, 2, 2], 9), mask);
    expect(images.select(1, 2).toArray()).toEqual([
      [
        [5, 9],
        [5, 9],
      ],
    ]);
    const labels = pasteBoxes(
      tensor(
        [
          [
            [0, 1],
            [2, 3],
          ],
        ],
        { dtype: "int64" },
      ),
      tensor(
        [
          [
            [4, 5],
            [6, 7],
          ],
        ],
        { dtype: "int64" },
      ),
      mask,
    );
    expect([labels.dtype, labels.toArray()]).toEqual([
      "int64",
      [
        [
          [0, 5],
          [2, 7],
        ],
      ],
    ]);
    expect(() => pasteBoxes(full([1, 1, 2, 2], 0), full([1, 2, 2, 2], 0), mask)).toThrow(/outside has shape/);
  });

  it("are the same for the same key", () => {
    const key = { seed: 9, iteration: 4, purpose: "mixing" };
    const size = [64, 64];
    expect(drawBoxes(key, 3, size)).toEqual(drawBoxes(key, 3, size));
    expect(drawBoxes(key, 3, size)).not.toEqual(drawBoxes({ ...key, iteration: 5 }, 3, size));
    expect(scope(() => boxMask(drawBoxes(key, 3, size), size).shape)).toEqual([3, 1, 64, 64]);
  });
});
