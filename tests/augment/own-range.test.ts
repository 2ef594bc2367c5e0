/** Views of values that are not bytes: what transforms in grey levels mean to z-scores. */
import { describe, expect, it } from "vitest";
import {
  augmentLabelled,
  augmentUnlabelled,
  drawStrong,
  mriProfile,
  planarAugmenter,
  planarLevels,
  strongAugment,
  tpRam,
  volumeAugmenter,
  volumeProfile,
  zScores,
} from "../../src/augment/index.js";
import { scope, type Tensor, tensor } from "../../src/torch/index.js";
import { expectTensorsKept, labelledView, noiseImages, noiseLabels, sameBits, unlabelledViews } from "./images.js";

const key = { seed: 5, iteration: 2, purpose: "unlabelled" };

/** z-scores whose least is −2 and whose greatest is 3.1: 50 grey levels a unit. */
const asScores = (images: Tensor) => images.div(50).sub(2);
const asLevels = (scores: Tensor) => scores.add(2).mul(50);

/** Noise that holds black and white in every image. */
function fullRange(count: number, channels: number, ...sides: number[]): Tensor {
  const [rows, columns] = [sides.slice(0, -1).reduce((all, side) => all * side, 1), sides.at(-1) as number];
  const images = noiseImages(count, channels, rows, columns, 7).reshape([count, channels, ...sides]);
  const flat = images.reshape([count, -1]);
  flat.narrow(1, 0, 1).fill_(0);
  flat.narrow(1, 1, 1).fill_(255);
  return flat.reshape(images.shape);
}

const furthest = (a: Tensor, b: Tensor) => a.sub(b).abs().amax().item();

describe("views of z-scores", () => {
  it("are those of grey levels from the least value, black, to the greatest, white", () => {
    scope(() => {
      const images = fullRange(4, 1, 32, 32);
      const draws = drawStrong(key, 4, mriProfile);
      const levels = strongAugment(images, draws, mriProfile, planarLevels);
      const scores = strongAugment(asScores(images), draws, mriProfile, zScores);
      expect(furthest(asLevels(scores), levels)).toBeLessThan(1e-2);
      // They move, and stay between the least and the greatest value of each image.
      expect(furthest(scores, asScores(images))).toBeGreaterThan(1);
      expect(scores.amin().item()).toBeGreaterThanOrEqual(-2.0001);
      expect(scores.amax().item()).toBeLessThanOrEqual(3.1001);
    });
  });

  it("of volumes too, with noise up to a sixteenth of the range", () => {
    scope(() => {
      const images = fullRange(4, 1, 8, 16, 16);
      const still = { ...volumeProfile, rotate: never, scale: never, elastic: { ...never, spacing: 8 } };
      const views = (given: Tensor, scale: typeof zScores) =>
        unlabelledViews(volumeAugmenter(still, false, scale), given, key);
      const [levels, scores] = [views(images, planarLevels), views(asScores(images), zScores)];
      expect(furthest(asLevels(scores.strong), levels.strong)).toBeLessThan(1e-2);
      expect(furthest(asLevels(scores.weak), levels.weak)).toBeLessThan(1e-3);
    });
  });

  it("keep a flat image as it is", () => {
    const flat = tensor([[Array.from({ length: 16 }, () => Array(16).fill(-0.25))]]);
    const strong = strongAugment(flat, drawStrong(key, 1, mriProfile), mriProfile, zScores);
    expect(furthest(strong, flat)).toBeLessThan(1e-6);
  });

  it("are not rounded, and 0, the mean, is what comes from outside", () => {
    scope(() => {
      const images = fullRange(6, 2, 40, 40);
      const augmenter = planarAugmenter(mriProfile, true, zScores);
      const { weak, strong } = unlabelledViews(augmenter, asScores(images), key);
      for (const view of [weak, strong]) {
        expect(view.dtype).toBe("float32");
        const values = new Set(view.toNumbers());
        expect(values.size).toBeGreaterThan(5000);
      }
      const turned = { ...mriProfile, rotate: { probability: 1, degrees: 20 } };
      const maps = noiseLabels(6, 40, 40, 3);
      const view = augmentLabelled(asScores(images), maps, key, turned, zScores);
      expect(view.images.eq(0).any().item()).toBe(1);
      // Labels move as they do with bytes.
      expect(sameBits(view.labels, augmentLabelled(images, maps, key, turned).labels)).toBe(true);
      expect(labelledView(augmenter, asScores(images), maps, key).labels.dtype).toBe("uint8");
    });
  });

  it("free everything but their results", () => {
    const images = asScores(fullRange(2, 1, 24, 24));
    expectTensorsKept(2, () => augmentUnlabelled(images, key, mriProfile, false, zScores));
    expectTensorsKept(1, () => tpRam(images, images, [0.5, 0.5], 0.1, null));
  });
});

const never = { probability: 0, range: [0, 0] } as const;

describe("TP-RAM of z-scores", () => {
  it("moves the mean towards the partner's, whatever the signs", () => {
    scope(() => {
      const x = noiseImages(2, 1, 16, 16, 1).div(100).sub(1.9);
      const u = noiseImages(2, 1, 16, 16, 2).div(90).sub(0.8);
      const [of, to] = [x, u].map((images) => images.mean([1, 2, 3]).toNumbers());
      expect(of[0]).toBeLessThan(0);
      expect(to[0]).toBeGreaterThan(0);
      const moved = tpRam(x, u, [0.25, 0.75], 0, null).mean([1, 2, 3]).toNumbers();
      [0.25, 0.75].forEach((r, i) => void expect(moved[i]).toBeCloseTo((1 - r) * of[i] + r * to[i], 2));
    });
  });

  it("is that of grey levels where these would not be cut off", () => {
    scope(() => {
      const [x, u] = [1, 2].map((seed) => noiseImages(2, 1, 16, 16, seed).mul(0.3).add(80));
      const levels = tpRam(x, u, [0.3, 0.8], 0.2);
      const scores = tpRam(asScores(x), asScores(u), [0.3, 0.8], 0.2, null);
      const inside = scores.gt(asScores(x).minimum(asScores(u)).amin().item() + 1e-3);
      expect(furthest(asLevels(scores).mul(inside), levels.mul(inside))).toBeLessThan(20);
      expect(asLevels(scores).sub(levels).abs().mean().item()).toBeLessThan(0.5);
    });
  });
});

it("a window that is not rounded stays between 0 and 255, with more than 256 levels", () => {
  const images = noiseImages(3, 3, 32, 32).mul(0.999);
  const { weak, strong } = augmentUnlabelled(images, key, mriProfile, false, planarLevels);
  for (const view of [weak, strong]) {
    expect(view.amin().item()).toBeGreaterThanOrEqual(0);
    expect(view.amax().item()).toBeLessThanOrEqual(255);
    expect(new Set(view.toNumbers()).size).toBeGreaterThan(256);
  }
});
