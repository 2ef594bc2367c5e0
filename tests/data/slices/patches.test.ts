/** Patches: the volume's own values in their place, nothing outside of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecodedCase } from "../../../src/data/decode.js";
import { cutPatch, patchAround, positionOf, viewOf } from "../../../src/data/volumes/patches.js";
import { makeGrid, worldOf } from "../../../src/grid/grid.js";
import { drawPatch } from "../../../src/training/batches/patches.js";

const [depth, height, width] = [5, 6, 7];
const voxels = depth * height * width;
const softmax = {
  target: "softmax",
  parts: [
    { index: 1, name: "one", colour: "#ff0000" },
    { index: 2, name: "two", colour: "#00ff00" },
  ],
} as const;

const toWorld = [
  [0, 0, 1, -10],
  [0, 2, 0, 20],
  [3, 0, 0, 5],
] as const;

function volumeOf(labelAt: (z: number, y: number, x: number) => number, planes = 1): DecodedCase {
  const label = new Uint8Array(planes * voxels);
  for (let i = 0; i < label.length; i++) {
    const [z, y, x] = positionOf(i % voxels, [depth, height, width]);
    label[i] = labelAt(z, y, x);
  }
  const grid = makeGrid("test", [depth, height, width], null, toWorld);
  const image = Uint8Array.from({ length: 2 * voxels }, (_, i) => 1 + ((i * 31) % 255));
  return { image, label, channels: 2, wide: true, stored: grid, working: grid };
}

const volume = volumeOf((z, y, x) => (z + y + x) % 3);

describe("cutPatch", () => {
  const start = fc.tuple(
    fc.integer({ min: -6, max: 8 }),
    fc.integer({ min: -6, max: 8 }),
    fc.integer({ min: -6, max: 8 }),
  );
  const sides = fc.tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
  );

  it("holds what the volume holds there, and 0 outside", () => {
    fc.assert(
      fc.property(start, sides, (from, patch) => {
        const cut = cutPatch(volume, from, patch);
        const count = patch[0] * patch[1] * patch[2];
        expect(cut.image).toHaveLength(2 * count);
        expect(cut.label).toHaveLength(count);
        for (let i = 0; i < count; i++) {
          const at = positionOf(i, patch).map((one, axis) => one + from[axis]);
          const inside = at.every((one, axis) => one >= 0 && one < [depth, height, width][axis]);
          const source = (at[0] * height + at[1]) * width + at[2];
          expect(cut.image[i]).toBe(inside ? volume.image[source] : 0);
          expect(cut.image[count + i]).toBe(inside ? volume.image[voxels + source] : 0);
          expect(cut.label?.[i]).toBe(inside ? volume.label?.[source] : 0);
        }
      }),
    );
  });

  it("lies in the world where its voxels lay", () => {
    const { working } = cutPatch(volume, [1, -2, 3], [4, 4, 4]);
    expect(worldOf(working, [0, 2, 0])).toEqual(worldOf(volume.working, [1, 0, 3]));
    expect(working.spacing).toEqual([3, 2, 1]);
  });
});

describe("patchAround", () => {
  it("stays inside, holds the voxel, and is centred where the volume is too short", () => {
    const voxel = fc.tuple(
      fc.integer({ min: 0, max: depth - 1 }),
      fc.integer({ min: 0, max: height - 1 }),
      fc.integer({ min: 0, max: width - 1 }),
    );
    fc.assert(
      fc.property(voxel, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 3 }), (at, patch) => {
        const from = patchAround(at, [depth, height, width], patch);
        from.forEach((first, axis) => {
          const side = [depth, height, width][axis];
          expect(first <= at[axis] && at[axis] < first + patch[axis]).toBe(true);
          if (patch[axis] <= side) expect(first >= 0 && first + patch[axis] <= side).toBe(true);
          else expect(Math.abs(first + (patch[axis] - side) / 2)).toBeLessThanOrEqual(0.5);
        });
      }),
    );
  });
});

describe("viewOf", () => {
  it("is the patch around the middle of what is labelled", () => {
    const corner = volumeOf((z, y, x) => (z >= 3 && y >= 4 && x >= 5 ? 2 : 0));
    const view = viewOf(corner, softmax, [2, 2, 2]);
    expect([...(view.label as Uint8Array)]).toEqual(Array(8).fill(2));
    const { label: _, ...unlabelled } = corner;
    expect(worldOf(viewOf(unlabelled, softmax, [1, 2, 1]).working, [0, 1, 0])).toEqual(
      worldOf(corner.working, [2, 3, 3]),
    );
  });
});

describe("drawPatch", () => {
  const place = { seed: 4, purpose: "labelled", iteration: 7, index: 1 };

  it("is the same for the same step and place in the batch, and another for each other", () => {
    const draw = (changes: object) => drawPatch(volume, softmax, [3, 3, 3], { ...place, ...changes }).working.toWorld;
    expect(draw({})).toEqual(draw({}));
    const all = Array.from({ length: 40 }, (_, iteration) => JSON.stringify(draw({ iteration })));
    expect(new Set(all).size).toBeGreaterThan(15);
    for (const change of [{ seed: 5 }, { purpose: "unlabelled" }, { index: 0 }])
      expect(Array.from({ length: 20 }, (_, iteration) => JSON.stringify(draw({ iteration, ...change })))).not.toEqual(
        all.slice(0, 20),
      );
  });

  it("puts a third of the labelled patches around a labelled voxel, each part as often as the others", () => {
    // One voxel of the first part, and a plane of the second.
    const rare = volumeOf((z, y, x) => (z === 2 && y === 3 && x === 3 ? 1 : z === 0 ? 2 : 0));
    const middles = Array.from({ length: 1200 }, (_, iteration) => {
      const { label } = drawPatch(rare, softmax, [1, 1, 1], { ...place, iteration });
      return (label as Uint8Array)[0];
    });
    const share = (value: number) => middles.filter((one) => one === value).length / middles.length;
    expect(share(1)).toBeGreaterThan(1 / 6 - 0.04);
    expect(share(1)).toBeLessThan(1 / 6 + 0.04);
    // By chance a fifth of the others lies in the plane.
    expect(share(2)).toBeCloseTo(1 / 6 + 2 / 3 / 5, 1);
  });

  it("finds the parts of overlapping classes in their planes", () => {
    const sigmoid = { target: "sigmoid", parts: softmax.parts.map((part, index) => ({ ...part, index })) } as const;
    const planes = volumeOf(() => 0, 2);
    (planes.label as Uint8Array)[voxels + (1 * height + 1) * width + 1] = 1;
    const found = Array.from({ length: 300 }, (_, iteration) => {
      const { label } = drawPatch(planes, sigmoid, [1, 1, 1], { ...place, iteration });
      return (label as Uint8Array)[1];
    });
    expect(found.filter((value) => value === 1).length / 300).toBeGreaterThan(0.2);
  });
});
