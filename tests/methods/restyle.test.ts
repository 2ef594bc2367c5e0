/** Restyled images: another domain's light, the same anatomy, the same draws twice. */
import { describe, expect, it } from "vitest";
import { fundusProfile, planarAugmenter } from "../../src/augment/index.js";
import { restyle } from "../../src/methods/index.js";
import { cat, full, scope, type Tensor } from "../../src/torch/index.js";
import { numbers } from "../support/tensors.js";
import { at, makeBatch } from "./support.js";

const augmenter = planarAugmenter(fundusProfile);

/** Images [count, 3, 32, 32] with a brighter left half. */
function halves(count: number, left: number, right: number): Tensor {
  return cat([full([count, 3, 32, 16], left), full([count, 3, 32, 16], right)], 3);
}

describe("restyle", () => {
  it("gives the same images for the same draws, others in another step, and leaves the labels", () => {
    scope(() => {
      const batch = makeBatch("softmax", 1);
      const first = restyle(batch, augmenter, at(3));
      expect(numbers(restyle(batch, augmenter, at(3)).images)).toEqual(numbers(first.images));
      expect(numbers(restyle(batch, augmenter, at(4)).images)).not.toEqual(numbers(first.images));
      expect(first.labels).toBe(batch.labelled.labels);
      expect(first.annotated).toBeNull();
    });
  });

  it("moves brightness towards the unlabelled images and keeps what lies where", () => {
    scope(() => {
      const batch = makeBatch("softmax", 1);
      const [dark, bright] = [halves(4, 60, 20), halves(4, 240, 200)];
      const still = { tpRamFactor: fundusProfile.tpRamFactor, strong: () => (weak: Tensor) => weak };
      const given = { ...batch, labelled: { ...batch.labelled, images: dark } };
      const towards = { ...given, unlabelled: { weak: bright, strong: bright } };
      const { images } = restyle(towards, still, at(3));
      const rows = images.add(1).mul(127.5).mean([1, 2]);
      const [left, right] = [rows.narrow(1, 0, 16).mean([1]), rows.narrow(1, 16, 16).mean([1])].map(numbers);
      for (const [i, value] of left.entries()) expect(value).toBeGreaterThan(right[i]);
      const means = numbers(images.add(1).mul(127.5).mean([1, 2, 3]));
      for (const value of means) expect(value).toBeGreaterThan(40);
      expect(new Set(means.map((value) => value.toFixed(3))).size).toBe(4);
    });
  });

  it("turns light into dark where that is how the unlabelled images are", () => {
    scope(() => {
      const batch = makeBatch("softmax", 1);
      // A quarter stands out: bright on dark here, dark on bright there.
      const quarter = (images: Tensor, value: number) => {
        images.narrow(2, 0, 16).narrow(3, 0, 16).fill_(value);
        return images;
      };
      const bright = quarter(full([4, 3, 32, 32], 20), 90);
      const dark = quarter(full([4, 3, 32, 32], 200), 60);
      const still = { tpRamFactor: fundusProfile.tpRamFactor, strong: () => (weak: Tensor) => weak };
      const given = { ...batch, labelled: { ...batch.labelled, images: bright } };
      const { images } = restyle({ ...given, unlabelled: { weak: dark, strong: dark } }, still, at(3));
      const grey = images.add(1).mul(127.5).mean([1]);
      const inside = numbers(grey.narrow(1, 0, 16).narrow(2, 0, 16).mean([1, 2]));
      const outside = numbers(grey.narrow(1, 16, 16).mean([1, 2]));
      for (const value of inside) expect(value).toBeCloseTo(60, 0);
      for (const value of outside) expect(value).toBeCloseTo(200, 0);
    });
  });

  it("pairs labelled images with unlabelled ones in turn where these are fewer", () => {
    scope(() => {
      const batch = makeBatch("softmax", 1);
      const one = batch.unlabelled!.weak.narrow(0, 0, 1);
      const repeated = cat(Array.from({ length: batch.labelled.images.shape[0] }, () => one));
      const few = restyle({ ...batch, unlabelled: { weak: one, strong: one } }, augmenter, at(3));
      const many = restyle({ ...batch, unlabelled: { weak: repeated, strong: repeated } }, augmenter, at(3));
      expect(numbers(few.images)).toEqual(numbers(many.images));
    });
  });
});
