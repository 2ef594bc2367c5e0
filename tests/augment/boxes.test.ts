/** Copy-paste boxes: inside the image, of the drawn area, and mixing that only copies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxMask, drawBoxes, pasteBoxes } from "../../src/augment/index.js";
import { full, scope, tensor } from "../../src/torch/index.js";

describe("boxes", () => {
  it("lie inside and cover 2 to 40 percent, up to rounding down", () => {
    const side = fc.integer({ min: 16, max: 400 }); // also images far from square
    fc.assert(
      fc.property(fc.nat(), side, side, (seed, height, width) => {
        for (const box of drawBoxes({ seed, iteration: 0, purpose: "mixing" }, 4, { height, width })) {
          expect(box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height).toBe(true);
          expect(box.width * box.height).toBeLessThanOrEqual(0.4 * height * width);
          expect((box.width + 1) * (box.height + 1)).toBeGreaterThan(0.02 * height * width);
          expect((box.height + 1) / height / (box.width / width)).toBeGreaterThan(0.3);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("become masks that are true inside only", () => {
    const mask = boxMask(
      [
        { x: 1, y: 0, width: 2, height: 1 },
        { x: 0, y: 0, width: 0, height: 2 },
      ],
      { height: 2, width: 4 },
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
    const mask = boxMask([{ x: 1, y: 0, width: 1, height: 2 }], { height: 2, width: 2 });
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
    const size = { height: 64, width: 64 };
    expect(drawBoxes(key, 3, size)).toEqual(drawBoxes(key, 3, size));
    expect(drawBoxes(key, 3, size)).not.toEqual(drawBoxes({ ...key, iteration: 5 }, 3, size));
    expect(scope(() => boxMask(drawBoxes(key, 3, size), size).shape)).toEqual([3, 1, 64, 64]);
  });
});
