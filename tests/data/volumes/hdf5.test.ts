/** HDF5: what NumPy writes is read exactly, image and mask of one file are told apart, and all else is a sentence. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { DecodedCache } from "../../../src/data/cache/decoded-cache.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { decodeHeader, decodeVolume, readVolume } from "../../../src/data/images/read-image.js";
import { sampleType } from "../../../src/grid/stored-image.js";
import { put, putDatasetYaml, temporaryFolder } from "../files.js";
import { hdf5File } from "../hdf5-file.js";

const folder = temporaryFolder();
const fixtures = join(import.meta.dirname, "../../fixtures/hdf5");
const count = Array.from({ length: 60 }, (_, i) => i);

async function refusal(read: Promise<unknown>): Promise<string> {
  const error = await read.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe.each(["earliest", "latest"])("a file of h5py, format %s", (version) => {
  const path = join(fixtures, `${version}.h5`);

  it.each([
    ["", "float32", count.map((value) => Math.fround(value / 60))],
    ["/image", "float32", count.map((value) => Math.fround(value / 60))],
    ["/label", "uint8", count.map((value) => value % 4)],
    ["/link", "uint8", count.map((value) => value % 4)],
    ["/big", "int16", count.map((value) => value - 30)],
    ["/bigfloat", "float32", count.map((value) => value / 4)],
    ["/long", "float64", count],
    ["/double", "float64", count.map((value) => value / 8)],
    ["/groups/inner/values", "uint32", count.map((value) => value + 1000)],
  ])("is read: %s", async (inside, type, values) => {
    const { grid, channels, samples } = await readVolume(`${path}${inside}`);
    expect([sampleType(samples), channels, grid.shape, grid.spacing, grid.toWorld]).toEqual([
      ...[type, 1, [3, 4, 5]],
      ...[null, null],
    ]);
    expect([...samples]).toEqual(values);
    const header = await decodeHeader(readFileSync(path), `${path}${inside}`);
    expect([header.sampleType, header.grid.shape]).toEqual([type, [3, 4, 5]]);
  });

  it("holds a picture of bool", async () => {
    const { grid, samples } = await readVolume(`${path}/mask`);
    expect(grid.shape).toEqual([4, 5]);
    expect([...samples]).toEqual(count.slice(0, 20).map((value) => (value % 3 === 0 ? 1 : 0)));
  });

  it.each([
    ["half", "holds floating-point numbers of 16 bits, which are not read"],
    ["complex", "holds values that are no plain numbers"],
    ["four", "has 4 axes; dimseg reads pictures of two and volumes of three"],
    ["number", "has 0 axes"],
    ["text", "holds values that are no plain numbers"],
    ["outside", "the file holds no data set outside, but beside, big, "],
    ["nowhere", "the file holds no data set nowhere"],
    ["lzf", "is packed with lzf; save it with gzip or unpacked"],
    ["unwritten", "declares 480000000 bytes of values in a file of"],
    ["beside", "the HDF5 file is damaged or truncated"],
    ["virtual", "its values lie in other data sets; copy them into one"],
  ])("holds what is refused: %s", async (name, message) => {
    expect(await refusal(readVolume(`${path}/${name}`))).toContain(`${path}/${name}: ${message}`);
  });
});

describe("which data set is the image", () => {
  const one = { shape: [2, 3], values: Float32Array.from([0, 1, 2, 3, 4, 5]) };
  const other = { shape: [2, 3], values: Uint8Array.from([1, 0, 0, 0, 0, 1]) };

  it.each([
    ["image", { image: one, label: other, other }],
    ["raw", { raw: one, label: other, other }],
    ["the only one that is no mask", { ct: one, mask: other }],
    ["the only one", { label: one }],
  ])("is %s", async (_, datasets) => {
    expect([...(await decodeVolume(hdf5File(datasets), "x.h5")).samples]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("has to be said where none is called so", async () => {
    const bytes = hdf5File({ t1: one, t2: one, label: other });
    expect(await refusal(decodeVolume(bytes, "a/x.h5"))).toBe(
      "a/x.h5: holds the data sets label, t1 and t2, none of them called image or raw; say which is meant in dataset.yaml, " +
        "as x.h5/label",
    );
    expect([...(await decodeVolume(bytes, "a/x.h5/t2")).samples]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await refusal(decodeVolume(hdf5File({ line: { ...one, shape: [6] } }), "x.h5"))).toBe(
      "x.h5: holds no data set of two or three axes; replace it",
    );
  });
});

describe("a data set of files that hold image and mask", () => {
  const values = (seed: number) => Float32Array.from({ length: 60 }, (_, i) => ((i * seed) % 60) / 59);
  const label = { shape: [3, 4, 5], values: Uint8Array.from(count, (value) => value % 2), packed: true };
  const other = { shape: [3, 4, 5], values: Uint8Array.from(count, (value) => Number(value < 30)) };
  for (const [id, seed] of [
    ["a", 7],
    ["b", 11],
  ] as const)
    put(
      join(folder, `set/${id}.h5`),
      hdf5File({ image: { shape: [3, 4, 5], values: values(seed), packed: true }, label, other }),
    );
  const masked = (masks: string) =>
    loadDataset(
      putDatasetYaml(join(folder, "set"), {
        ...{ slices: "stored", intensity: { low: 0, high: 1 } },
        labels: { kind: "values", map: { 0: "background", 1: "object" } },
        classes: [
          { index: 0, name: "background" },
          { index: 1, name: "object" },
        ],
        ...{ target: "softmax", channels: 1, resize: { size: 8 } },
        domains: [{ name: "A", train: { images: "{id}.h5", masks } }],
      }),
    );

  it("pairs them by a mask that goes on inside the file, and keeps masks of different names apart", async () => {
    const [first, second] = [masked("{id}.h5/label"), masked("{id}.h5/other")];
    expect(first.domains[0].cases("train").map(({ id, maskPath }) => [id, maskPath])).toEqual(
      ["a", "b"].map((id) => [id, join(folder, `set/${id}.h5/label`)]),
    );
    const caches = [first, second].map((set) => new DecodedCache(set, { folder: join(folder, "cache") }));
    const [one] = first.domains[0].cases("train");
    const [same] = second.domains[0].cases("train");
    const labels = [(await caches[0].get(one)).label, (await caches[1].get(same)).label];
    expect(labels[0]).not.toEqual(labels[1]);
    expect(labels[1]?.slice(0, 64)).toEqual(new Uint8Array(64).fill(1));
    const [a, b] = [await caches[0].contentsOf(one), await caches[1].contentsOf(same)];
    expect([a.image === b.image, a.mask === b.mask]).toEqual([true, false]);
  });

  it("asks for the mask's name where image and mask are one file", () => {
    expect(() => masked("{id}.h5")).toThrow(
      `${join(folder, "set/a.h5")} is given as image and as mask; say which of its data sets is the mask, as a.h5/label`,
    );
  });
});

describe("hostile files", () => {
  const bytes = hdf5File({
    image: { shape: [4, 40, 40], values: Float32Array.from({ length: 6400 }, (_, i) => (i * 37) % 101), packed: true },
  });

  it("that end anywhere are a sentence, and the next file is read all the same", async () => {
    for (let length = 8; length < bytes.length; length += 499)
      expect(await refusal(decodeVolume(bytes.subarray(0, length), "x.h5"))).toMatch(/^x\.h5: /);
    expect((await decodeVolume(bytes, "x.h5")).samples[2]).toBe(74);
  });

  it("leave nothing behind, and their memory is given back", async () => {
    const again = async () => [...(await decodeVolume(bytes, "x.h5")).samples.subarray(0, 5)];
    const before = await again();
    const broken = bytes.subarray(0, bytes.length - 40);
    await refusal(decodeVolume(broken, "x.h5"));
    const rss = process.memoryUsage().rss;
    for (let i = 0; i < 30; i++) await refusal(decodeVolume(broken, "x.h5"));
    expect(await again()).toEqual(before);
    expect(process.memoryUsage().rss - rss).toBeLessThan(2 ** 28);
  });

  it("with a packed chunk of something else are damaged, never other values", async () => {
    const start = bytes.indexOf(Buffer.from([0x78, 0x5e]));
    expect(start).toBeGreaterThan(500);
    const broken = Buffer.from(bytes);
    broken.fill(0xaa, start + 20, start + 60);
    expect(await refusal(decodeVolume(broken, "x.h5"))).toBe("x.h5: the HDF5 file is damaged or truncated; replace it");
  });

  it("that unpack to far more than they say end in little memory", async () => {
    const [rows, columns] = [11, 12_201_611];
    const zeros = { shape: [rows, columns], values: new Uint8Array(rows * columns), packed: true };
    const bomb = hdf5File({ image: zeros });
    // Of the size as the data set and its chunk say it, all but a little.
    const size = Buffer.alloc(4);
    size.writeUInt32LE(columns);
    let places = 0;
    for (let at = bomb.indexOf(size); at >= 0; at = bomb.indexOf(size, at + 4), places++) bomb.writeUInt32LE(5, at);
    expect([bomb.length < 2 ** 18, places]).toEqual([true, 4]);
    const before = process.memoryUsage().rss;
    expect(await refusal(decodeVolume(bomb, "x.h5"))).toBe("x.h5: the HDF5 file is damaged or truncated; replace it");
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
  });
});
