/** The strong view: analytic answers of brightness, contrast and blur, and the chain. */
import { describe, expect, it } from "vitest";
import { augmentUnlabelled, drawStrong, fundusProfile, planar8bit, strongAugment } from "../../src/augment/index.js";
import { blur, blurKernelFor, blurKernelLength, gaussianBlur } from "../../src/augment/intensity/blur.js";
import { brightness, contrast, meanGrey, toGrey } from "../../src/augment/intensity/photometric.js";
import { autocast, full, tensor, zeros } from "../../src/torch/index.js";
import { expectTensorsKept, factorsOf, noiseImages, sameBits } from "./images.js";

describe("brightness and contrast", () => {
  it("drop the fraction and clip", () => {
    const row = tensor([[[[0, 3, 101, 200]]]]);
    expect(brightness(row, factorsOf(row, [0.5])).toArray()).toEqual([[[[0, 1, 50, 100]]]]);
    expect(brightness(row, factorsOf(row, [1.5])).toArray()).toEqual([[[[0, 4, 151, 255]]]]);
    // The mean grey of the row is 76.
    expect(contrast(row, factorsOf(row, [0.5])).toArray()).toEqual([[[[38, 39, 88, 138]]]]);
    expect(contrast(row, factorsOf(row, [2])).toArray()).toEqual([[[[0, 0, 126, 255]]]]);
  });

  it("change nothing at factor 1, each image by its own factor", () => {
    const images = noiseImages(2, 3, 12, 12);
    const ones = factorsOf(images, [1, 1]);
    expect(sameBits(brightness(images, ones), images) && sameBits(contrast(images, ones), images)).toBe(true);
    const first = brightness(images, factorsOf(images, [1, 0.5])).narrow(0, 0, 1);
    expect(sameBits(first, images.narrow(0, 0, 1))).toBe(true);
  });

  it("see colours as luminance", () => {
    const colours = tensor([[[[255, 0, 0]], [[0, 255, 0]], [[0, 0, 255]]]]);
    expect(toGrey(colours).toArray()).toEqual([[[[76, 150, 29]]]]);
    expect(meanGrey(colours).item()).toBe(85);
    expect(() => toGrey(zeros([1, 4, 2, 2]))).toThrow(/expected 1 or 3 channels/);
  });
});

describe("blur", () => {
  it("has the reference's kernel lengths", () => {
    const lengths = [256, 384, 288, 128, 64].map((s) => blurKernelLength([s, s], 0.1));
    expect(lengths).toEqual([25, 39, 29, 13, 7]);
  });

  it("spreads an impulse into the Gaussian's outer product", () => {
    const impulse = zeros([1, 1, 15, 15]);
    impulse.narrow(2, 7, 1).narrow(3, 7, 1).fill_(1);
    const kernel = [-2, -1, 0, 1, 2].map((i) => Math.exp(-(i ** 2) / (2 * 0.8 ** 2)));
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    const blurred = gaussianBlur(impulse, blurKernelFor(impulse, [0.8], 5)).toArray() as number[][][][];
    expect(blurred[0][0][7][7]).toBeCloseTo(1 / sum ** 2, 6);
    expect(blurred[0][0][5][8]).toBeCloseTo((kernel[0] * kernel[3]) / sum ** 2, 6);
    expect(blurred[0][0][4][7]).toBe(0);
  });

  it("keeps every flat image as it is", () => {
    const levels = Array.from({ length: 256 }, (_, level) => level);
    const flat = tensor(levels).reshape([256, 1, 1, 1]).expand([256, 1, 16, 16]);
    const sigmas = levels.map((level) => 0.1 + level / 135);
    expect(sameBits(blur(flat, blurKernelFor(flat, sigmas, 7)), flat)).toBe(true);
  });

  it("reflects at the border without repeating the edge", () => {
    const row = zeros([1, 1, 4, 4]);
    row.narrow(3, 0, 1).fill_(240);
    const weight = Math.exp(-0.5);
    const side = weight / (1 + 2 * weight);
    const first = (gaussianBlur(row, blurKernelFor(row, [1], 3)).toArray() as number[][][][])[0][0][1];
    expect(first[0]).toBeCloseTo(240 * (1 - 2 * side), 3);
    expect(first[1]).toBeCloseTo(240 * side, 3);
  });
});

describe("strong view", () => {
  it("is made of whole grey levels, image by image", () => {
    const images = noiseImages(3, 3, 32, 32);
    const key = { seed: 2, iteration: 1, purpose: "unlabelled" };
    const strong = strongAugment(images, drawStrong(key, 3, fundusProfile), fundusProfile);
    expect(strong.toNumbers().every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
    const second = drawStrong({ ...key, first: 1 }, 1, fundusProfile);
    const alone = strongAugment(images.narrow(0, 1, 1), second, fundusProfile);
    expect(sameBits(alone, strong.narrow(0, 1, 1))).toBe(true);
    expect(() => strongAugment(images, second, fundusProfile)).toThrow(/\[3,3,32,32\] but there are 1 draws/);
  });

  it("has the geometry of the weak view", () => {
    // A flat bright image: wherever the weak view is filled with 0, the strong view is flat and darker, too.
    const key = { seed: 2, iteration: 8, purpose: "unlabelled" };
    const { weak, strong } = augmentUnlabelled(full([4, 1, 32, 32], 200), key, {
      ...fundusProfile,
      rotate: { probability: 1, degrees: 20 },
      elastic: { probability: 0, alpha: 2, sigma: 0.08 },
      blur: { kernel: 0, sigma: [0.1, 2] },
    });
    const [black, darker] = [weak.eq(0), strong.lt(strong.amax([2, 3], { keepdim: true }))];
    expect(black.any().item()).toBe(1);
    expect(sameBits(black, darker)).toBe(true);
  });

  it("and the weak view are the same bits under autocast", () => {
    const images = noiseImages(4, 3, 32, 32);
    const views = () => augmentUnlabelled(images, { seed: 2, iteration: 1, purpose: "unlabelled" }, fundusProfile);
    const [plain, mixed] = [views(), autocast("bf16", "cpu", views)];
    expect(sameBits(plain.weak, mixed.weak) && sameBits(plain.strong, mixed.strong)).toBe(true);
  });

  it("frees everything but its results", () => {
    const images = noiseImages(2, 1, 32, 32);
    const key = { seed: 2, iteration: 1, purpose: "unlabelled" };
    expectTensorsKept(2, () => augmentUnlabelled(images, key, fundusProfile));
  });
});

it("planar8bit maps 0 and 255 to −1 and 1", () => {
  expect(planar8bit.forward(tensor([[[[0, 127.5, 255]]]])).toArray()).toEqual([[[[-1, 0, 1]]]]);
  expect(planar8bit.forward(tensor([0, 255], { dtype: "uint8" })).toArray()).toEqual([-1, 1]);
  const raw = Array.from({ length: 256 }, (_, value) => value);
  const back = planar8bit.inverse(planar8bit.forward(tensor(raw))).toArray() as number[];
  expect(back.map(Math.round)).toEqual(raw);
  expect(Math.max(...back.map((value, i) => Math.abs(value - raw[i])))).toBeLessThan(1e-4);
});
