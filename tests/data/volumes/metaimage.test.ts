/** MetaImage: headers of every kind, and a sentence for what is not read. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { encodeMetaImage } from "../../../src/data/formats/text/metaimage-writer.js";
import { decodeHeader, decodeVolume, imageFiles, readHeader, readVolume } from "../../../src/data/images/read-image.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { sampleType } from "../../../src/grid/stored-image.js";
import { put, temporaryFolder } from "../files.js";

const folder = temporaryFolder();

/** The usual fields of a small volume; `changes` replace or, with undefined, drop them. */
function header(changes: Record<string, string | undefined> = {}): string {
  const fields = { ObjectType: "Image", NDims: "3", DimSize: "2 3 2", ElementType: "MET_UCHAR", ...changes };
  const last = { ElementDataFile: "LOCAL", ...("ElementDataFile" in changes ? changes : {}) }.ElementDataFile;
  const lines = Object.entries(fields).flatMap(([name, text]) =>
    text === undefined || name === "ElementDataFile" ? [] : [`${name} = ${text}`],
  );
  return [...lines, ...(last === undefined ? [] : [`ElementDataFile = ${last}`]), ""].join("\n");
}

const data = Buffer.from(Array.from({ length: 12 }, (_, i) => i + 1));
const file = (changes?: Record<string, string | undefined>, values: Buffer = data) =>
  Buffer.concat([Buffer.from(header(changes)), values]);
const placed = { TransformMatrix: "0 1 0 1 0 0 0 0 1", Offset: "10 20 30", ElementSpacing: "2 1 3" };

async function refusal(bytes: Uint8Array, name = "x.mha"): Promise<string> {
  const error = await decodeVolume(bytes, name).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe("values", () => {
  const each: [string, string, Buffer, string, number[]][] = [
    ["MET_CHAR", "False", Buffer.from([255, 1]), "int8", [-1, 1]],
    ["MET_UCHAR", "True", Buffer.from([255, 1]), "uint8", [255, 1]],
    ["MET_SHORT", "True", Buffer.from([255, 254, 0, 1]), "int16", [-2, 1]],
    ["MET_USHORT", "False", Buffer.from([255, 254, 0, 1]), "uint16", [65279, 256]],
    ["MET_LONG", "True", Buffer.from([255, 255, 255, 0, 0, 0, 0, 7]), "int32", [-256, 7]],
    ["MET_UINT", "False", Buffer.from([0, 0, 0, 128, 7, 0, 0, 0]), "uint32", [2 ** 31, 7]],
    ["MET_LONG_LONG", "True", Buffer.from(BigInt64Array.of(-5n, 9n).buffer).swap64(), "float64", [-5, 9]],
    ["MET_FLOAT", "True", Buffer.from(Float32Array.of(0.5, -3).buffer).swap32(), "float32", [0.5, -3]],
    ["MET_DOUBLE", "False", Buffer.from(Float64Array.of(0.1, -3).buffer), "float64", [0.1, -3]],
  ];
  it.each(each)("of type %s, most significant byte first %s", async (ElementType, msb, values, wanted, numbers) => {
    for (const [packed, order, bytes] of [
      ["False", "BinaryDataByteOrderMSB", values],
      ["True", "ElementByteOrderMSB", deflateSync(values)],
      ["true", "BinaryDataByteOrderMSB", gzipSync(values)],
    ] as const) {
      const whole = file({ ElementType, DimSize: "2 1 1", [order]: msb, CompressedData: packed }, bytes);
      const image = await decodeVolume(whole, "x");
      expect([sampleType(image.samples), ...image.samples]).toEqual([wanted, ...numbers]);
      expect((await decodeHeader(whole, "x")).sampleType).toBe(wanted);
    }
  });

  it("of several channels become planes, a fourth axis is channels as it stands", async () => {
    const sideBySide = await decodeVolume(file({ DimSize: "1 3 2", ElementNumberOfChannels: "2" }), "x");
    expect([sideBySide.channels, ...sideBySide.samples]).toEqual([2, 1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12]);
    const fourth = await decodeVolume(file({ NDims: "4", DimSize: "1 3 2 2" }), "x");
    expect([fourth.channels, ...fourth.samples]).toEqual([2, ...data]);
    expect((await decodeVolume(file({ NDims: "2", DimSize: "4 3" }), "x")).grid.shape).toEqual([3, 4]);
  });

  it.each<[Record<string, string | undefined>, RegExp]>([
    [{ NDims: "1", DimSize: "12" }, /has 1 axes/],
    [{ NDims: "0" }, /declares 0 axes/],
    [{ NDims: "4", DimSize: "1 3 2 2", ElementNumberOfChannels: "2" }, /has 4 axes \(1 x 3 x 2 x 2\) of 2 channels/],
    [{ DimSize: "2 3" }, /its header says "DimSize: 2 3"; mend it/],
    [{ DimSize: "2 -3 2" }, /declares 2 x -3 x 2/],
    [{ DimSize: "50000 50000 50000" }, /reads up to 2048 MiB/],
    [{ ElementType: "MET_OTHER" }, /its header says "ElementType: MET_OTHER"/],
    [{ ElementType: undefined }, /its header lacks ElementType/],
    [{ BinaryData: "False" }, /has its values as text/],
    [{ CompressedData: "maybe" }, /its header says "CompressedData: maybe"/],
    [{ ElementDataFile: "LIST" }, /has its values in several files \(LIST\)/],
    [{ ElementDataFile: "s%03d.raw 1 9 1" }, /has its values in several files/],
    [{ ElementDataFile: undefined }, /truncated within its header/],
    [{ ...placed, Offset: "nan 0 0" }, /holds NaN or infinite/],
    [{ ...placed, TransformMatrix: "1 0 0 1 0 0 0 0 1" }, /span no volume/],
    [{ ...placed, ElementSpacing: "0 1 1" }, /its spacing is 0 x 1 x 1/],
  ])("and fields %j are refused", async (changes, message) => {
    expect(await refusal(file(changes))).toMatch(message);
  });
});

describe("the place", () => {
  it("has a direction a row, by any of the names", async () => {
    const { TransformMatrix, Offset, ElementSpacing } = placed;
    const grid = makeGrid(
      "test",
      [2, 3, 2],
      [3, 1, 2],
      [
        [0, 1, 0, 10],
        [0, 0, 2, 20],
        [3, 0, 0, 30],
      ],
    );
    for (const names of [
      placed,
      { Rotation: TransformMatrix, Position: Offset, ElementSpacing },
      { Orientation: TransformMatrix, Origin: Offset, ElementSize: ElementSpacing },
    ]) // prettier-ignore
      expect((await decodeVolume(file(names), "x")).grid).toEqual(grid);
  });

  it("is unknown where the file says none, and of pictures", async () => {
    const grid = async (changes: Record<string, string>) => (await decodeVolume(file(changes), "x")).grid;
    expect(await grid({ ElementSpacing: "2 1 3" })).toEqual(makeGrid("test", [2, 3, 2], [3, 1, 2]));
    expect(await grid({})).toEqual(makeGrid("test", [2, 3, 2]));
    const flat = { NDims: "2", DimSize: "4 3", Offset: "1 2", TransformMatrix: "1 0 0 1", ElementSpacing: "0.5 2" };
    expect(await grid(flat)).toEqual(makeGrid("test", [3, 4], [2, 0.5]));
  });
});

describe("files", () => {
  it("with a header of their own are read from its folder alone", async () => {
    const at = (name: string, content: string | Buffer) => put(join(folder, "detached", name), content);
    at("values.raw", data);
    at("values.zraw", deflateSync(data));
    at("long.raw", Buffer.concat([Buffer.from("header"), data]));
    for (const changes of [
      { ElementDataFile: "values.raw" },
      { ElementDataFile: "values.zraw", CompressedData: "True" },
      { ElementDataFile: "long.raw", HeaderSize: "6" },
      { ElementDataFile: "long.raw", HeaderSize: "-1" },
    ]) {
      const path = at("a.mhd", header(changes));
      expect([...(await readVolume(path)).samples]).toEqual([...data]);
      expect((await readHeader(path)).grid.shape).toEqual([2, 3, 2]);
      expect(await imageFiles(path)).toEqual([path, join(folder, "detached", changes.ElementDataFile)]);
    }
    put(join(folder, "secret"), data);
    symlinkSync("../secret", join(folder, "detached", "link"));
    for (const [name, message] of [
      ["../secret", /names \.\.\/secret as its data file; put that beside it/],
      ["/dev/zero", /names \/dev\/zero as its data file/],
      ["link", /link: is a link out of its folder/],
      ["missing", /its data file missing is not beside it/],
    ] as const)
      await expect(readVolume(at("c.mhd", header({ ElementDataFile: name }))), name).rejects.toThrow(message);
  });

  it("cut anywhere are refused", async () => {
    for (const whole of [file(placed), file({ ...placed, CompressedData: "True" }, deflateSync(data))])
      for (let length = 0; length < whole.length; length++)
        expect(await refusal(whole.subarray(0, length))).toMatch(/^x\.mha: /);
  });

  it("that unpack to far more than they declare are given up on", async () => {
    const bomb = file({ CompressedData: "True" }, deflateSync(Buffer.alloc(2 ** 26)));
    expect(await refusal(bomb)).toMatch(/far more data than the 12 bytes/);
  });

  it("with any byte of the header changed are an image or a sentence", async () => {
    const whole = file(placed);
    const damaged = fc.asyncProperty(fc.nat(whole.length - 13), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const image = await decodeVolume(bytes, "x.mha").catch((cause: unknown) => cause);
      if (!(image instanceof Error)) return;
      expect(image).toBeInstanceOf(DataError);
      expect(image.message).toMatch(/^x\.mha: /);
    });
    await fc.assert(damaged, { numRuns: 500 });
  });
});

it("writes a header as ITK does, and channels side by side", async () => {
  const grid = makeGrid("test", [2, 3, 1], null, [
    [0, 0, 0.5, 10],
    [0, -2, 0, 20],
    [3, 0, 0, -30],
  ]);
  const image = { grid, channels: 2, samples: Int16Array.from({ length: 12 }, (_, i) => i) };
  const bytes = await encodeMetaImage(image);
  const [, size] = /CompressedDataSize = (\d+)/.exec(bytes.toString("latin1")) ?? [];
  expect(bytes.toString("latin1", 0, bytes.length - Number(size)).split("\n")).toEqual([
    "ObjectType = Image",
    "NDims = 3",
    "BinaryData = True",
    "BinaryDataByteOrderMSB = False",
    "CompressedData = True",
    `CompressedDataSize = ${size}`,
    "TransformMatrix = 1 0 0 0 -1 0 0 0 1",
    "Offset = 10 20 -30",
    "ElementSpacing = 0.5 2 3",
    "DimSize = 1 3 2",
    "ElementNumberOfChannels = 2",
    "ElementType = MET_SHORT",
    "ElementDataFile = LOCAL",
    "",
  ]);
  expect(await decodeVolume(bytes, "x")).toEqual(image);
  const flat = { grid: makeGrid("test", [3, 4], [2, 1]), channels: 1, samples: Float32Array.from(data) };
  expect(await decodeVolume(await encodeMetaImage(flat), "x")).toEqual(flat);
});
