/** What the numbers of a file mean is read as viewers show it, or refused by name; alpha is kept apart. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../src/data/images/read-image.js";
import { png } from "./files.js";
import { colourMap, type TiffOptions, tiffFile } from "./tiff-file.js";

const numbers = async (bytes: Uint8Array) => [...(await decodeImage(bytes, "x.tif", "indices")).samples];
const colours = async (bytes: Uint8Array) => [...(await decodeImage(bytes, "x.tif", "colours")).samples];

const orders: TiffOptions[] = [false, true].flatMap((motorola) => [false, true].map((big) => ({ motorola, big })));

/** Some colour for each number; those of the first four are easy to tell. */
const colourOf = (index: number) => [(index * 37) % 256, (index * 74) % 256, (index * 111) % 256];

describe("palette TIFF", () => {
  const stored = [0, 1, 1, 0, 1];

  it.each([1, 2, 4, 8] as const)("of %i bits gives numbers or colours, as asked", async (bits) => {
    const most = 2 ** bits - 1;
    const indices = [...stored, most, 0, 1];
    for (const order of orders) {
      const file = tiffFile(4, 2, indices, {
        ...order,
        bits,
        photometric: 3,
        tags: { 320: colourMap(bits, colourOf) },
      });
      expect(await numbers(file)).toEqual(indices);
      expect(await colours(file)).toEqual([0, 1, 2].flatMap((c) => indices.map((index) => colourOf(index)[c])));
    }
  });

  it("gives the numbers that a palette PNG of the same pixels gives", async () => {
    const palette = [
      [255, 255, 255],
      [255, 0, 0],
      [0, 160, 0],
    ];
    const indices = [0, 1, 2, 2, 1, 0];
    const tiff = tiffFile(3, 2, indices, { photometric: 3, tags: { 320: colourMap(8, (i) => palette[i] ?? []) } });
    expect(await numbers(tiff)).toEqual(await numbers(png(3, 2, indices, { kind: "palette", palette })));
    expect(await colours(tiff)).toEqual(await colours(png(3, 2, indices, { kind: "palette", palette })));
  });

  it("with a grey table, counting up or down, gives numbers too", async () => {
    for (const grey of [(i: number) => i, (i: number) => 255 - i]) {
      const tags = { 320: colourMap(8, (i) => [grey(i), grey(i), grey(i)]) };
      const file = tiffFile(4, 1, [0, 1, 2, 255], { photometric: 3, tags });
      expect(await numbers(file)).toEqual([0, 1, 2, 255]);
      expect((await colours(file)).slice(0, 4)).toEqual([0, 1, 2, 255].map(grey));
    }
  });

  it("without a colour for each number is refused as a picture", async () => {
    const file = tiffFile(4, 1, [0, 1, 2, 255], { photometric: 3, tags: { 320: ["short", [1, 2, 3]] } });
    await expect(colours(file)).rejects.toThrow(/^x\.tif: has no colour for each of its palette's numbers/);
    expect(await numbers(file)).toEqual([0, 1, 2, 255]);
  });
});

describe("grey that counts down (WhiteIsZero)", () => {
  it("is shown the other way round, and gives its stored numbers to a mask", async () => {
    const file = tiffFile(4, 1, [0, 1, 2, 255], { photometric: 0 });
    expect(await colours(file)).toEqual([255, 254, 253, 0]);
    expect(await numbers(file)).toEqual([0, 1, 2, 255]);
    const wide = tiffFile(3, 1, [0, 1, 500], { photometric: 0, bits: 16, motorola: true });
    expect(await colours(wide)).toEqual([65535, 65534, 65035]);
    expect(await numbers(wide)).toEqual([0, 1, 500]);
  });

  it("of one bit is black and white as shown, also in a mask", async () => {
    const bits = [0, 1, 1, 0];
    for (const order of orders) {
      expect(await numbers(tiffFile(4, 1, bits, { ...order, bits: 1, photometric: 0 }))).toEqual([255, 0, 0, 255]);
      expect(await numbers(tiffFile(4, 1, bits, { ...order, bits: 1, photometric: 1 }))).toEqual([0, 255, 255, 0]);
    }
  });
});

describe("alpha", () => {
  const rgba = [10, 20, 30, 0, 40, 50, 60, 128];
  const wide = [10, 20000, 30, 65535, 40, 50, 60, 7];

  it.each([
    ["PNG", png(2, 1, rgba, { kind: "rgba" })],
    ["TIFF", tiffFile(2, 1, rgba, { channels: 4, tags: { 338: ["short", [2]] } })],
    [
      "big-endian BigTIFF",
      tiffFile(2, 1, rgba, { motorola: true, big: true, channels: 4, tags: { 338: ["short", [2]] } }),
    ],
  ])("of an RGB %s is a plane beside the colours under it", async (_, file) => {
    const { channels, samples, alpha } = await decodeImage(file, "x");
    expect(channels).toBe(3);
    expect([...samples]).toEqual([10, 40, 20, 50, 30, 60]);
    expect([...(alpha ?? [])]).toEqual([0, 128]);
  });

  it("of 16 bits, and of grey, likewise", async () => {
    for (const file of [
      png(2, 1, wide, { kind: "rgba", bits: 16 }),
      tiffFile(2, 1, wide, { channels: 4, bits: 16, tags: { 338: ["short", [2]] } }),
    ]) {
      const { samples, alpha } = await decodeImage(file, "x");
      expect([...samples]).toEqual([10, 40, 20000, 50, 30, 60]);
      expect([...(alpha ?? [])]).toEqual([65535, 7]);
    }
    for (const file of [
      png(2, 1, [500, 0, 60000, 9], { kind: "greyAlpha", bits: 16 }),
      tiffFile(2, 1, [500, 0, 60000, 9], { channels: 2, bits: 16, tags: { 338: ["short", [2]] } }),
    ]) {
      const { channels, samples, alpha } = await decodeImage(file, "x");
      expect([channels, ...samples, ...(alpha ?? [])]).toEqual([1, 500, 60000, 0, 9]);
    }
    const grey = await decodeImage(png(2, 1, [7, 200, 8, 255], { kind: "greyAlpha" }), "x");
    expect([grey.channels, ...grey.samples, ...(grey.alpha ?? [])]).toEqual([1, 7, 8, 200, 255]);
  });

  it("that is opaque everywhere is none", async () => {
    const opaque = [10, 20, 30, 255, 40, 50, 60, 255];
    expect(await decodeImage(png(2, 1, opaque, { kind: "rgba" }), "x")).not.toHaveProperty("alpha");
    expect(await decodeImage(png(2, 1, [1, 65535, 2, 65535], { kind: "greyAlpha", bits: 16 }), "x")).not.toHaveProperty(
      "alpha",
    );
  });

  it("of a palette's colours and of a single see-through grey or colour is seen", async () => {
    const palette = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const indexed = png(2, 1, [0, 1], { kind: "palette", palette, transparency: [9, 255] });
    expect([...((await decodeImage(indexed, "x")).alpha ?? [])]).toEqual([9, 255]);
    const grey = await decodeImage(png(2, 1, [5, 6], { transparency: [0, 5] }), "x");
    expect([grey.channels, ...grey.samples, ...(grey.alpha ?? [])]).toEqual([1, 5, 6, 0, 255]);
    const rgb = png(2, 1, [1, 2, 3, 4, 5, 6], { kind: "rgb", transparency: [0, 4, 0, 5, 0, 6] });
    expect([...((await decodeImage(rgb, "x")).alpha ?? [])]).toEqual([255, 0]);
  });

  it("of a lossless WebP is kept", async () => {
    const raw = { width: 2, height: 1, channels: 4 as const };
    const file = await sharp(Uint8Array.from([10, 20, 30, 255, 40, 50, 60, 128]), { raw })
      .webp({ lossless: true })
      .toBuffer();
    const { samples, alpha } = await decodeImage(file, "x");
    expect([...samples, ...(alpha ?? [])]).toEqual([10, 40, 20, 50, 30, 60, 255, 128]);
  });
});

describe("channels that are neither colours nor alpha", () => {
  it.each([
    [
      "two without a meaning",
      { channels: 2, tags: { 338: ["short", [0]] } },
      /holds 2 channels, neither is alpha; save the one you mean/,
    ],
    ["two, nothing said", { channels: 2 }, /holds 2 channels, neither is alpha; save the one you mean/],
    [
      "RGB and one without a meaning",
      { channels: 4, tags: { 338: ["short", [0]] } },
      /holds 4 channels, more than colours and alpha/,
    ],
    ["RGB and one, nothing said", { channels: 4 }, /holds 4 channels, more than colours and alpha/],
    ["RGBA and one more", { channels: 5, tags: { 338: ["short", [2, 0]] } }, /holds 5 channels, more than/],
    ["three of grey", { channels: 3, photometric: 1 }, /holds 3 channels, more than/],
  ] as const)("are refused: %s", async (_, options, message) => {
    const file = tiffFile(2, 2, Array(4 * options.channels).fill(7), options);
    await expect(decodeImage(file, "x.tif")).rejects.toThrow(message);
    await expect(decodeImage(file, "x.tif", "indices")).rejects.toThrow(message);
  });
});

describe("kinds that are not read", () => {
  it.each([
    ["CMYK TIFF", { channels: 4, photometric: 5 }, /has the colour space cmyk; save it as grey or RGB/],
    ["Lab TIFF", { channels: 3, photometric: 8 }, /has the colour space lab; save it as grey or RGB/],
    ["camera's raw TIFF", { photometric: 32803 }, /has the colour space number 32803/],
    [
      "signed TIFF",
      { bits: 16, tags: { 339: ["short", [2]] } },
      /has samples of type int16; save it with 8 or 16 bits/,
    ],
    ["float TIFF", { bits: 16, tags: { 258: ["short", [32]], 339: ["short", [3]] } }, /has samples of type float32/],
    ["32-bit TIFF", { bits: 16, tags: { 258: ["short", [32]] } }, /has samples of type uint32/],
    ["12-bit TIFF", { bits: 16, tags: { 258: ["short", [12]] } }, /has 12 bits a sample; save it with 8 or 16/],
  ] as const)("%s", async (_, options: TiffOptions, message) => {
    const file = tiffFile(2, 2, Array(4 * (options.channels ?? 1)).fill(7), options);
    await expect(decodeImage(file, "x.tif")).rejects.toThrow(message);
  });

  it("CMYK JPEG", async () => {
    const file = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#804020" } })
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    await expect(decodeImage(file, "x.jpg")).rejects.toThrow(
      /^x\.jpg: has the colour space cmyk; save it as grey or RGB$/,
    );
  });

  it("two pages of a TIFF", async () => {
    const one = tiffFile(2, 2, [1, 2, 3, 4]);
    const two = Buffer.concat([one, one]);
    const directory = one.readUInt32LE(4);
    two.copy(two, one.length, directory, one.length);
    two.writeUInt32LE(one.length, one.length - 4);
    await expect(decodeImage(two, "x.tif")).rejects.toThrow(/^x\.tif: holds 2 pages; .* so split it$/);
  });
});
