/** Resizing equals Pillow's arithmetic: analytic answers, then the golden numbers, exactly. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLabelDecoder, expandCodes } from "../../src/data/labels.js";
import { toPlanes } from "../../src/data/readers/raster.js";
import { nearestSources, resizeFiltered, resizeNearest } from "../../src/grid/resize.js";
import { goldenAugment } from "../data/golden.js";

const floats = (bytes: Uint8Array) => new Float32Array(bytes.slice().buffer);

describe("resizeFiltered", () => {
  it("halves by the triangle filter's weights 1/8 3/8 3/8 1/8, edge weights renormalised", () => {
    const row = Uint8Array.from([0, 0, 0, 0, 255, 255, 255, 255]);
    // Output 1 covers sources 1 to 4, so only its last tap (1/8) meets the step.
    const halved = resizeFiltered(row, { height: 1, width: 8, channels: 1 }, 1, 4, "bilinear");
    expect([...halved]).toEqual([0, Math.round(255 / 8), 255 - Math.round(255 / 8), 255]);
  });

  it("returns a copy when nothing changes", () => {
    const image = Uint8Array.from([1, 2, 3, 4]);
    const same = resizeFiltered(image, { height: 2, width: 2, channels: 1 }, 2, 2, "lanczos");
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
        const out = resizeFiltered(new Uint8Array(h * w * 3).fill(v), { height: h, width: w, channels: 3 }, H, W, f);
        expect(out.length).toBe(H * W * 3);
        expect(out.every((value) => value === v)).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it("equals Pillow's LANCZOS upscale of the golden case", () => {
    const golden = goldenAugment("resize_lanczos_up");
    const { bytes, shape } = golden.tensor("image");
    const out = resizeFiltered(bytes, { height: shape[0], width: shape[1], channels: shape[2] }, 80, 80, "lanczos");
    expect(Buffer.compare(out, golden.tensor("image_out").bytes)).toBe(0);
  });

  it.each(["scale_crop_gray", "scale_crop_rgb"])("equals Pillow's bilinear and nearest resize of golden %s", (name) => {
    const golden = goldenAugment(name);
    const { size, resizedWHxy } = golden.params as unknown as { size: number; resizedWHxy: number[][] };
    const image = golden.tensor("image");
    const channels = image.shape[2] ?? 1;
    const shape = { height: size, width: size, channels };
    const mask = golden.tensor("mask").bytes;
    resizedWHxy.forEach(([width, height, left, top], i) => {
      const images = crop(resizeFiltered(image.bytes, shape, height, width, "bilinear"), width, channels);
      const masks = crop(resizeNearest(mask, { ...shape, channels: 1 }, height, width), width, 1);
      expect(images(left, top, size)).toEqual(part(golden.tensor("image_out").bytes, i, size * size * channels));
      expect(masks(left, top, size)).toEqual(part(golden.tensor("mask_out").bytes, i, size * size));
    });
  });
});

describe("the reference loaders", () => {
  it("Fundus: Lanczos image, nearest mask, cup = 0 and disc <= 128", () => {
    const golden = goldenAugment("loader_fundus");
    const shape = { height: 100, width: 100, channels: 3 };
    const image = resizeFiltered(golden.tensor("image").bytes, shape, 64, 64, "lanczos");
    expect(Buffer.compare(image, golden.tensor("image_out").bytes)).toBe(0);
    const source = {
      target: "sigmoid" as const,
      outputs: 2,
      classes: [
        { index: 0, name: "cup", colour: "#ff0000", inside: "disc" },
        { index: 1, name: "disc", colour: "#00ff00" },
      ],
      labels: { kind: "thresholds" as const, classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } },
    };
    const mask = { height: 100, width: 100, channels: 3 as const, samples: golden.tensor("mask_rgb").bytes };
    const codes = resizeNearest(createLabelDecoder(source).decode(mask, "mask"), { ...shape, channels: 1 }, 64, 64);
    expect(Array.from(expandCodes(codes, source))).toEqual(Array.from(floats(golden.tensor("target").bytes)));
  });

  it("M&Ms: bilinear image, classes where a channel is 255", () => {
    const golden = goldenAugment("loader_mnms");
    const shape = { height: 90, width: 76, channels: 1 };
    const image = resizeFiltered(golden.tensor("image").bytes, shape, 64, 64, "bilinear");
    expect(Buffer.compare(image, golden.tensor("image_out").bytes)).toBe(0);
    const names = ["background", "LV", "MYO", "RV"];
    const source = {
      target: "softmax" as const,
      outputs: 4,
      classes: names.map((name, index) => ({ index, name, colour: "#000000" })),
      labels: { kind: "channels" as const, equals: 255, classes: { red: "LV", green: "MYO", blue: "RV" } },
    };
    const mask = { height: 90, width: 76, channels: 3 as const, samples: golden.tensor("mask_rgb").bytes };
    const codes = resizeNearest(createLabelDecoder(source).decode(mask, "mask"), shape, 64, 64);
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
    const out = resizeNearest(labels, { height: 2, width: 2, channels: 1 }, 3, 5);
    expect(out).toBeInstanceOf(Int32Array);
    expect(new Set(out)).toEqual(new Set(labels));
  });
});

it("toPlanes moves the channel axis to the front", () => {
  expect([...toPlanes(Uint8Array.from([1, 2, 3, 4, 5, 6]), 3)]).toEqual([1, 4, 2, 5, 3, 6]);
});

function part(all: Uint8Array, index: number, length: number): number[] {
  return Array.from(all.subarray(index * length, (index + 1) * length));
}

function crop(image: Uint8Array, width: number, channels: number) {
  return (left: number, top: number, size: number): number[] =>
    Array.from({ length: size }, (_, row) => {
      const start = ((top + row) * width + left) * channels;
      return Array.from(image.subarray(start, start + size * channels));
    }).flat();
}
