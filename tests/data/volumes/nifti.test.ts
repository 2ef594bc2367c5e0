/** NIfTI: every type, byte order and version exactly as stored, and a sentence for everything else. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { encodeNifti } from "../../../src/data/formats/nifti/writer.js";
import {
  decodeHeader,
  decodeImage,
  decodeVolume,
  imageFiles,
  readHeader,
  readImage,
  readVolume,
} from "../../../src/data/images/read-image.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { type Samples, type SampleType, samplesLike, sampleType } from "../../../src/grid/stored-image.js";
import { put, temporaryFolder } from "../files.js";
import { type NiftiFacts, niftiFile, niftiHeader } from "./nifti-file.js";
import { allLies, numbers, ras } from "./phantom.js";

const folder = temporaryFolder();
const bytesOf = (values: Samples | BigInt64Array | BigUint64Array) => Buffer.from(values.buffer);
const small = { dim: [2, 3, 2], datatype: 2, data: Buffer.from(Array.from({ length: 12 }, (_, i) => i)) } as const;
const identity = [1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] as const;

async function refusal(bytes: Uint8Array, file = "x.nii"): Promise<string> {
  const error = await decodeVolume(bytes, file).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

/** Values of each type, its ends among them, and what they are read as. */
const stored: [number, Samples | BigInt64Array | BigUint64Array, SampleType][] = [
  [2, Uint8Array.of(0, 1, 200, 255), "uint8"],
  [256, Int8Array.of(-128, -1, 0, 127), "int8"],
  [4, Int16Array.of(-32768, -1, 5, 32767), "int16"],
  [512, Uint16Array.of(0, 1, 40000, 65535), "uint16"],
  [8, Int32Array.of(-(2 ** 31), -7, 1, 2 ** 31 - 1), "int32"],
  [768, Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1), "uint32"],
  [16, Float32Array.of(-0.1, 1e-30, 3.5, 1e30), "float32"],
  [64, Float64Array.of(-0.1, 1e-300, 1 / 3, 1e300), "float64"],
  [1024, BigInt64Array.of(-(2n ** 53n) + 1n, -1n, 3n, 2n ** 53n - 1n), "float64"],
  [1280, BigUint64Array.of(0n, 1n, 2n ** 32n, 2n ** 53n - 1n), "float64"],
];

describe("values", () => {
  it.each(
    stored.flatMap((one) =>
      ([1, 2] as const).flatMap((version) => [false, true].map((bigEndian) => [...one, version, bigEndian] as const)),
    ),
  )("of type %d, %o, become %s (version %d, big-endian %s)", async (datatype, values, type, version, bigEndian) => {
    const data = bytesOf(values.slice());
    const size = values.BYTES_PER_ELEMENT;
    if (bigEndian && size > 1) size === 2 ? data.swap16() : size === 4 ? data.swap32() : data.swap64();
    const plain = niftiFile({ version, bigEndian, dim: [2, 2, 1], datatype, data });
    const before = Buffer.from(plain);
    for (const bytes of [plain, gzipSync(plain)]) {
      const { samples, channels, grid } = await decodeVolume(bytes, "x");
      expect(sampleType(samples)).toBe(type);
      expect(Array.from(samples)).toEqual(Array.from(values, Number));
      expect([channels, grid.shape]).toEqual([1, [1, 2, 2]]);
      expect(await decodeHeader(bytes, "x")).toEqual({ grid, channels, sampleType: type });
    }
    expect(plain).toEqual(before);
  });

  it("beyond 2^53 are refused", async () => {
    const data = bytesOf(BigInt64Array.of(2n ** 53n));
    expect(await refusal(niftiFile({ dim: [1, 1, 1], datatype: 1024, data }))).toMatch(
      /^x\.nii: holds whole numbers beyond 2\^53/,
    );
  });

  it("are scaled by slope and intercept, in a type that holds the outcome", async () => {
    const scaled = async (facts: Partial<NiftiFacts>) => {
      const data = bytesOf(Int16Array.of(-2, 0, 3, 1000));
      const { samples } = await decodeVolume(niftiFile({ dim: [2, 2], datatype: 4, data, ...facts }), "x");
      return [sampleType(samples), ...samples];
    };
    expect(await scaled({ slope: 0.5, inter: -1000 })).toEqual(["float32", -1001, -1000, -998.5, -500]);
    expect(await scaled({ slope: 1, inter: -1024 })).toEqual(["float32", -1026, -1024, -1021, -24]);
    for (const slope of [1, 0, Number.NaN])
      expect(await scaled({ slope, inter: slope === 1 ? 0 : 7 })).toEqual(["int16", -2, 0, 3, 1000]);
    const wide = { datatype: 8, data: bytesOf(Int32Array.of(1, 2 ** 30 + 1, 0, -1)) };
    expect(await scaled({ slope: 2, ...wide })).toEqual(["float64", 2, 2 ** 31 + 2, 0, -2]);
    expect(await scaled({ slope: 1, inter: 0, ...wide })).toEqual(["int32", 1, 2 ** 30 + 1, 0, -1]);
  });

  it("of colours become planes", async () => {
    const data = Buffer.from([1, 2, 3, 11, 12, 13]);
    const { channels, samples } = await decodeVolume(niftiFile({ dim: [2, 1, 1], datatype: 128, data }), "x");
    expect([channels, ...samples]).toEqual([3, 1, 11, 2, 12, 3, 13]);
  });

  it.each([
    [32, "complex numbers"],
    [2304, "RGBA colours"],
    [1536, "float128"],
    [1, "single bits"],
    [77, "values of the unknown type 77"],
  ])("of type %d are refused by name", async (datatype, name) => {
    expect(await refusal(niftiFile({ ...small, datatype }))).toBe(
      `x.nii: holds ${name}, which are not read; save it as float32`,
    );
  });

  it("that are NaN or infinite are refused", async () => {
    const data = bytesOf(Float32Array.of(0, Number.NaN, 1, 2));
    expect(await refusal(niftiFile({ dim: [2, 2, 1], datatype: 16, data }))).toBe(
      "x.nii: holds NaN or infinite values; replace them",
    );
  });
});

describe("axes", () => {
  it.each([
    [[2, 6], [6, 2], 1],
    [[2, 3, 2], [2, 3, 2], 1],
    [[12, 1, 1], [1, 1, 12], 1],
    [[2, 3, 2, 1, 1, 1, 1], [2, 3, 2], 1],
    [[2, 3, 1, 2], [1, 3, 2], 2],
    [[3, 1, 2, 2], [2, 1, 3], 2],
  ])("%j become [%j], %d channels", async (dim, shape, channels) => {
    const { grid, channels: found, samples } = await decodeVolume(niftiFile({ ...small, dim }), "x");
    expect([grid.shape, found]).toEqual([shape, channels]);
    expect(Array.from(samples)).toEqual([...small.data]);
  });

  it.each([
    [[12], /has one axis \(12\)/],
    [
      [2, 1, 1, 2, 3],
      /has 5 axes \(2 x 1 x 1 x 2 x 3\); dimseg reads images of two or three, and a fourth for channels/,
    ],
    [[2, -3, 2], /declares 2 x -3 x 2 voxels; replace it/],
    [[2, 0, 2], /declares 2 x 0 x 2 voxels/],
    [[], /declares 0 axes/],
    [[30000, 30000, 30000], /declares 30000 x 30000 x 30000 voxels of 1 bytes; dimseg reads up to 2048 MiB/],
  ])("%j are refused", async (dim, message) => {
    expect(await refusal(niftiFile({ ...small, dim }))).toMatch(message);
  });

  it("of version 2 may be declared longer than anything", async () => {
    const hostile = niftiFile({ ...small, version: 2, dim: [2 ** 40, 2 ** 40, 2 ** 40] });
    expect(await refusal(hostile)).toMatch(/no side over 65535/);
    expect(await refusal(niftiFile({ ...small, version: 2, dim: [-(2 ** 50), 2, 2] }))).toMatch(/declares -/);
  });

  it("of a volume are no picture's, and of one slice of a file of two axes are", async () => {
    const path = put(join(folder, "v.nii"), niftiFile(small));
    await expect(readImage(path)).rejects.toThrow(
      `${path}: is a volume, where single 2-D images are asked for; add slices: axial to dataset.yaml`,
    );
    expect((await decodeImage(niftiFile({ ...small, dim: [4, 3] }), "x")).grid.shape).toEqual([3, 4]);
  });
});

describe("the place", () => {
  const place = async (facts: Partial<NiftiFacts>) => (await decodeVolume(niftiFile({ ...small, ...facts }), "x")).grid;
  const rows = [2, 0.5, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30];

  it("is the affine's where both are there, else the quaternion's, shear included", async () => {
    const both = { sform: [2, ...rows], qform: [1, 0, 0, 1, 1, 2, 3], pixdim: [7, 8, 9] } as const;
    const toWorld = [
      [0, -0.5, -2, -10],
      [0, -3, 0, -20],
      [4, 0, 0, 30],
    ];
    expect(await place(both)).toEqual({ shape: [2, 3, 2], spacing: [4, Math.hypot(0.5, 3), 2], toWorld });
    // Half a turn about z.
    expect(await place({ ...both, sform: [0, ...rows] })).toEqual({
      shape: [2, 3, 2],
      spacing: [9, 8, 7],
      toWorld: [
        [0, 0, 7, -1],
        [0, 8, 0, -2],
        [9, 0, 0, 3],
      ],
    });
  });

  it("is in millimetres, whatever the file's unit", async () => {
    for (const [units, scale] of [
      [0, 1],
      [1, 1000],
      [2, 1],
      [2 + 8, 1],
      [3, 0.001],
    ]) {
      const { spacing, toWorld } = await place({ units, sform: [1, ...rows] });
      expect(spacing?.[2]).toBeCloseTo(2 * scale, 9);
      expect(toWorld?.[2][3]).toBeCloseTo(30 * scale, 9);
      expect((await place({ units, pixdim: [2, 3, 4] })).spacing?.[0]).toBeCloseTo(4 * scale, 9);
    }
  });

  it("is unknown without a code, and the spacing is the voxel sizes, where there are any", async () => {
    expect(await place({ pixdim: [2, -3, 4] })).toEqual({ shape: [2, 3, 2], spacing: [4, 3, 2], toWorld: null });
    expect(await place({ pixdim: [0, 0, 0] })).toEqual({ shape: [2, 3, 2], spacing: null, toWorld: null });
    expect(await place({ dim: [4, 3], pixdim: [2, 3, 0] })).toMatchObject({ toWorld: null });
  });

  it.each<[string, Partial<NiftiFacts>, RegExp]>([
    ["NaN in the affine", { sform: [1, Number.NaN, ...rows.slice(1)] }, /place in the patient holds NaN or infinite/],
    ["an infinite origin", { sform: [1, ...rows.slice(0, 3), Number.POSITIVE_INFINITY, ...rows.slice(4)] }, /infinite/],
    ["an affine of zeros", { sform: [1, ...Array(12).fill(0)] }, /span no volume/],
    ["axes in one plane", { sform: [1, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 4, 0] }, /span no volume/],
    ["a quaternion that is none", { qform: [1, 3, 3, 3, 0, 0, 0] }, /qform is no rotation/],
    ["NaN in the quaternion", { qform: [1, Number.NaN, 0, 0, 0, 0, 0] }, /qform is no rotation/],
    ["voxels of no size", { qform: [1, 0, 0, 0, 0, 0, 0], pixdim: [1, 0, 1] }, /qform is no rotation with voxel sizes/],
    ["voxel sizes that are NaN", { pixdim: [Number.NaN, 1, 1] }, /voxel sizes that are NaN/],
  ])("with %s is refused", async (_, facts, message) => {
    expect(await refusal(niftiFile({ ...small, ...facts }))).toMatch(message);
  });
});

describe("files", () => {
  it("of pairs are read by their header, packed or not, and only from its own folder", async () => {
    const put2 = (name: string, data: Buffer) => put(join(folder, "pairs", name), data);
    const header = niftiHeader({ ...small, pair: true });
    const path = put2("a.hdr", header);
    await expect(readVolume(path)).rejects.toThrow(
      `${path}: its data file a.img or a.img.gz or a.IMG is not beside it`,
    );
    put2("a.img", small.data);
    put2("b.hdr.gz", gzipSync(header));
    put2("b.img.gz", gzipSync(small.data));
    expect(await imageFiles(path)).toEqual([path, join(folder, "pairs", "a.img")]);
    expect(await imageFiles(put2("e.nii", niftiFile(small)))).toEqual([join(folder, "pairs", "e.nii")]);
    for (const name of ["a.hdr", "b.hdr.gz"])
      expect([...(await readVolume(join(folder, "pairs", name))).samples]).toEqual([...small.data]);
    const elsewhere = put(join(folder, "secret"), small.data);
    put2("c.hdr", header);
    symlinkSync(elsewhere, join(folder, "pairs", "c.img"));
    await expect(readVolume(join(folder, "pairs", "c.hdr"))).rejects.toThrow(/c\.img: is a link out of its folder/);
    put2("d.hdr", header);
    mkdirSync(join(folder, "pairs", "d.img"));
    await expect(readVolume(join(folder, "pairs", "d.hdr"))).rejects.toThrow(/d\.img: cannot be read: it is a folder/);
  });

  it("of Analyze 7.5 are refused by name", async () => {
    const analyze = niftiFile({ ...small });
    analyze.fill(0, 344, 348);
    expect(await refusal(analyze)).toMatch(/^x\.nii: is an Analyze 7\.5 header, which does not say which side is left/);
  });

  it("cut anywhere are refused, except within what follows the values", async () => {
    for (const version of [1, 2] as const) {
      const whole = niftiFile({ ...small, version, sform: identity });
      const packed = gzipSync(whole);
      for (let length = 0; length < whole.length; length++)
        expect(await refusal(whole.subarray(0, length))).toMatch(/^x\.nii: /);
      for (let length = 0; length < packed.length; length++)
        expect(await refusal(packed.subarray(0, length))).toMatch(/^x\.nii: /);
      expect([...(await decodeVolume(Buffer.concat([whole, Buffer.from("more")]), "x")).samples]).toEqual([
        ...small.data,
      ]);
    }
  });

  it("with a wrong checksum are refused", async () => {
    const packed = gzipSync(niftiFile(small));
    packed[packed.length - 6] ^= 1;
    expect(await refusal(packed)).toBe("x.nii: its compressed data is damaged; replace it");
  });

  it("that unpack to far more or less than they declare are given up on", async () => {
    const bomb = gzipSync(Buffer.concat([niftiFile(small), Buffer.alloc(2 ** 26)]));
    expect(await refusal(bomb)).toMatch(/holds far more data than the 364 bytes of its header/);
    const hollow = gzipSync(niftiFile({ ...small, dim: [1200, 1200, 1200] }));
    expect(await refusal(hollow)).toMatch(/is cut off: it holds \d+ of 1728000352 bytes/);
    expect(await refusal(niftiFile({ ...small, offset: 2 ** 27 }))).toMatch(/values begin at byte 134217728/);
    expect(await refusal(niftiFile({ ...small, offset: Number.NaN }))).toMatch(/values begin at byte NaN/);
    expect([...(await decodeVolume(niftiFile({ ...small, offset: 0 }), "x")).samples]).toEqual([...small.data]);
  });

  it("say what they are by their first bytes alone, packed or not", async () => {
    const noise = Buffer.from(Array.from({ length: 60_000 }, (_, i) => Math.floor(1e6 * Math.sin(i + 1) ** 2) & 255));
    const facts = { dim: [100, 60, 10], datatype: 2, data: noise, sform: identity } as const;
    const grid = makeGrid("test", [10, 60, 100], null, [
      [0, 0, -1, 0],
      [0, -1, 0, 0],
      [1, 0, 0, 0],
    ]);
    for (const [name, bytes] of [
      ["plain.nii", niftiFile(facts)],
      ["packed.nii.gz", gzipSync(niftiFile(facts))],
    ] as const) {
      const path = join(folder, name);
      writeFileSync(path, bytes.subarray(0, 4096));
      // What is not read may be anything.
      truncateSync(path, bytes.length);
      expect(await readHeader(path)).toEqual({ grid, channels: 1, sampleType: "uint8" });
    }
    await expect(readVolume(join(folder, "packed.nii.gz"))).rejects.toThrow(DataError);
  });

  it("larger than 2 GiB are not read at all", async () => {
    const path = put(join(folder, "huge.nii"), niftiFile(small));
    truncateSync(path, 2 ** 31 + 1);
    await expect(readVolume(path)).rejects.toThrow(`${path}: is larger than 2048 MiB; cut it`);
    await expect(readHeader(path)).rejects.toThrow(`${path}: is larger than 2048 MiB; cut it`);
  });

  it("with any byte changed are an image or a sentence", async () => {
    const whole = niftiFile({ ...small, sform: identity, qform: [1, 0, 0, 0, 0, 0, 0] });
    const damaged = fc.asyncProperty(fc.nat(351), fc.nat(255), fc.boolean(), async (at, value, isPacked) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const image = await decodeVolume(isPacked ? gzipSync(bytes) : bytes, "x.nii").catch((cause: unknown) => cause);
      if (!(image instanceof Error)) return;
      expect(image).toBeInstanceOf(DataError);
      expect(image.message).toMatch(/^x\.nii: /);
    });
    await fc.assert(damaged, { numRuns: 500 });
  });
});

describe("encodeNifti", () => {
  it("says the same place by affine and by quaternion", async () => {
    for (const { name, axes, origin } of allLies()) {
      const rows = ras({ name, axes, origin });
      const sform = [0, 1, 2].flatMap((r) => [...rows.axes.map((axis) => axis[r]), rows.origin[r]]);
      const facts = { dim: [3, 4, 5], datatype: 4, data: bytesOf(numbers()), version: 2 } as const;
      const image = await decodeVolume(niftiFile({ ...facts, sform: [1, ...sform] }), name);
      const file = await encodeNifti(image, { packed: false });
      // Without the affine's code the quaternion counts.
      file.writeInt16LE(0, 254);
      const { grid } = await decodeVolume(file, name);
      for (const [r, row] of (grid.toWorld ?? []).entries())
        for (const [c, value] of row.entries())
          expect(Math.abs(value - (image.grid.toWorld?.[r][c] ?? Number.NaN)), name).toBeLessThan(5e-6);
    }
  });

  it("leaves the quaternion out where the axes are not at right angles", async () => {
    const sheared = niftiFile({ ...small, sform: [1, 1, 0.3, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] });
    const file = await encodeNifti(await decodeVolume(sheared, "x"), { packed: false });
    expect([file.readInt16LE(252), file.readInt16LE(254)]).toEqual([0, 1]);
  });

  it("keeps the place of the file that it is like to the bit, and nothing else of it", async () => {
    const odd = { qform: [3, 0.1, 0.2, 0.3, 4, 5, 6], sform: [2, ...Array(12).keys()].map((x) => Math.sin(x * x + 1)) };
    for (const [version, sform] of [
      [1, odd.sform],
      [2, odd.sform],
      [1, [0, ...odd.sform.slice(1)]],
    ] as const) {
      const place = { qform: odd.qform as [number], sform: [Math.ceil(sform[0]), ...sform.slice(1)] as [number] };
      const facts = { ...small, version, pixdim: [0.7, 0.8, 0.9], qfac: -1, units: 3, ...place } as const;
      const source = niftiFile(facts);
      source.write("Name of the patient", version === 1 ? 148 : 240, "latin1");
      const { grid } = await decodeVolume(source, "x");
      const labels = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
      const mask = await encodeNifti({ grid, channels: 1, samples: labels }, { packed: false, like: gzipSync(source) });
      expect(mask.includes("patient")).toBe(false);
      const expected = niftiFile({ ...facts, data: Buffer.from(labels) });
      const ranges =
        version === 1
          ? [
              [76, 92],
              [252, 328],
            ]
          : [
              [104, 136],
              [344, 496],
            ]; // prettier-ignore
      for (const [from, to] of ranges) expect(mask.subarray(from, to)).toEqual(expected.subarray(from, to));
      expect(await decodeVolume(mask, "x")).toEqual({ grid, channels: 1, samples: labels });
    }
  });

  it("refuses to be like a file of another grid", async () => {
    const grid = makeGrid("test", [2, 3, 3]);
    const image = { grid, channels: 1, samples: new Uint8Array(18) };
    await expect(encodeNifti(image, { packed: true, like: niftiFile(small) })).rejects.toThrow(UsageError);
  });

  it("writes every type of samples, channels and rank", async () => {
    for (const [, values] of stored) {
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) continue;
      const samples = samplesLike(values, 12);
      samples.set(values);
      for (const [shape, channels, toWorld] of [
        [[2, 3, 2], 1, null],
        [[1, 3, 2], 2, null],
        [[4, 3], 1, null],
        [
          [4, 3],
          1,
          [
            [0, 1, 5],
            [2, 0, 6],
            [0, 0, 7],
          ],
        ], // prettier-ignore
      ] as const) {
        const grid = makeGrid("test", shape, toWorld ? null : shape.map((_, i) => i + 0.5), toWorld);
        const image = { grid, channels, samples };
        expect(await decodeVolume(await encodeNifti(image, { packed: true }), "x")).toEqual(image);
      }
    }
  });

  it("writes version 2 for sides that version 1 cannot say", async () => {
    const grid = makeGrid("test", [1, 1, 40000], [1, 1, 1]);
    const image = { grid, channels: 1, samples: new Uint8Array(40000).fill(3) };
    const file = await encodeNifti(image, { packed: false });
    expect(file.readInt32LE(0)).toBe(540);
    expect(await decodeVolume(file, "x")).toEqual(image);
  });
});
