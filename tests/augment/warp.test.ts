/** Patches of volumes: moved as drawn, images and labels together, and the same again for the same step. */
import { describe, expect, it } from "vitest";
import { volumeAugmenter, volumeProfile } from "../../src/augment/index.js";
import { drawVolumeStrong, drawVolumeWeak, type WarpDraw } from "../../src/augment/volumes/draws.js";
import { planStrongVolumes } from "../../src/augment/volumes/strong.js";
import { planWarp } from "../../src/augment/volumes/warp.js";
import type { View } from "../../src/augment/where-drawn.js";
import { fromTypedArray, sendTogether, spatialShape, type Tensor } from "../../src/torch/index.js";
import { expectTensorsKept, labelledView, noiseImages, sameBits, unlabelledViews } from "./images.js";

const [depth, height, width] = [9, 9, 11];
const images = noiseImages(2, 1, depth * height, width).reshape([2, 1, depth, height, width]);
const labels = fromTypedArray(
  Uint8Array.from({ length: 2 * depth * height * width }, (_, i) => (i * 7) % 3),
  [2, 1, depth, height, width],
);
const key = { seed: 3, iteration: 5, purpose: "volumes" };
const identity = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const still: WarpDraw = { matrix: identity, elastic: null };
const always = {
  ...volumeProfile,
  rotate: { ...volumeProfile.rotate, probability: 1 },
  scale: { ...volumeProfile.scale, probability: 1 },
  elastic: { ...volumeProfile.elastic, probability: 1 },
};
const warp = (view: View, draws: readonly WarpDraw[], spacing: number) =>
  sendTogether("cpu", (pack) => planWarp(pack, draws, spatialShape(view.images), spacing))(view);
const distance = (a: Tensor, b: Tensor) => a.sub(b).abs().amax().item();

describe("warp", () => {
  it("leaves a patch as it is where nothing moves", () => {
    const moved = warp({ images, labels }, [still, still], 16);
    expect(distance(moved.images, images)).toBeLessThan(1e-2);
    expect(sameBits(moved.labels as Tensor, labels)).toBe(true);
  });

  it("turns about the first axis by a quarter as rows and columns change places", () => {
    const square = images.narrow(4, 1, 9);
    const quarter = { matrix: [identity[0], [0, 0, 1], [0, -1, 0]], elastic: null };
    const turned = warp({ images: square, labels: undefined }, [quarter, quarter], 16).images;
    // Each voxel [y, x] comes from [x, −y].
    expect(distance(turned, square.transpose(3, 4).flip([4]).flip([3]).flip([4]))).toBeLessThan(0.1);
  });

  it("enlarges by its factor, and has nothing where the source ends", () => {
    const half = { matrix: identity.map((row) => row.map((value) => value * 2)), elastic: null };
    const { images: reduced } = warp({ images, labels: undefined }, [half, half], 16);
    const middle = [4, 4, 5];
    const at = (volume: Tensor, [z, y, x]: readonly number[]) =>
      volume.select(2, z).select(2, y).select(2, x).narrow(0, 0, 1).item();
    for (const offset of [-2, -1, 0, 1, 2]) {
      const [from, to] = [2 * offset, offset].map((step) => middle.map((one) => one + step));
      expect(at(reduced, to)).toBeCloseTo(at(images, from), 0);
    }
    expect(at(reduced, [0, 0, 0])).toBe(0);
  });

  it("moves by at most as many voxels as were drawn", () => {
    // A ramp shows in its values how far a voxel comes from.
    const ramp = fromTypedArray(
      Float32Array.from({ length: 20 ** 3 }, (_, i) => i % 20),
      [1, 1, 20, 20, 20],
    );
    const source = { seed: 1, purpose: "elastic", iteration: 0, index: 0 };
    const moved = warp(
      { images: ramp, labels: undefined },
      [{ matrix: identity, elastic: { most: 2, source } }],
      8,
    ).images;
    const inner = (volume: Tensor) => [2, 3, 4].reduce((part, axis) => part.narrow(axis, 4, 12), volume);
    const largest = distance(inner(moved), inner(ramp));
    expect(largest).toBeLessThanOrEqual(2.001);
    expect(largest).toBeGreaterThan(0.3);
  });
});

describe("the views of patches", () => {
  it("depend on the step and the image alone", () => {
    const augmenter = volumeAugmenter(always);
    const [once, again] = [0, 1].map(() => labelledView(augmenter, images, labels, key));
    expect(sameBits(once.images, again.images)).toBe(true);
    expect(sameBits(once.labels, again.labels)).toBe(true);
    const [one, other] = [0, 1].map(() => unlabelledViews(augmenter, images, key));
    expect(sameBits(one.strong, other.strong)).toBe(true);
    expect(sameBits(one.weak, once.images)).toBe(true);
    const later = labelledView(augmenter, images, labels, { ...key, iteration: 6 });
    expect(sameBits(later.images, once.images)).toBe(false);
    const second = labelledView(augmenter, images.narrow(0, 1, 1), labels.narrow(0, 1, 1), { ...key, first: 1 });
    expect(distance(second.images, once.images.narrow(0, 1, 1))).toBeLessThan(1e-3);
  });

  it("move labels with their images, and make no new ones", () => {
    const marked = labels.to({ dtype: "float32" }).mul(100);
    const flat = labels.squeeze(1);
    const view = labelledView(volumeAugmenter({ ...always, elastic: volumeProfile.elastic }), marked, flat, key);
    expect(view.labels.shape).toEqual(flat.shape);
    expect(view.labels.dtype).toBe("uint8");
    const values = new Set(view.labels.toTypedArray() as Uint8Array);
    expect([...values].every((value) => value <= 2)).toBe(true);
    // Where a voxel and its label come from the same place, 100 times the label is near the image.
    const blocks = fromTypedArray(
      Uint8Array.from({ length: 16 ** 3 }, (_, i) => (i % 16 < 8 ? 1 : 2)),
      [1, 16, 16, 16],
    );
    const coloured = blocks.unsqueeze(1).to({ dtype: "float32" }).mul(100);
    const moved = labelledView(volumeAugmenter(always), coloured, blocks, key);
    const wrong = moved.images
      .squeeze(1)
      .div(100)
      .sub(moved.labels.to({ dtype: "float32" }))
      .abs()
      .gt(0.75);
    expect(wrong.to({ dtype: "float32" }).mean().item()).toBeLessThan(0.02);
  });

  it("keep their range, and leave nothing behind", () => {
    const { strong, weak } = unlabelledViews(volumeAugmenter(volumeProfile), images, key);
    expect(strong.amin().item()).toBeGreaterThanOrEqual(0);
    expect(strong.amax().item()).toBeLessThanOrEqual(255);
    expect(sameBits(strong, weak)).toBe(false);
    expectTensorsKept(2, () => unlabelledViews(volumeAugmenter(always), images, key));
  });

  it("are as they were where nothing is drawn", () => {
    const none = { brightness: 1, contrast: 1, gamma: 1, sigma: null, resolution: null, noise: null };
    const strong = sendTogether("cpu", (pack) => planStrongVolumes(pack, images.shape, [none, none], volumeProfile));
    expect(distance(strong(images), images)).toBeLessThan(1e-2);
    const off = (one: { probability: number }) => ({ ...one, probability: 0 });
    const quiet = { ...volumeProfile, rotate: off(volumeProfile.rotate), scale: off(volumeProfile.scale) };
    const profile = { ...quiet, elastic: off(volumeProfile.elastic), flip: { probability: 0 } } as typeof volumeProfile;
    expect(drawVolumeWeak(key, 3, profile)).toEqual(Array(3).fill({ warp: null, flip: null }));
  });

  it("draw as often and as strongly as their profile says", () => {
    const weak = drawVolumeWeak(key, 2000, volumeProfile);
    const share = (count: number) => count / 2000;
    expect(share(weak.filter(({ flip }) => flip).length)).toBeCloseTo(0.5, 1);
    // Turned, enlarged or deformed: not 0.8 cubed of them.
    expect(share(weak.filter((one) => one.warp).length)).toBeCloseTo(1 - 0.8 ** 3, 1);
    const strong = drawVolumeStrong(key, 2000, volumeProfile);
    expect(share(strong.filter(({ sigma }) => sigma !== null).length)).toBeCloseTo(0.5, 1);
    expect(share(strong.filter(({ resolution }) => resolution !== null).length)).toBeCloseTo(0.25, 1);
    for (const { gamma, contrast, brightness } of strong) {
      expect(gamma >= 0.7 && gamma <= 1.5).toBe(true);
      expect(contrast >= 0.75 && contrast <= 1.25 && brightness >= 0.75 && brightness <= 1.25).toBe(true);
    }
  });
});

describe("the matrices of turned and enlarged patches", () => {
  const off = { probability: 0, range: [0, 0] } as const;
  const only = (changes: Partial<typeof volumeProfile>) => ({
    ...volumeProfile,
    ...{ rotate: off, scale: off, elastic: { ...off, spacing: 16 }, flip: { probability: 0 } },
    ...changes,
  });
  const matrixOf = (changes: Partial<typeof volumeProfile>) => drawVolumeWeak(key, 1, only(changes))[0].warp?.matrix;

  it("an enlarged patch comes from nearer its middle", () => {
    expect(matrixOf({ scale: { probability: 1, range: [2, 2] } })).toEqual([
      [0.5, 0, 0],
      [0, 0.5, 0],
      [0, 0, 0.5],
    ]);
  });

  it("angles about all three axes are turned one after the other, and nothing is stretched", () => {
    const degrees = 30;
    const matrix = matrixOf({ rotate: { probability: 1, range: [degrees, degrees] } }) as number[][];
    for (const a of [0, 1, 2])
      for (const b of [0, 1, 2]) {
        const product = matrix[a].reduce((sum, value, k) => sum + value * matrix[b][k], 0);
        expect(product).toBeCloseTo(a === b ? 1 : 0, 12);
      }
    const [c, s] = [Math.cos, Math.sin].map((wave) => wave((degrees * Math.PI) / 180));
    // z and y by x, z and x by y, y and x by z.
    expect(matrix[0][0]).toBeCloseTo(c * c, 12);
    expect(matrix[1][0]).toBeCloseTo(s * c, 12);
    expect(matrix[2][0]).toBeCloseTo(s, 12);
    expect(matrix[2][2]).toBeCloseTo(c * c, 12);
  });
});
