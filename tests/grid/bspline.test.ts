/** Cubic B-splines: against scipy, through the values that they are of, and by hand where these are plain. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { resizeValues } from "../../src/grid/resize.js";
import { resizeVolumeFiltered } from "../../src/grid/resize-volume.js";

interface Case {
  readonly from: number[];
  readonly to: number[];
  readonly image: number[];
  readonly resized: number[];
}

const cases: Case[] = JSON.parse(readFileSync(new URL("../fixtures/bspline/scipy.json", import.meta.url), "utf8"));

function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

it.each(cases)("resizes $from to $to as scipy does", ({ from, to, image, resized }) => {
  // A second channel of large values, so that nothing is cut off of the first.
  const both = Float32Array.from([...image, ...image.map((_, i) => (i === 0 ? 9 : -9))]);
  const resize = from.length === 2 ? resizeValues<Float32Array> : resizeVolumeFiltered<Float32Array>;
  expect(worst(resize(both, from, to, "bspline").subarray(0, resized.length), resized)).toBeLessThan(2e-6);
});

const side = fc.integer({ min: 1, max: 20 });

it("goes through the values where a finer grid has their places", () => {
  fc.assert(
    fc.property(side, side, fc.integer(), (height, width, seed) => {
      const image = Float32Array.from({ length: height * width }, (_, i) => Math.sin(seed + 37 * i));
      const finer = resizeValues(image, [height, width], [3 * height, 3 * width], "bspline");
      const there = Float32Array.from(image, (_, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        return finer[(3 * y + 1) * 3 * width + 3 * x + 1];
      });
      expect(worst(there, image)).toBeLessThan(1e-6);
    }),
  );
});

it("keeps bytes bytes: rounded, and within the image's range", () => {
  fc.assert(
    fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (h, w, toH, toW, value) => {
      expect(resizeValues(new Uint8Array(h * w).fill(value), [h, w], [toH, toW], "bspline")).toEqual(
        new Uint8Array(toH * toW).fill(value),
      );
      const image = Uint8Array.from({ length: h * w }, (_, i) => 60 + ((i * 37 + value) % 100));
      for (const one of resizeValues(image, [h, w], [toH, toW], "bspline")) {
        expect(one).toBeGreaterThanOrEqual(Math.min(...image));
        expect(one).toBeLessThanOrEqual(Math.max(...image));
      }
    }),
    { numRuns: 40 },
  );
});
