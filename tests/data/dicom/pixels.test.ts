/** What a DICOM file stores comes out, in every transfer syntax that is read; what is not read is named. */
import { createRequire } from "node:module";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { dicomFormat } from "../../../src/data/formats/dicom.js";
import type { PaletteReading } from "../../../src/data/formats/format.js";
import { decodeHeader, decodeImage } from "../../../src/data/images/read-image.js";
import { sampleType } from "../../../src/grid/stored-image.js";
import { type Dataset, dicomFile, type FileOptions, picture, type Syntax } from "./dicom-file.js";
import { losslessJpeg } from "./lossless-jpeg.js";
import { rle } from "./rle.js";

const ramp = (count: number, step = 7919, modulus = 65536) =>
  Array.from({ length: count }, (_, i) => (i * step) % modulus);
const withoutPixels = (dataset: Dataset): Dataset => ({
  ...dataset,
  "7FE00010 OB": undefined,
  "7FE00010 OW": undefined,
});
const read = async (dataset: Dataset, options?: FileOptions, palette: PaletteReading = "colours") =>
  dicomFormat.read(dicomFile(dataset, options), "image", palette);
const values = async (...given: Parameters<typeof read>) => Array.from((await read(...given)).samples);

describe("pixels as stored", () => {
  const grey = ramp(15);

  it.each(["implicit", "explicit", "deflated", "big"] as Syntax[])("%s", async (syntax) => {
    for (const unknownLengths of [false, true]) {
      const file = dicomFile(picture(3, 5, grey), { syntax, unknownLengths });
      const { grid, channels, samples } = await decodeImage(file, "image");
      expect(grid).toEqual({ shape: [3, 5], spacing: null, toWorld: null });
      expect([channels, sampleType(samples), Array.from(samples)]).toEqual([1, "uint16", grey]);
      expect(await decodeHeader(file, "image")).toEqual({ grid, channels: 1, sampleType: "uint16" });
    }
  });

  it.each(["II*\0\x10\0\0\0", "MM\0*", "BM", "\x89PNG\r\n\x1a\n", "NRRD0004\n"])(
    "behind a preamble of %j",
    async (preamble) => {
      const file = dicomFile(picture(3, 5, grey), { preamble });
      expect(Array.from((await decodeImage(file, "image")).samples)).toEqual(grey);
      expect((await decodeHeader(file, "image")).sampleType).toBe("uint16");
    },
  );

  it("bytes, also of an odd number and in big-endian words", async () => {
    const bytes = ramp(15, 37, 256);
    expect(await values(picture(3, 5, bytes, { "00280100 US": 8 }))).toEqual(bytes);
    const words = Array.from({ length: 8 }, (_, i) => bytes[2 * i] + 256 * (bytes[2 * i + 1] ?? 0));
    const big = { ...withoutPixels(picture(3, 5, bytes, { "00280100 US": 8 })), "7FE00010 OW": words };
    expect(await values(big, { syntax: "big" })).toEqual(bytes);
  });

  it("single bits, frame behind frame", async () => {
    const bits = Array.from({ length: 30 }, (_, i) => ((i * i) % 3 === 1 ? 1 : 0));
    const bytes = new Uint8Array(4);
    bits.forEach((bit, i) => {
      bytes[i >> 3] |= bit << (i & 7);
    });
    const dataset = {
      ...withoutPixels(picture(3, 5, [], { "00280100 US": 1 })),
      "00280008 IS": 2,
      "7FE00010 OB": bytes,
    };
    const { grid, samples } = await read(dataset);
    expect([grid.shape, Array.from(samples)]).toEqual([[2, 3, 5], bits]);
  });

  it("signs, and only the bits that are the sample's", async () => {
    const signed = { "00280101 US": 12, "00280102 US": 11, "00280103 US": 1 };
    expect(await values(picture(1, 4, [0x7ff, 0x800, 0xfff, 0xf001], signed))).toEqual([2047, -2048, -1, 1]);
    const high = { "00280101 US": 12, "00280102 US": 15 };
    expect(await values(picture(1, 3, [0xfff0, 0x10, 0x1f], high))).toEqual([4095, 1, 1]);
    const { samples } = await read(picture(1, 2, [0x8000, 1], { "00280103 US": 1 }));
    expect([sampleType(samples), ...samples]).toEqual(["int16", -32768, 1]);
  });

  it("floating point", async () => {
    const floats = Buffer.from(Float32Array.of(0.5, -1e9, 3).buffer);
    const dataset = { ...withoutPixels(picture(1, 3, [])), "00280100 US": 32, "7FE00008 OF": floats };
    const { samples } = await read(dataset);
    expect([sampleType(samples), ...samples]).toEqual(["float32", 0.5, -1e9, 3]);
  });
});

describe("what numbers mean", () => {
  const rescaled = (slope: string, intercept: string, more: Dataset = {}) => ({
    "00281053 DS": slope,
    "00281052 DS": intercept,
    ...more,
  });

  it("rescales to whole numbers where slope and intercept are whole, else to floating point", async () => {
    const ct = await read(
      picture(1, 3, [0, 1024, 4095], rescaled("1", "-1024 ", { "00280101 US": 12, "00280102 US": 11 })),
    );
    expect([sampleType(ct.samples), ...ct.samples]).toEqual(["int16", -1024, 0, 3071]);
    const pet = await read(picture(1, 2, [0, 3], rescaled("0.25", "1")));
    expect([sampleType(pet.samples), ...pet.samples]).toEqual(["float32", 1, 1.75]);
  });

  it("turns MONOCHROME1 round, but no quantity", async () => {
    const xray = { "00280004 CS": "MONOCHROME1", "00280101 US": 12, "00280102 US": 11 };
    expect(await values(picture(1, 2, [0, 4095], xray))).toEqual([4095, 0]);
    expect(await values(picture(1, 2, [0, 10], { ...xray, ...rescaled("2", "0") }))).toEqual([0, 20]);
    expect(await values(picture(1, 2, [0x8000, 0x7fff], { "00280004 CS": "MONOCHROME1", "00280103 US": 1 }))).toEqual([
      32767, -32768,
    ]);
  });

  it("gives a palette's colours or its numbers", async () => {
    const descriptor = [3, 1, 16];
    const palette = {
      "00280004 CS": "PALETTE COLOR",
      "00281101 US": descriptor,
      "00281102 US": descriptor,
      "00281103 US": descriptor,
      "00281201 OW": [100, 200, 300],
      "00281202 OW": [1, 2, 3],
      "00281203 OW": [9, 8, 65535],
    };
    const dataset = picture(1, 4, [0, 2, 3, 200], { "00280100 US": 8, ...palette });
    expect(await values(dataset)).toEqual([100, 200, 300, 300, 1, 2, 3, 3, 9, 8, 65535, 65535]);
    expect(await values(dataset, {}, "indices")).toEqual([0, 2, 3, 200]);
  });

  it("reads colours side by side, as planes, and as brightness and differences", async () => {
    const colour = { "00280002 US": 3, "00280004 CS": "RGB", "00280100 US": 8 };
    const planes = [255, 0, 0, 255, 7, 9];
    expect(await values(picture(1, 2, [255, 0, 7, 0, 255, 9], { ...colour, "00280006 US": 0 }))).toEqual(planes);
    expect(await values(picture(1, 2, planes, { ...colour, "00280006 US": 1 }))).toEqual(planes);
    const ybr = { ...colour, "00280004 CS": "YBR_FULL", "00280006 US": 0 };
    // T.871: pure red and mid grey.
    expect(await values(picture(1, 2, [76, 85, 255, 128, 128, 128], ybr))).toEqual([254, 128, 0, 128, 0, 128]);
    expect(await values(picture(1, 2, [76, 29, 128, 128], { ...ybr, "00280004 CS": "YBR_FULL_422" }))).toEqual([
      76, 29, 76, 29, 76, 29,
    ]);
  });
});

describe("compressed", () => {
  const [rows, columns] = [20, 24];
  const wide = ramp(rows * columns, 7919, 4096);
  const twelve = { "00280101 US": 12, "00280102 US": 11 };
  const compressed = withoutPixels(picture(rows, columns, wide, twelve));
  const require = createRequire(import.meta.url);

  async function wasmEncoded(packageName: string, name: string, bits: number, data: Uint8Array): Promise<Uint8Array> {
    const module = await require(packageName)({ print: () => {}, printErr: () => {} });
    const encoder = new module[name]();
    encoder
      .getDecodedBuffer({ width: columns, height: rows, bitsPerSample: bits, componentCount: 1, isSigned: false })
      .set(data);
    encoder.setDecompositions?.(2);
    encoder.encode();
    return Uint8Array.from(encoder.getEncodedBuffer());
  }
  const bytesOf = (numbers: readonly number[]) => new Uint8Array(Uint16Array.from(numbers).buffer);

  it("RLE", async () => {
    expect(await values(compressed, { syntax: "rle", fragments: [rle([bytesOf(wide)], 2)] })).toEqual(wide);
    const colour = {
      ...withoutPixels(picture(1, 4, [])),
      "00280002 US": 3,
      "00280004 CS": "RGB",
      "00280100 US": 8,
      "00280101 US": 8,
      "00280102 US": 7,
    };
    const planes = [
      [5, 5, 5, 6],
      [0, 1, 2, 3],
      [9, 9, 9, 9],
    ];
    const fragment = rle(
      planes.map((plane) => Uint8Array.from(plane)),
      1,
    );
    expect(await values(colour, { syntax: "rle", fragments: [fragment] })).toEqual(planes.flat());
  });

  it("JPEG-LS and JPEG 2000", async () => {
    const jpegLs = await wasmEncoded("@cornerstonejs/codec-charls", "JpegLSEncoder", 12, bytesOf(wide));
    expect(await values(compressed, { syntax: "jpegLs", fragments: [jpegLs] })).toEqual(wide);
    const jpeg2000 = await wasmEncoded("@cornerstonejs/codec-openjpeg", "J2KEncoder", 12, bytesOf(wide));
    expect(await values(compressed, { syntax: "jpeg2000", fragments: [jpeg2000] })).toEqual(wide);
  });

  it("lossless JPEG, unsigned and signed", async () => {
    const fragment = losslessJpeg(wide, columns, 12);
    expect(await values(compressed, { syntax: "jpegLossless", fragments: [fragment] })).toEqual(wide);
    const signed = { ...compressed, "00280103 US": 1 };
    const wanted = wide.map((value) => (value > 2047 ? value - 4096 : value));
    expect(await values(signed, { syntax: "jpegLossless", fragments: [fragment] })).toEqual(wanted);
  });

  it("JPEG of 8 bits, with the colours that it says", async () => {
    const flat = sharp({ create: { width: columns, height: rows, channels: 3, background: "#c08040" } });
    const fragments = [await flat.jpeg({ quality: 100 }).toBuffer()];
    const colour = {
      ...compressed,
      "00280002 US": 3,
      "00280004 CS": "YBR_FULL_422",
      "00280100 US": 8,
      "00280101 US": 8,
      "00280102 US": 7,
    };
    const { channels, samples } = await read(colour, { syntax: "jpeg", fragments });
    const seen = [0, 1, 2].map((c) => samples[c * rows * columns + 100]);
    expect(channels).toBe(3);
    [0xc0, 0x80, 0x40].forEach((level, c) => {
      expect(Math.abs(seen[c] - level)).toBeLessThan(3);
    });
  });

  it("frames of one, of several and of unequal numbers of fragments", async () => {
    const frames = [wide, wide.map((value) => 4095 - value), wide.map((value) => value ^ 1)];
    const encoded = frames.map((frame) => rle([bytesOf(frame)], 2));
    const dataset = { ...compressed, "00280008 IS": 3 };
    expect(await values(dataset, { syntax: "rle", fragments: encoded })).toEqual(frames.flat());
    const cut = encoded.flatMap((one, i) => (i === 1 ? [one.subarray(0, 100), one.subarray(100)] : [one]));
    const sizes = encoded.map((one, i) => 8 + one.length + (one.length % 2) + (i === 1 ? 8 : 0));
    const offsets = [0, sizes[0], sizes[0] + sizes[1]];
    expect(await values(dataset, { syntax: "rle", fragments: cut, offsets })).toEqual(frames.flat());
    const lossless = frames.map((frame) => losslessJpeg(frame, columns, 12));
    const pieces = lossless.flatMap((one) => [one.subarray(0, 200), one.subarray(200)]);
    expect(await values(dataset, { syntax: "jpegLossless", fragments: pieces })).toEqual(frames.flat());
    await expect(values(dataset, { syntax: "rle", fragments: cut })).rejects.toThrow(
      "image: has 4 pieces of pixel data for 3 frames",
    );
  });

  it("is refused before decoding where its size is not the header's", async () => {
    const fragments = [losslessJpeg(wide, columns, 12)];
    await expect(values({ ...compressed, "00280010 US": 21 }, { syntax: "jpegLossless", fragments })).rejects.toThrow(
      "image: its lossless JPEG data is 24 x 20, 1 x 12 bits, but the header says 24 x 21, 1 x 16; replace it",
    );
  });
});

describe("spacing", () => {
  const spacingOf = async (more: Dataset) => (await read(picture(2, 2, [1, 2, 3, 4], more))).grid.spacing;

  it("is the body's, never the detector's", async () => {
    expect(await spacingOf({ "00280030 DS": "0.5\\0.25" })).toEqual([0.5, 0.25]);
    expect(await spacingOf({ "00181164 DS": "0.2\\0.2" })).toBeNull();
    expect(await spacingOf({ "00181164 DS": "0.2\\0.2", "00280030 DS": "0.2\\0.2" })).toBeNull();
    expect(
      await spacingOf({ "00181164 DS": "0.2\\0.2", "00280030 DS": "0.2\\0.2", "00280A02 CS": "GEOMETRY" }),
    ).toEqual([0.2, 0.2]);
    expect(await spacingOf({ "00181164 DS": "0.2\\0.2", "00280030 DS": "0.15\\0.15" })).toEqual([0.15, 0.15]);
    expect(await spacingOf({ "00181164 DS": "0.3\\0.2", "00181114 DS": "2" })).toEqual([0.15, 0.1]);
  });

  it("is in the regions of ultrasound, where they agree", async () => {
    const region = (delta: number, format = 1, units = 3): Dataset => ({
      "00186012 US": format,
      "00186024 US": units,
      "00186026 US": units,
      "0018602C FD": delta,
      "0018602E FD": -2 * delta,
    });
    expect(await spacingOf({ "00186011 SQ": [region(0.03), region(0.5, 3, 4)] })).toEqual([0.6, 0.3]);
    expect(await spacingOf({ "00186011 SQ": [region(0.03), region(0.05)] })).toBeNull();
  });

  it("and place come with position and orientation", async () => {
    const { grid } = await read(
      picture(2, 2, [1, 2, 3, 4], {
        "00200032 DS": "1\\2\\3",
        "00200037 DS": "0\\1\\0\\0\\0\\-1",
        "00280030 DS": "0.5\\0.25",
      }),
    );
    expect(grid).toEqual({
      shape: [2, 2],
      spacing: [0.5, 0.25],
      toWorld: [
        [0, 0, 1],
        [0, 0.25, 2],
        [-0.5, 0, 3],
      ],
    });
  });
});

describe("what is not read is refused by name", () => {
  it.each<[string, Dataset, string]>([
    ["colours", { "00280004 CS": "HSV" }, "has the colours HSV with 1 samples a pixel"],
    ["four samples", { "00280002 US": 4 }, "has 4 samples a pixel; dimseg reads 1 and 3"],
    ["64 bits", { "00280100 US": 64 }, "has 64 bits allocated a sample; dimseg reads 1, 8, 16 and 32"],
    ["bits", { "00280101 US": 17 }, "says 17 bits stored up to bit 15 of 16"],
    ["no rows", { "00280010 US": undefined }, "is a DICOM file without an image"],
    ["too few pixels", { "00280010 US": 3 }, "has 8 bytes for 1 frames; expected 12"],
    ["frames", { "00280008 IS": "2147483647" }, "declares more than 2 GiB"],
    [
      "a table of values",
      { "00283000 SQ": [{ "00283002 US": [1, 0, 16] }] },
      "has a table of values (Modality LUT Sequence)",
    ],
    ["a slope of nothing", { "00281053 DS": "0" }, "has a rescale slope of 0"],
    ["a number that is none", { "00281053 DS": "one" }, "its RescaleSlope is no number"],
    [
      "an orientation",
      { "00200032 DS": "0\\0\\0", "00280030 DS": "1\\1", "00200037 DS": "1\\0\\0\\1\\0\\0" },
      "its ImageOrientationPatient is",
    ],
    ["a spacing", { "00280030 DS": "0\\1" }, "its PixelSpacing is [0,1]; expected two positive numbers"],
  ])("%s", async (_, more, message) => {
    const attempt = values(picture(2, 2, [1, 2, 3, 4], more));
    await expect(attempt).rejects.toThrow(DataError);
    await expect(attempt).rejects.toThrow(`image: ${message}`);
  });

  it("transfer syntaxes", async () => {
    const file = (uid: string) => {
      const bytes = dicomFile(withoutPixels(picture(2, 2, [])), { syntax: "rle", fragments: [new Uint8Array(64)] });
      bytes.write(uid.padEnd(20, "\0"), bytes.indexOf("1.2.840.10008.1.2.5"), "latin1");
      return dicomFormat.read(bytes, "image", "colours");
    };
    await expect(file("1.2.840.10008.1.2.9")).rejects.toThrow(
      "image: has the transfer syntax 1.2.840.10008.1.2.9, which",
    );
    await expect(file("1.2.840.10008.1.2.1")).rejects.toThrow(
      "image: its pixel data is not stored as its transfer syntax",
    );
  });

  it.each([
    ["encapsulated", "Encapsulated Uncompressed"],
    ["multiComponent", "JPEG 2000 multi-component Lossless"],
    ["jpegXl", "JPEG XL Lossless"],
    ["highThroughput", "High-Throughput JPEG 2000 Lossless"],
  ] as const)("%s pixel data", async (syntax, name) => {
    const fragments = [Buffer.alloc(8)];
    await expect(read(withoutPixels(picture(2, 2, [])), { syntax, fragments })).rejects.toThrow(
      `image: is stored as ${name}, which dimseg does not read; convert it`,
    );
  });

  it("JPEG of 12 bits", async () => {
    const jpeg = await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } })
      .toColourspace("b-w")
      .jpeg()
      .toBuffer();
    jpeg[jpeg.indexOf("ffc0", "hex") + 4] = 12;
    const dataset = withoutPixels(picture(2, 2, []));
    await expect(read(dataset, { syntax: "jpeg", fragments: [jpeg] })).rejects.toThrow(
      "image: is stored as JPEG of 12 bits, which dimseg does not read",
    );
  });
});
