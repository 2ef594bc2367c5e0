/** The weak view: analytic answers of each transform, what must not change, and the labels that follow the image. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elasticField, elasticImages, elasticLabels, smoothingOf } from "../../src/augment/geometry/elastic.js";
import { rotation } from "../../src/augment/geometry/rotate.js";
import { scaleCrop } from "../../src/augment/geometry/scale-crop.js";
import { drawWeak, fundusProfile, type ScaleCrop, type WeakDraw, weakAugment } from "../../src/augment/index.js";
import { ignoredLabel } from "../../src/core/target-kind.js";
import { full, scope, sendTogether, type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { expectTensorsKept, noiseImages, noiseLabels, sameBits, sizeOf } from "./images.js";

const nothing: WeakDraw = { scaleCrop: null, degrees: null, flip: null, elastic: null };
const noise = { seed: 4, purpose: "test", iteration: 0, index: 0 };
const all: WeakDraw = {
  scaleCrop: { width: 30, height: 27, left: 5, top: 2 },
  degrees: -13,
  flip: true,
  elastic: noise,
};
const image = (rows: number[][]): Tensor => tensor([[rows]]);
/** Images that are their own labels, enlarged and cropped. */
const cropped = (images: Tensor, crops: ScaleCrop[]) =>
  sendTogether("cpu", (pack) => scaleCrop(pack, crops, sizeOf(images)))({ images, labels: images });
/** Images that are their own labels, rotated. */
const rotated = (images: Tensor, degrees: number[], fill = 0) =>
  sendTogether("cpu", (pack) => rotation(pack, degrees, sizeOf(images), true, fill))({ images, labels: images });

it("carries pixels that nobody labelled through every transform as any other label", () => {
  scope(() => {
    const larger = { ...all, scaleCrop: { width: 50, height: 46, left: 5, top: 2 } };
    const draws = [larger, { ...larger, elastic: null }, { ...nothing, degrees: 17 }];
    const numbers = noiseLabels(draws.length, 40, 40, 3);
    const maps = numbers.maskedFill(numbers.eq(2), ignoredLabel);
    const viewOf = (labels: Tensor) => weakAugment(zeros([3, 1, 40, 40]), labels, draws, fundusProfile).labels;
    const values = [...viewOf(maps).toNumbers()];
    expect(new Set(values)).toEqual(new Set([0, 1, ignoredLabel]));
    const where = [...viewOf(numbers.eq(2).to({ dtype: "uint8" })).toNumbers()];
    expect(values.map((value) => (value === ignoredLabel ? 1 : 0))).toEqual(where);
  });
});

describe("scale-crop", () => {
  it("enlarges a step by the triangle filter and rounds", () => {
    // Centres .25 and .75 of a two-pixel row: weights 1; .75 .25; .25 .75; 1.
    const wide = { width: 4, height: 2, left: 0, top: 0 };
    const row = (left: number) =>
      cropped(
        image([
          [0, 255],
          [0, 255],
        ]),
        [{ ...wide, left }],
      ).images.toArray();
    expect(row(0)).toEqual([
      [
        [
          [0, 64],
          [0, 64],
        ],
      ],
    ]);
    expect(row(2)).toEqual([
      [
        [
          [191, 255],
          [191, 255],
        ],
      ],
    ]);
  });

  it("leaves an image of unchanged size alone", () => {
    const images = noiseImages(2, 3, 9, 7);
    const same = { width: 7, height: 9, left: 0, top: 0 };
    const view = cropped(images, [same, same]);
    expect(sameBits(view.images, images)).toBe(true);
    expect(sameBits(view.labels as Tensor, images)).toBe(true);
  });
});

describe("rotation", () => {
  it("by 90 degrees is exact and counter-clockwise", () => {
    const turned = rotated(
      image([
        [1, 2],
        [3, 4],
      ]),
      [90],
    );
    for (const view of [turned.images, turned.labels]) {
      expect(view?.toArray()).toEqual([
        [
          [
            [2, 4],
            [1, 3],
          ],
        ],
      ]);
    }
  });

  it("by 0 degrees changes nothing; each image takes its own angle", () => {
    const images = noiseImages(2, 1, 11, 8);
    const both = rotated(images, [0, 20]).images;
    expect(sameBits(both.narrow(0, 0, 1), images.narrow(0, 0, 1))).toBe(true);
    expect(sameBits(both.narrow(0, 1, 1), rotated(images.narrow(0, 1, 1), [20]).images)).toBe(true);
  });

  it("keeps a constant image constant inside and fills outside", () => {
    const { images } = rotated(full([1, 1, 32, 32], 200), [20]);
    expect(new Set(images.toNumbers())).toEqual(new Set([0, 200]));
    const { labels } = rotated(full([1, 1, 32, 32], 2), [20], 7);
    expect(new Set(labels?.toNumbers())).toEqual(new Set([2, 7]));
  });
});

describe("elastic deformation", () => {
  const rows = [
    [10, 20, 30],
    [40, 50, 60],
    [70, 80, 90],
  ];
  const shift = (down: number, right: number) =>
    zeros([1, 2, 3, 3], { dtype: "float64" }).add(tensor([down, right], { dtype: "float64" }).reshape([1, 2, 1, 1]));

  it("reads at row + first, column + second field; outside is 0 for images and the edge for labels", () => {
    const right = elasticImages(image(rows), shift(0, 1)).toArray();
    expect(right).toEqual([
      [
        [
          [20, 30, 0],
          [50, 60, 0],
          [80, 90, 0],
        ],
      ],
    ]);
    const down = elasticLabels(image(rows), shift(1, 0)).toArray();
    expect(down).toEqual([
      [
        [
          [40, 50, 60],
          [70, 80, 90],
          [70, 80, 90],
        ],
      ],
    ]);
  });

  it("rounds half up", () => {
    const half = elasticImages(
      image([
        [1, 2, 4],
        [1, 2, 4],
        [1, 2, 4],
      ]),
      shift(0, 0.5),
    ).toArray();
    expect(half).toEqual([
      [
        [
          [2, 3, 0],
          [2, 3, 0],
          [2, 3, 0],
        ],
      ],
    ]);
  });

  it("smooths with zeros outside: a single impulse becomes the Gaussian's outer product", () => {
    const impulse = zeros([1, 2, 21, 21], { dtype: "float64" });
    impulse.select(1, 0).narrow(1, 10, 1).narrow(2, 10, 1).fill_(1);
    const smooth = sendTogether("cpu", (pack) => smoothingOf(pack, sizeOf(impulse), 2));
    const field = elasticField(impulse, 3, smooth).toArray() as number[][][][];
    const kernel = Array.from({ length: 17 }, (_, i) => Math.exp(-((i - 8) ** 2) / 8));
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    expect(field[0][0][10][10]).toBeCloseTo(3 / sum ** 2, 12);
    expect(field[0][0][13][9]).toBeCloseTo((3 * kernel[11] * kernel[7]) / sum ** 2, 12);
    expect(field[0][0][10][19]).toBe(0);
    expect(field[0][1].flat().every((value) => value === 0)).toBe(true);
  });
});

describe("weakAugment", () => {
  it("is the identity when nothing is drawn, on copies", () => {
    const images = noiseImages(3, 3, 16, 16);
    const labels = noiseLabels(3, 16, 16, 3);
    const result = weakAugment(images, labels, [nothing, nothing, nothing], fundusProfile);
    expect(sameBits(result.images, images) && sameBits(result.labels, labels)).toBe(true);
    result.images.fill_(0);
    expect(images.sum().item()).toBeGreaterThan(0);
  });

  it("leaves images that drew nothing untouched beside others, and its input too", () => {
    const images = noiseImages(3, 1, 24, 24);
    const before = images.clone();
    const result = weakAugment(images, null, [nothing, all, nothing], fundusProfile);
    expect(result.labels).toBeNull();
    expect(sameBits(images, before)).toBe(true);
    for (const [position, same] of [true, false, true].entries()) {
      expect(sameBits(result.images.narrow(0, position, 1), images.narrow(0, position, 1))).toBe(same);
    }
  });

  it("flipping twice is the identity", () => {
    const images = noiseImages(2, 3, 8, 10);
    const labels = noiseLabels(2, 8, 10, 2);
    const flip = [{ ...nothing, flip: true as const }, nothing];
    const once = weakAugment(images, labels, flip, fundusProfile);
    const twice = weakAugment(once.images, once.labels, flip, fundusProfile);
    expect(sameBits(once.images, images)).toBe(false);
    expect(sameBits(twice.images, images) && sameBits(twice.labels, labels)).toBe(true);
  });

  it("gives an image the same view alone and in a batch", () => {
    const images = noiseImages(4, 3, 32, 32);
    const labels = noiseLabels(4, 32, 32, 3, "int64");
    const key = { seed: 11, iteration: 2, purpose: "labelled" };
    const size = { height: 32, width: 32 };
    const together = weakAugment(images, labels, drawWeak(key, 4, size, fundusProfile), fundusProfile);
    for (let i = 0; i < 4; i++) {
      const [image, label] = [images, labels].map((batch) => batch.narrow(0, i, 1));
      const draws = drawWeak({ ...key, first: i }, 1, size, fundusProfile);
      const alone = weakAugment(image, label, draws, fundusProfile);
      expect(sameBits(alone.images, together.images.narrow(0, i, 1))).toBe(true);
      expect(sameBits(alone.labels, together.labels.narrow(0, i, 1))).toBe(true);
    }
  });

  it("keeps grey levels whole and in range, and labels in their set, whatever is drawn", () => {
    const images = noiseImages(2, 1, 24, 24);
    const labels = noiseLabels(2, 24, 24, 4);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (iteration) => {
        const key = { seed: 5, iteration, purpose: "labelled" };
        const draws = drawWeak(key, 2, { height: 24, width: 24 }, fundusProfile);
        const result = weakAugment(images, labels, draws, fundusProfile);
        const values = result.images.toNumbers();
        expect(values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
        expect(result.labels.toNumbers().every((label) => [0, 1, 2, 3].includes(label))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("moves label maps and label planes alike, in their own dtype", () => {
    const map = noiseLabels(1, 24, 24, 2, "int64");
    const plane = map.unsqueeze(1).to({ dtype: "float32" });
    const images = noiseImages(1, 1, 24, 24);
    const asMap = weakAugment(images, map, [all], fundusProfile).labels;
    const asPlane = weakAugment(images, plane, [all], fundusProfile).labels;
    expect([asMap.dtype, asPlane.dtype, String(asPlane.shape)]).toEqual(["int64", "float32", "1,1,24,24"]);
    expect([...asMap.toNumbers()]).toEqual([...asPlane.toNumbers()]);
  });

  it("moves labels with the image", () => {
    // A disc of grey 255 that is its own label: after every transform they may differ along the outline only.
    const disc = Float32Array.from({ length: 64 * 64 }, (_, i) =>
      Math.hypot((i % 64) - 30, Math.floor(i / 64) - 34) < 15 ? 255 : 0,
    );
    const images = tensor([...disc]).reshape([1, 1, 64, 64]);
    const labels = images.select(1, 0).gt(0).to({ dtype: "uint8" });
    const draw = { ...all, scaleCrop: { width: 80, height: 70, left: 9, top: 3 } };
    const result = weakAugment(images, labels, [draw], fundusProfile);
    const bright = result.images.select(1, 0).gt(127).to({ dtype: "uint8" });
    const differing = bright.ne(result.labels).to({ dtype: "float32" }).sum().item();
    expect(result.labels.to({ dtype: "float32" }).sum().item()).toBeGreaterThan(500);
    expect(differing).toBeLessThan(100);
  });

  it("says which shapes do not fit", () => {
    const images = noiseImages(2, 1, 8, 8);
    expect(() => weakAugment(images, null, [nothing], fundusProfile)).toThrow(/\[2,1,8,8\] and there are 1 draws/);
    const labels = noiseLabels(2, 8, 9, 2);
    expect(() => weakAugment(images, labels, [nothing, nothing], fundusProfile)).toThrow(
      /labels has shape \[2,8,9\].*expected \[2, 8, 8\] or \[2, K, 8, 8\]/,
    );
  });

  it("frees everything but its results", () => {
    const images = noiseImages(2, 1, 24, 24);
    const labels = noiseLabels(2, 24, 24, 2);
    expectTensorsKept(2, () => weakAugment(images, labels, [all, nothing], fundusProfile));
  });
});
