/** Readers are exact: what a file stores comes out, 8 and 16 bit; broken and hostile files are named. */
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { isGrey, toChannels, toGrey } from "../../src/data/images/colour.js";
import { decodeHeader, decodeImage, readImage } from "../../src/data/images/read-image.js";
import { sampleType } from "../../src/grid/stored-image.js";
import { bmp, png, put, temporaryFolder, tiff } from "./files.js";
import { planesOf, stored } from "./stored.js";

const folder = temporaryFolder();
const ramp = (count: number, step: number, modulus: number) =>
  Array.from({ length: count }, (_, i) => (i * step) % modulus);

describe("exact samples", () => {
  const grey8 = ramp(15, 37, 256);
  const rgb8 = ramp(45, 61, 256);
  const grey16 = ramp(15, 7919, 65536);
  const rgb16 = ramp(45, 7919, 65536);

  it.each([
    ["8-bit grey PNG", png(5, 3, grey8), 1, grey8],
    ["8-bit RGB PNG", png(5, 3, rgb8, { kind: "rgb" }), 3, rgb8],
    ["16-bit grey PNG", png(5, 3, grey16, { bits: 16 }), 1, grey16],
    ["16-bit RGB PNG", png(5, 3, rgb16, { kind: "rgb", bits: 16 }), 3, rgb16],
    ["8-bit grey TIFF", tiff(5, 3, grey8, 8, 1), 1, grey8],
    ["8-bit RGB TIFF", tiff(5, 3, rgb8, 8, 3), 3, rgb8],
    ["16-bit grey TIFF", tiff(5, 3, grey16, 16, 1), 1, grey16],
    ["16-bit RGB TIFF", tiff(5, 3, rgb16, 16, 3), 3, rgb16],
    ["24-bit BMP", bmp(5, 3, rgb8, 24), 3, rgb8],
  ])("%s", async (_, bytes, channels, wanted) => {
    const { grid, samples, ...others } = await decodeImage(bytes, "image");
    expect(others).toEqual({ channels });
    expect(grid).toEqual({ shape: [3, 5], spacing: null, toWorld: null });
    expect(Array.from(samples)).toEqual(planesOf(wanted, channels));
    expect(sampleType(samples)).toBe(Math.max(...wanted) > 255 ? "uint16" : "uint8");
    expect(await decodeHeader(bytes, "image")).toEqual({ grid, channels, sampleType: sampleType(samples) });
  });

  it("drops alpha and keeps the colours under it, also where it is zero", async () => {
    const rgba = await decodeImage(png(2, 1, [10, 20, 30, 0, 40, 50, 60, 128], { kind: "rgba" }), "image");
    expect(Array.from(rgba.samples)).toEqual([10, 40, 20, 50, 30, 60]);
    const greyAlpha = await decodeImage(png(2, 1, [500, 0, 60000, 9], { kind: "greyAlpha", bits: 16 }), "image");
    expect(Array.from(greyAlpha.samples)).toEqual([500, 60000]);
  });

  it("reads lossless WebP exactly and JPEG nearly", async () => {
    const raw = sharp(Uint8Array.from(ramp(768, 1, 256)), { raw: { width: 16, height: 16, channels: 3 } });
    const webp = await decodeImage(await raw.clone().webp({ lossless: true }).toBuffer(), "image");
    expect(Array.from(webp.samples)).toEqual(planesOf(ramp(768, 1, 256), 3));
    const flat = sharp({ create: { width: 16, height: 16, channels: 3, background: "#804020" } });
    const jpeg = await decodeImage(await flat.jpeg({ quality: 95 }).toBuffer(), "image");
    expect(Math.abs(jpeg.samples[0] - 128)).toBeLessThan(4);
  });

  it("applies no colour profile", async () => {
    const image = sharp(Uint8Array.from(rgb8), { raw: { width: 5, height: 3, channels: 3 } });
    const tagged = await image.withIccProfile("p3", { attach: true }).png().toBuffer();
    const untagged = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    expect(Array.from((await decodeImage(tagged, "image")).samples)).toEqual(planesOf(untagged, 3));
  });
});

describe("palette files", () => {
  const indices = [0, 1, 2, 3, 2, 1, 0, 3, 1];
  const palette = [
    [0, 0, 0],
    [255, 0, 0],
    [0, 255, 0],
    [9, 8, 7],
  ];

  it.each([2, 4, 8] as const)("a %i-bit palette PNG gives numbers or colours, as asked", async (bits) => {
    const file = png(3, 3, indices, { kind: "palette", bits, palette });
    const numbers = await decodeImage(file, "mask", "indices");
    expect(numbers.channels).toBe(1);
    expect(Array.from(numbers.samples)).toEqual(indices);
    const colours = await decodeImage(file, "mask", "colours");
    expect(Array.from(colours.samples)).toEqual([0, 1, 2].flatMap((c) => indices.map((index) => palette[index][c])));
  });

  it("an interlaced palette PNG gives its numbers", async () => {
    const colours = indices.flatMap((index) => palette[index]);
    const raw = { width: 3, height: 3, channels: 3 as const };
    const file = await sharp(Uint8Array.from(colours), { raw })
      .png({ palette: true, dither: 0, progressive: true })
      .toBuffer();
    const numbers = await decodeImage(file, "mask", "indices");
    const shown = await decodeImage(file, "mask", "colours");
    // The encoder chooses the numbering, so equal numbers must mean equal colours and the other way round.
    const seen = new Map<number, string>();
    numbers.samples.forEach((index, i) => {
      const colour = [0, 9, 18].map((at) => shown.samples[at + i]).join();
      expect(seen.get(index) ?? colour).toBe(colour);
      seen.set(index, colour);
    });
    expect(new Set(seen.values()).size).toBe(4);
  });

  it("a 1-bit grey PNG gives 0 and 255, a 1-bit palette PNG 0 and 1", async () => {
    const grey = await decodeImage(png(4, 1, [0, 1, 1, 0], { bits: 1 }), "mask", "indices");
    expect(Array.from(grey.samples)).toEqual([0, 255, 255, 0]);
    const file = png(4, 1, [0, 1, 1, 0], { kind: "palette", bits: 1, palette: palette.slice(0, 2) });
    expect(Array.from((await decodeImage(file, "mask", "indices")).samples)).toEqual([0, 1, 1, 0]);
  });

  it.each([1, 4, 8])("a %i-bit BMP gives numbers or colours, as asked", async (bits) => {
    const used = indices.map((index) => index % 2 ** Math.min(bits, 2));
    const file = bmp(3, 3, used, bits, palette.slice(0, 2 ** Math.min(bits, 2)));
    expect(Array.from((await decodeImage(file, "mask", "indices")).samples)).toEqual(used);
    const shown = await decodeImage(file, "mask");
    expect(Array.from(shown.samples)).toEqual([0, 1, 2].flatMap((c) => used.map((index) => palette[index][c])));
  });

  it("a BMP with a grey palette is grey", async () => {
    const greys = Array.from({ length: 256 }, (_, i) => [i, i, i]);
    const raster = await decodeImage(bmp(3, 1, [0, 128, 255], 8, greys), "image");
    expect(raster.channels).toBe(1);
    expect(Array.from(raster.samples)).toEqual([0, 128, 255]);
  });
});

describe("grey and RGB", () => {
  it("uses Pillow's luma and repeats grey", () => {
    const rgb = stored(1, 2, Uint8Array.from([255, 10, 0, 200, 0, 30]), 3);
    expect(Array.from(toGrey(rgb).samples)).toEqual([76, 124]);
    expect(isGrey(rgb)).toBe(false);
    const grey = stored(1, 2, Uint16Array.from([7, 60000]));
    const repeated = toChannels(grey, 3);
    expect(Array.from(repeated.samples)).toEqual([7, 60000, 7, 60000, 7, 60000]);
    expect(isGrey(repeated)).toBe(true);
    const real = stored(1, 1, Float32Array.from([-100, 200, 1000]), 3);
    expect(toGrey(real).samples[0]).toBeCloseTo(-29.9 + 117.4 + 114, 4);
  });
});

describe("broken and hostile files", () => {
  const good = png(40, 40, ramp(1600, 37, 256));

  async function failure(bytes: Uint8Array): Promise<string> {
    const error = await decodeImage(bytes, "images/a.png").then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(DataError);
    return (error as DataError).message;
  }

  it("refuses a PNG that declares 10^9 x 10^9 pixels before decoding it", async () => {
    const hostile = png(1, 1, [0]);
    hostile.writeUInt32BE(1e9, 16);
    hostile.writeUInt32BE(1e9, 20);
    expect(await failure(hostile)).toMatch(/^images\/a\.png: declares 1000000000 x 1000000000 pixels, more than/);
    await expect(decodeHeader(hostile, "a.png")).rejects.toThrow(/declares 1000000000/);
  });

  it("refuses hostile BMP and TIFF sizes", async () => {
    const bitmap = bmp(2, 2, [0, 0, 0, 0], 8, [[0, 0, 0]]);
    bitmap.writeInt32LE(1e9, 18);
    expect(await failure(bitmap)).toMatch(/declares 1000000000 x 2 pixels/);
    const strip = tiff(2, 2, [0, 0, 0, 0], 8, 1);
    strip.writeUInt32LE(1e6, 8 + 4 + 6 + 2 + 8);
    strip.writeUInt32LE(1e6, 8 + 4 + 6 + 2 + 12 + 8);
    expect(await failure(strip)).toMatch(/declares 1000000 x 1000000 pixels|corrupt/);
  });

  it("names a PNG truncated at any place", async () => {
    for (const length of [1, 9, 20, 40, 60, 200, good.length - 20])
      expect(await failure(good.subarray(0, length))).toMatch(/^images\/a\.png: /);
    const palette = png(8, 8, ramp(64, 1, 4), { kind: "palette", palette: ramp(12, 9, 256).map((v) => [v, v, v]) });
    await expect(decodeImage(palette.subarray(0, 60), "mask.png", "indices")).rejects.toThrow(/truncated/);
  });

  it("names a PNG with flipped bits, a truncated JPEG and a truncated BMP", async () => {
    const flipped = Buffer.from(good);
    flipped[60] ^= 0xff;
    expect(await failure(flipped)).toMatch(/images\/a\.png: the PNG is .*corrupt/);
    const noise = sharp(Uint8Array.from(ramp(64 * 64, 37, 251)), { raw: { width: 64, height: 64, channels: 1 } });
    const jpeg = await noise.jpeg().toBuffer();
    expect(await failure(jpeg.subarray(0, jpeg.length / 2))).toMatch(/the JPEG is truncated or corrupt; replace it/);
    expect(await failure(bmp(5, 5, ramp(75, 1, 255), 24).subarray(0, 90))).toMatch(/the BMP is truncated/);
  });

  it("says what a file is not", async () => {
    expect(await failure(new Uint8Array(0))).toMatch(/is empty/);
    expect(await failure(Buffer.from("version https://git-lfs.github.com/spec/v1\n"))).toMatch(/git lfs pull/);
    expect(await failure(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"))).toMatch(/is no PNG, JPEG, TIFF/);
    await expect(readImage(join(folder, "nothing.png"))).rejects.toThrow(/nothing\.png: cannot be read: .*not exist/);
    await expect(readImage(folder)).rejects.toThrow(/it is a folder/);
  });

  it("refuses several pages and float samples", async () => {
    const page = { width: 4, height: 4, channels: 3 as const };
    const frames = Uint8Array.from([...Array(48).fill(0), ...Array(48).fill(255)]);
    const animated = await sharp(frames, { raw: { ...page, height: 8, pageHeight: 4 } })
      .webp()
      .toBuffer();
    expect(await failure(animated)).toMatch(/holds 2 pages/);
    const floats = tiff(2, 2, [1, 2, 3, 4], 16, 1);
    floats.writeUInt16LE(32, 8 + 8 + 6 + 2 + 2 * 12 + 8);
    expect(await failure(floats)).toMatch(/images\/a\.png: /);
  });

  it("ends every random damage with a typed error or an image", async () => {
    const samples = put(join(folder, "fuzz.png"), good);
    const property = fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
      const damaged = Buffer.from(cut ? good.subarray(0, at) : good);
      if (!cut) damaged[at] = value;
      const result = await decodeImage(damaged, samples, "indices").catch((cause: unknown) => cause);
      if (result instanceof Error) expect(result).toBeInstanceOf(DataError);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
