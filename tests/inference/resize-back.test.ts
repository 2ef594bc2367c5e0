/** Probabilities in the size of large images: the same bits in bands of columns as at once. */
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { resizeBack } from "../../src/inference/resize-back.js";
import { fromTypedArray, scope, upsampleBilinear2d } from "../../src/torch/index.js";

/** What the bands give together, and how many there were. */
function joined(
  classes: number,
  side: number,
  size: readonly [number, number],
  memoryFormat: "contiguous" | "channelsLast",
) {
  const [height, width] = size;
  const stream = new RandomStream(7, `resize.${classes}`);
  const values = Float32Array.from({ length: classes * side * side }, () => stream.uniform(0, 1));
  return scope(() => {
    const probabilities = fromTypedArray(values, [1, classes, side, side]).to({ memoryFormat });
    const whole = upsampleBilinear2d(probabilities, size, false, null).toTypedArray() as Float32Array;
    let [bands, different, columns] = [0, 0, 0];
    resizeBack(probabilities, size, (band, first) => {
      expect(first).toBe(columns);
      const part = band.toTypedArray() as Float32Array;
      const count = band.shape[3];
      for (let row = 0; row < classes * height; row++)
        for (let x = 0; x < count; x++) if (part[row * count + x] !== whole[row * width + first + x]) different++;
      columns += count;
      bands++;
    });
    expect(columns).toBe(width);
    return { bands, different };
  });
}

describe("resizeBack", () => {
  const layouts = ["contiguous", "channelsLast"] as const;
  const large = [
    [1, 32, [2900, 3001]],
    [2, 48, [2100, 2101]],
    [3, 32, [1700, 1701]],
    [5, 32, [1300, 1401]],
  ] as const;

  it.each(large.flatMap((one) => layouts.map((layout) => [...one, layout] as const)))(
    "%i classes of %i x %i pixels in a large image, %s",
    (classes, side, size, layout) => {
      const { bands, different } = joined(classes, side, size, layout);
      expect(different).toBe(0);
      // Of one and two classes, and more in planes, a large image is never whole.
      expect(bands > 1).toBe(classes < 3 || (classes > 3 && layout === "contiguous"));
    },
  );

  it("takes a small image as one", () => {
    expect(joined(2, 16, [130, 40], "contiguous")).toEqual({ bands: 1, different: 0 });
  });
});
