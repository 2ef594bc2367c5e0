/** Volumes: what has a meaning along any axis is applied along all of them, the planar transforms refuse. */
import { describe, expect, it } from "vitest";
import { augmentLabelled, augmentUnlabelled, fundusProfile, tpRam } from "../../src/augment/index.js";
import { blurKernelFor, gaussianBlur } from "../../src/augment/intensity/blur.js";
import { brightness, contrast } from "../../src/augment/intensity/photometric.js";
import { ShapeError, type Tensor, zeros } from "../../src/torch/index.js";
import { factorsOf, noiseImages, sameBits } from "./images.js";

const key = { seed: 3, iteration: 1, purpose: "volumes" };
const planarOff = {
  ...fundusProfile,
  scaleCrop: { probability: 0, scale: [1, 1] },
  rotate: { probability: 0, degrees: 0 },
  elastic: { probability: 0, alpha: 2, sigma: 0.08 },
} as const;

/** [N, C, H, W] → [N, C, 1, H, W]. */
const asSlice = (images: Tensor) => images.unsqueeze(2);
const noiseVolumes = (count: number, depth: number, height: number, width: number) =>
  noiseImages(count, 1, depth * height, width).reshape([count, 1, depth, height, width]);

describe("a volume of one slice", () => {
  it("gets the bits of its image", () => {
    const images = noiseImages(2, 3, 24, 20, 1);
    for (const change of [brightness, contrast]) {
      const changed = (given: Tensor) => change(given, factorsOf(given, [0.6, 1.4]));
      expect(sameBits(changed(asSlice(images)), asSlice(changed(images)))).toBe(true);
    }
  });
});

describe("TP-RAM", () => {
  it("of volumes alike in all slices moves each slice as the image is moved", () => {
    // All of their amplitude lies at frequency 0 along the slices.
    const [images, partners] = [noiseImages(2, 3, 24, 20, 1), noiseImages(2, 3, 24, 20, 2)];
    const stacked = (image: Tensor) => asSlice(image).repeat([1, 1, 24, 1, 1]);
    const wanted = stacked(tpRam(images, partners, [0.3, 0.9], 0.1));
    const got = tpRam(stacked(images), stacked(partners), [0.3, 0.9], 0.1);
    expect(got.sub(wanted).abs().amax().item()).toBeLessThan(1e-3);
  });

  it("treats the axes of a volume alike", () => {
    const [x, u] = [noiseVolumes(1, 12, 16, 20), noiseVolumes(1, 12, 16, 20).flip([2])];
    const turned = (volume: Tensor) => volume.permute([0, 1, 4, 2, 3]);
    const moved = turned(tpRam(x, u, [0.5], 0.2));
    expect(tpRam(turned(x), turned(u), [0.5], 0.2).sub(moved).abs().amax().item()).toBeLessThan(1e-3);
    expect(moved.sub(turned(x)).abs().amax().item()).toBeGreaterThan(1);
  });
});

it("a blurred impulse is the outer product of three Gaussians", () => {
  const impulse = zeros([1, 1, 7, 9, 11]);
  impulse.narrow(2, 3, 1).narrow(3, 4, 1).narrow(4, 5, 1).fill_(1);
  const kernel = [-2, -1, 0, 1, 2].map((i) => Math.exp(-(i ** 2) / (2 * 0.8 ** 2)));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  const blurred = gaussianBlur(impulse, blurKernelFor(impulse, [0.8], 5)).toArray() as number[][][][][];
  expect(blurred[0][0][3][4][5]).toBeCloseTo(1 / sum ** 3, 6);
  expect(blurred[0][0][1][5][4]).toBeCloseTo((kernel[0] * kernel[1] * kernel[1]) / sum ** 3, 6);
  expect(blurred[0][0][0][4][5]).toBe(0);
});

describe("views of volumes", () => {
  it("are flipped together with their labels", () => {
    const images = noiseVolumes(8, 4, 6, 8);
    const labels = images.squeeze(1).gt(100).to({ dtype: "uint8" });
    const view = augmentLabelled(images, labels, key, planarOff);
    expect(sameBits(view.labels, view.images.squeeze(1).gt(100).to({ dtype: "uint8" }))).toBe(true);
    const flipped = Array.from({ length: 8 }, (_, i) => {
      const [own, given] = [view.images.narrow(0, i, 1), images.narrow(0, i, 1)];
      expect(sameBits(own, given) || sameBits(own, given.flip([4]))).toBe(true);
      return sameBits(own, given);
    });
    expect(new Set(flipped)).toEqual(new Set([true, false]));
  });

  it("have a strong one of whole grey levels", () => {
    const { strong } = augmentUnlabelled(noiseVolumes(2, 20, 24, 28), key, planarOff);
    expect(strong.shape).toEqual([2, 1, 20, 24, 28]);
    expect(strong.toNumbers().every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
  });

  it("refuse planar transforms whatever was drawn, and labels of other sides", () => {
    const images = noiseVolumes(1, 4, 6, 8);
    const refused = () => augmentUnlabelled(images, key, fundusProfile);
    expect(refused).toThrow(ShapeError);
    expect(refused).toThrow(/scaleCrop, rotate, elastic of the profile work on \[N, C, H, W\] only/);
    expect(() => augmentLabelled(images, zeros([1, 4, 6, 9]), key, planarOff)).toThrow(
      /expected \[1, 4, 6, 8\] or \[1, K, 4, 6, 8\]/,
    );
  });
});
