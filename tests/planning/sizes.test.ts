/** Frames and patches follow the median image. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaseFingerprint } from "../../src/planning/case-fingerprint.js";
import { candidateFrames, squeezed } from "../../src/planning/frames.js";
import { candidatePatches, medianVolume, whyNotVolumes } from "../../src/planning/patches.js";

const found = (shape: readonly number[], spacing: readonly number[] | null = null) =>
  ({ shape, spacing, levels: new Float64Array(256) }) as unknown as CaseFingerprint;
const stretch = { size: { height: 256, width: 256, mode: "stretch" as const } };
const texts = (cases: CaseFingerprint[]) => candidateFrames(cases, stretch).map((one) => `${one.height}x${one.width}`);

describe("frames", () => {
  it("go from 96 to the images' own size, square where these nearly are", () => {
    expect(texts([found([256, 256]), found([250, 260])])).toEqual([
      "96x96",
      "128x128",
      "160x160",
      "192x192",
      "224x224",
      "256x256",
    ]);
    expect(texts([found([32, 32])])).toEqual(["32x32"]);
    expect(texts([found([9, 11])])).toEqual(["32x32"]);
  });

  it("have the shape of the median image, in millimetres where these are known", () => {
    expect(texts([found([200, 400])]).at(-1)).toBe("208x400");
    // Rows of 4 mm make 100 of them as tall as 400 columns of 1 mm are wide.
    expect(texts([found([100, 400], [4, 1])]).at(-1)).toBe("208x208");
    expect(texts([found([24, 100, 200], [3, 1, 1])]).at(0)).toBe("64x128");
  });

  it("are multiples of 16, ascending, and never larger than the median image by more than rounding", () => {
    const side = fc.integer({ min: 8, max: 1500 });
    fc.assert(
      fc.property(fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 5 }), (shapes) => {
        const frames = candidateFrames(
          shapes.map((shape) => found(shape)),
          stretch,
        );
        expect(frames.length).toBeGreaterThan(0);
        for (const [i, { height, width }] of frames.entries()) {
          expect([height % 16, width % 16]).toEqual([0, 0]);
          if (i > 0) expect(height * width).toBeGreaterThan(frames[i - 1].height * frames[i - 1].width);
        }
      }),
    );
  });

  it("say how many images they squeeze", () => {
    const cases = [found([100, 100]), found([100, 200]), found([100, 105])];
    expect(squeezed(cases, { height: 96, width: 96, mode: "stretch" })).toEqual({ images: 1, most: 2 });
    expect(squeezed(cases, { height: 96, width: 96, mode: "pad" })).toEqual({ images: 0, most: 1 });
  });
});

describe("patches", () => {
  it("shorten the side that is longest beside the median volume", () => {
    expect(candidatePatches([35, 50, 35])).toEqual([[32, 48, 32]]);
    const large = candidatePatches([160, 320, 320]);
    expect(large[0]).toEqual([16, 48, 64]);
    for (const patch of large) expect(patch.every((side) => side % 16 === 0)).toBe(true);
    expect(large.at(-1)).toEqual([80, 160, 160]);
  });

  it("are for voxels that are nearly cubes, in volumes of enough slices", () => {
    const why = (shape: number[], spacing: number[] | null) =>
      whyNotVolumes(medianVolume([found(shape, spacing)], undefined));
    expect(why([40, 64, 64], [1, 1, 1])).toBeNull();
    expect(why([40, 64, 64], [2.5, 1, 1])).toBeNull();
    expect(why([40, 64, 64], [5, 1, 1])).toMatch(/5\.0 times as long as wide/);
    expect(why([12, 64, 64], [1, 1, 1])).toMatch(/12 slices, fewer than 16/);
    expect(why([40, 64, 64], null)).toMatch(/nobody says/);
    expect(whyNotVolumes(medianVolume([found([12, 64, 64], [5, 1, 1])], [1, 1, 1]))).toBeNull();
  });
});
