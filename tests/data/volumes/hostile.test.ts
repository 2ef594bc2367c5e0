/** Headers of volumes that lie about their size, place or byte order: a sentence that names the file, in little memory. */
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { encodeNifti } from "../../../src/data/formats/nifti/writer.js";
import { encodeMetaImage } from "../../../src/data/formats/text/metaimage-writer.js";
import { encodeNrrd } from "../../../src/data/formats/text/nrrd-writer.js";
import { decodeHeader, decodeVolume } from "../../../src/data/images/read-image.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { hdf5File } from "../hdf5-file.js";

const place = [
  [0, 0, -1, 10],
  [0, -1, 0, 20],
  [2, 0, 0, 30],
] as const;
const grid = makeGrid("hostile", [13, 11, 7], null, place);
const samples = Int16Array.from({ length: 1001 }, (_, i) => i);
const volume = { grid, channels: 1, samples };

type Change = (file: Buffer) => void;

const nifti = await encodeNifti(volume, { packed: false });
const nrrd = await encodeNrrd(volume);
const meta = await encodeMetaImage(volume);
const hdf5 = hdf5File({ image: { shape: [13, 11, 7], values: samples, packed: true } });

/** Replaces a text by another one of the same length. */
function text(from: RegExp, to: (found: string) => string): Change {
  return (file) => {
    const [found] = from.exec(file.toString("latin1")) ?? [];
    if (found === undefined) throw new Error(`${from} is not there`);
    file.write(to(found).padEnd(found.length).slice(0, found.length), file.indexOf(found, 0, "latin1"), "latin1");
  };
}

/** Sets an extent of an HDF5 file, wherever it is said. */
function extent(from: number, high: number, low: number): Change {
  return (file) => {
    const size = Buffer.alloc(8);
    size.writeUInt32LE(from);
    for (let at = file.indexOf(size); at >= 0; at = file.indexOf(size, at + 8)) {
      file.writeUInt32LE(low, at);
      file.writeUInt32LE(high, at + 4);
    }
  };
}

const files: [string, Buffer, [string, Change][]][] = [
  [
    "x.nii",
    nifti,
    [
      ["a side below zero", (file) => file.writeInt16LE(-7, 42)],
      ["no side", (file) => file.writeInt16LE(0, 42)],
      ["huge sides", (file) => [42, 44, 46].map((at) => file.writeInt16LE(32767, at))],
      ["more axes than there are", (file) => file.writeInt16LE(99, 40)],
      ["a place that is NaN", (file) => file.writeFloatLE(Number.NaN, 280)],
      ["an infinite place", (file) => file.writeFloatLE(Number.POSITIVE_INFINITY, 292)],
      ["the other byte order in its size alone", (file) => file.subarray(0, 4).swap32()],
      ["values that begin behind the file", (file) => file.writeFloatLE(1e30, 108)],
      ["values that begin nowhere", (file) => file.writeFloatLE(Number.NaN, 108)],
    ],
  ],
  [
    "x.nrrd",
    nrrd,
    [
      ["a side below zero", text(/sizes: 7 11/, () => "sizes: -7 1")],
      ["huge sides", text(/sizes: 7 11 13/, () => "sizes: 9e4 9 9")],
      ["a place that is NaN", text(/space origin: \([^)]*\)/, () => "space origin: (nan,1,1)")],
      ["another byte order than there is", text(/endian: little/, () => "endian: middle")],
    ],
  ],
  [
    "x.mha",
    meta,
    [
      ["a side below zero", text(/DimSize = 7 11/, () => "DimSize = -7 1")],
      ["huge sides", text(/DimSize = 7 11 13/, () => "DimSize = 9e4 9 9")],
      ["a place that is NaN", text(/Offset = \S+/, (found) => `Offset = ${"nan".padEnd(found.length - 9, "x")}`)],
    ],
  ],
  [
    "x.h5",
    hdf5,
    [
      ["a side below zero", extent(13, 0xffffffff, 0xfffffff3)],
      ["no side", extent(13, 0, 0)],
      ["a huge side", extent(13, 1, 0)],
      ["a side that the file cannot hold", extent(13, 0, 60_000)],
    ],
  ],
];

describe.each(files)("%s", (name, file, changes) => {
  it("is read as it was written", async () => {
    expect([...(await decodeVolume(file, name)).samples]).toEqual([...samples]);
  });

  it.each(changes)("with %s is refused", async (_, change) => {
    const hostile = Buffer.from(file);
    change(hostile);
    expect(hostile.equals(file)).toBe(false);
    const before = process.memoryUsage().rss;
    for (const read of [decodeHeader, decodeVolume]) {
      const error = await read(hostile, name).catch((cause: unknown) => cause);
      if (read === decodeVolume) expect(error).toBeInstanceOf(DataError);
      if (error instanceof Error) expect(error.message).toMatch(new RegExp(`^${name}: [^\n]+$`));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
  });
});
