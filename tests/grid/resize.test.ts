/** Resizing equals Pillow's arithmetic: analytic answers, then the golden numbers, exactly. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLabelDecoder, expandCodes } from "../../src/data/masks/labels.js";
import { nearestSources, resizeFiltered, resizeNearest } from "../../src/grid/resize.js";
import { goldenAugment } from "../data/golden.js";
import { planesOf, stored } from "../data/stored.js";

const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);

describe("resizeFiltered", () => {
  it("halves by the triangle filter's weights 1/8 3/8 3/8 1/8, edge weights renormalised", () => {
    const row = Uint8Array.from([0, 0, 0, 0, 255, 255, 255, 255]);
    // Output 1 covers sources 1 to 4, so only its last tap (1/8) meets the step.
    const halved = resizeFiltered(row, [1, 8], [1, 4], "bilinear");
    expect([...halved]).toEqual([0, Math.round(255 / 8), 255 - Math.round(255 / 8), 255]);
  });

  it("returns a copy when nothing changes", () => {
    const image = Uint8Array.from([1, 2, 3, 4]);
    const same = resizeFiltered(image, [2, 2], [2, 2], "lanczos");
    expect(same).toEqual(image);
    expect(same).not.toBe(image);
  });

  it("keeps a constant image constant at any size", () => {
    const side = fc.integer({ min: 1, max: 20 });
    const filter = fc.constantFrom("bilinear" as const, "lanczos" as const);
    const property = fc.property(
      side,
      side,
      side,
      side,
      fc.integer({ min: 0, max: 255 }),
      filter,
      (h, w, H, W, v, f) => {
        const out = resizeFiltered(new Uint8Array(h * w * 3).fill(v), [h, w], [H, W], f);
        expect(out.length).toBe(H * W * 3);
        expect(out.every((value) => value === v)).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it("equals Pillow's LANCZOS upscale of the golden case", () => {
    const golden = goldenAugment("resize_lanczos_up");
    const { bytes, shape } = golden.tensor("image");
    const out = resizeFiltered(planes(bytes, shape[2]), shape, [80, 80], "lanczos");
    expect(Buffer.compare(out, planes(golden.tensor("image_out").bytes, shape[2]))).toBe(0);
  });

  it.each(["scale_crop_gray", "scale_crop_rgb"])("equals Pillow's bilinear and nearest resize of golden %s", (name) => {
    const golden = goldenAugment(name);
    const { size, resizedWHxy } = golden.params as unknown as { size: number; resizedWHxy: number[][] };
    const image = golden.tensor("image");
    const channels = image.shape[2] ?? 1;
    const mask = golden.tensor("mask").bytes;
    resizedWHxy.forEach(([width, height, left, top], i) => {
      const resized = resizeFiltered(planes(image.bytes, channels), [size, size], [height, width], "bilinear");
      const images = crop(resized, height, width);
      const masks = crop(resizeNearest(mask, [size, size], [height, width]), height, width);
      const wanted = part(golden.tensor("image_out").bytes, i, size * size * channels);
      expect(images(left, top, size)).toEqual(planesOf(wanted, channels));
      expect(masks(left, top, size)).toEqual(part(golden.tensor("mask_out").bytes, i, size * size));
    });
  });
});

describe("the reference loaders", () => {
  it("Fundus: Lanczos image, nearest mask, cup = 0 and disc <= 128", () => {
    const golden = goldenAugment("loader_fundus");
    const image = resizeFiltered(planes(golden.tensor("image").bytes, 3), [100, 100], [64, 64], "lanczos");
    expect(Buffer.compare(image, planes(golden.tensor("image_out").bytes, 3))).toBe(0);
    const source = {
      target: "sigmoid" as const,
      outputs: 2,
      classes: [
        { index: 0, name: "cup", colour: "#ff0000", inside: "disc" },
        { index: 1, name: "disc", colour: "#00ff00" },
      ],
      labels: { kind: "thresholds" as const, classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } },
    };
    const mask = stored(100, 100, planes(golden.tensor("mask_rgb").bytes, 3), 3);
    const codes = resizeNearest(createLabelDecoder(source).decode(mask, "mask"), [100, 100], [64, 64]);
    expect(Array.from(expandCodes(codes, source))).toEqual(Array.from(floats(golden.tensor("target").bytes)));
  });

  it("M&Ms: bilinear image, classes where a channel is 255", () => {
    const golden = goldenAugment("loader_mnms");
    const image = resizeFiltered(golden.tensor("image").bytes, [90, 76], [64, 64], "bilinear");
    expect(Buffer.compare(image, golden.tensor("image_out").bytes)).toBe(0);
    const names = ["background", "LV", "MYO", "RV"];
    const source = {
      target: "softmax" as const,
      outputs: 4,
      classes: names.map((name, index) => ({ index, name, colour: "#000000" })),
      labels: { kind: "channels" as const, equals: 255, classes: { red: "LV", green: "MYO", blue: "RV" } },
    };
    const mask = stored(90, 76, planes(golden.tensor("mask_rgb").bytes, 3), 3);
    const codes = resizeNearest(createLabelDecoder(source).decode(mask, "mask"), [90, 76], [64, 64]);
    const wanted = new BigInt64Array(golden.tensor("target").bytes.slice().buffer);
    expect(Array.from(expandCodes(codes, source))).toEqual(Array.from(wanted, Number));
  });
});

describe("resizeNearest", () => {
  it("takes the pixel under the output's centre", () => {
    expect([...nearestSources(6, 3)]).toEqual([1, 3, 5]);
    expect([...nearestSources(2, 5)]).toEqual([0, 0, 1, 1, 1]);
  });

  it("keeps the element type and invents no value", () => {
    const labels = Int32Array.from([7, 9, 11, 13]);
    const out = resizeNearest(labels, [2, 2], [3, 5]);
    expect(out).toBeInstanceOf(Int32Array);
    expect(new Set(out)).toEqual(new Set(labels));
  });
});

function planes(interleaved: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from(planesOf(interleaved, channels));
}

function part(all: Uint8Array, index: number, length: number): number[] {
  return Array.from(all.subarray(index * length, (index + 1) * length));
}

/** Cuts a square out of planes `[C, height, width]`. */
function crop(image: Uint8Array, height: number, width: number) {
  return (left: number, top: number, size: number): number[] =>
    Array.from({ length: image.length / (height * width) }, (_, c) =>
      Array.from({ length: size }, (_, row) => {
        const start = (c * height + top + row) * width + left;
        return Array.from(image.subarray(start, start + size));
      }),
    ).flat(2);
}
