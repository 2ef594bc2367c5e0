/** NRRD: headers of every kind, the segments of 3D Slicer, and a sentence for what is not read. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { segmentsOf } from "../../../src/data/formats/text/nrrd.js";
import { encodeNrrd } from "../../../src/data/formats/text/nrrd-writer.js";
import { decodeHeader, decodeVolume, imageFiles, readHeader, readVolume } from "../../../src/data/images/read-image.js";
import { makeGrid } from "../../../src/grid/grid.js";
import { sampleType } from "../../../src/grid/stored-image.js";
import { put, temporaryFolder } from "../files.js";

const folder = temporaryFolder();

/** The usual fields of a small volume; `changes` replace or, with undefined, drop them. */
function header(changes: Record<string, string | undefined> = {}, keys: Record<string, string> = {}): string {
  const fields = { type: "uchar", dimension: "3", sizes: "2 3 2", encoding: "raw", ...changes };
  const lines = Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]));
  const pairs = Object.entries(keys).map(([name, text]) => `${name}:=${text}`);
  return `NRRD0005\n${[...lines, ...pairs].join("\n")}\n\n`;
}

const data = Buffer.from(Array.from({ length: 12 }, (_, i) => i + 1));
const file = (changes?: Record<string, string | undefined>, values: Buffer = data) =>
  Buffer.concat([Buffer.from(header(changes)), values]);
const placed = { space: "RAS", "space directions": "(0,2,0) (1,0,0) (0,0,3)", "space origin": "(10,20,30)" };

async function refusal(bytes: Uint8Array, name = "x.nrrd"): Promise<string> {
  const error = await decodeVolume(bytes, name).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe("values", () => {
  const each: [string, string, Buffer, string, number[]][] = [
    ["signed char", "little", Buffer.from([255, 1]), "int8", [-1, 1]],
    ["uint8_t", "little", Buffer.from([255, 1]), "uint8", [255, 1]],
    ["short int", "big", Buffer.from([255, 254, 0, 1]), "int16", [-2, 1]],
    ["unsigned short", "little", Buffer.from([255, 254, 0, 1]), "uint16", [65279, 256]],
    ["int", "big", Buffer.from([255, 255, 255, 0, 0, 0, 0, 7]), "int32", [-256, 7]],
    ["uint", "little", Buffer.from([0, 0, 0, 128, 7, 0, 0, 0]), "uint32", [2 ** 31, 7]],
    ["long long", "big", Buffer.from(BigInt64Array.of(-5n, 9n).buffer).swap64(), "float64", [-5, 9]],
    ["uint64", "little", Buffer.from(BigInt64Array.of(2n ** 40n, 9n).buffer), "float64", [2 ** 40, 9]],
    ["float", "big", Buffer.from(Float32Array.of(0.5, -3).buffer).swap32(), "float32", [0.5, -3]],
    ["double", "little", Buffer.from(Float64Array.of(0.1, -3).buffer), "float64", [0.1, -3]],
  ];
  it.each(each)("of type %s, %s-endian", async (type, endian, values, wanted, numbers) => {
    for (const [encoding, bytes] of [
      ["raw", values],
      ["gzip", gzipSync(values)],
      ["gz", gzipSync(values)],
    ] as const) {
      const whole = file({ type, sizes: "2 1 1", endian, encoding }, bytes);
      const image = await decodeVolume(whole, "x");
      expect([sampleType(image.samples), ...image.samples]).toEqual([wanted, ...numbers]);
      expect((await decodeHeader(whole, "x")).sampleType).toBe(wanted);
    }
  });

  it("begin after the lines and bytes that the header skips", async () => {
    const skipped = Buffer.concat([Buffer.from("a line\nanother\nxyz"), data]);
    for (const changes of [{ "line skip": "2", "byte skip": "3" }, { "byte skip": "-1" }])
      expect([...(await decodeVolume(file(changes, skipped), "x")).samples]).toEqual([...data]);
    const packed = Buffer.concat([Buffer.from("a line\n"), gzipSync(Buffer.concat([Buffer.from("xyz"), data]))]);
    const changes = { encoding: "gzip", "line skip": "1", "byte skip": "3" };
    expect([...(await decodeVolume(file(changes, packed), "x")).samples]).toEqual([...data]);
    expect(await refusal(file({ "line skip": "50" }, data))).toMatch(/has fewer than the 50 lines/);
  });
});

describe("axes", () => {
  it("without a direction or of another kind are channels, side by side or as planes", async () => {
    const sideBySide = [1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12];
    for (const [changes, samples, shape] of [
      [{ sizes: "2 3 2", kinds: "RGB-color domain domain" }, sideBySide, [2, 3]],
      [{ dimension: "4", sizes: "2 1 3 2", kinds: "vector domain domain domain" }, sideBySide, [2, 3, 1]],
      [{ dimension: "4", sizes: "1 3 2 2", kinds: "domain domain domain list" }, [...data], [2, 3, 1]],
      [
        { ...placed, dimension: "4", sizes: "2 1 3 2", "space directions": "none (1,0,0) (0,1,0) (0,0,1)" },
        sideBySide,
        [2, 3, 1],
      ],
    ] as const) {
      const image = await decodeVolume(file(changes), "x");
      expect([image.channels, ...image.samples]).toEqual([2, ...samples]);
      expect(image.grid.shape).toEqual(shape);
    }
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ dimension: "4", sizes: "2 3 2 1" }, /has 0 axes in space and 3 others \(2 x 3 x 2 x 1\)/],
    [{ dimension: "4", sizes: "1 2 3 2", kinds: "domain list domain domain" }, /has 3 axes in space and 1 others/],
    [{ kinds: "complex domain domain" }, /holds complex numbers/],
    [{ dimension: "1", sizes: "12" }, /declares 1 axes/],
    [{ sizes: "2 -3 2" }, /declares 2 x -3 x 2 voxels/],
    [{ sizes: "2 3.5 2" }, /declares 2 x 3.5 x 2 voxels/],
    [{ sizes: "60000 60000 60000" }, /reads up to 2048 MiB/],
    [{ sizes: "2 3" }, /its header says "sizes: 2 3"; mend it/],
    [{ sizes: "2 3 two" }, /its header says "sizes: 2 3 two"; mend it/],
    [{ type: "block" }, /its header says "type: block"/],
    [{ encoding: "bzip2" }, /its header says "encoding: bzip2"/],
    [{ type: "short", endian: "middle" }, /says "endian: middle"/],
    [{ type: "short" }, /its header lacks "endian"/],
    [{ ...placed, "space directions": "(1,0,0) (0,1,0)" }, /gives 2 space directions for 3 axes/],
    [{ ...placed, "space directions": "(nan,0,0) (0,1,0) (0,0,1)" }, /holds NaN or infinite/],
    [{ ...placed, "space directions": "(1,0,0) (1,0,0) (0,0,1)" }, /span no volume/],
    [{ ...placed, "space origin": "(1,2)" }, /directions or an origin of/],
    [{ "data file": "LIST" }, /has its values in several files/],
    [{ "data file": "slice%03d.raw 1 9 1" }, /has its values in several files/],
  ])("and fields %j are refused", async (changes, message) => {
    expect(await refusal(file(changes))).toMatch(message);
  });
});

describe("the place", () => {
  const grid = async (changes: Record<string, string>) => (await decodeVolume(file(changes), "x")).grid;

  it("is in LPS, from each of the patient's spaces by either name", async () => {
    for (const [names, x, y] of [
      [["RAS", "right-anterior-superior", "right-anterior-superior-time", "RAST"], -1, -1],
      [["LAS", "left-anterior-superior", "LAST", "left-anterior-superior-time"], 1, -1],
      [["LPS", "left-posterior-superior", "LPST", "Left-Posterior-Superior-Time"], 1, 1],
    ] as const)
      for (const space of names) {
        const time = /t(?:ime)?$/i.test(space) ? ",0" : "";
        const vectors = ["0,2,0", "1,0,0", "0,0,3"].map((one) => `(${one}${time})`).join(" ");
        const changes = { space, "space directions": vectors, "space origin": `(10,20,30${time})` };
        expect(await grid(changes), space).toEqual(
          makeGrid(
            "test",
            [2, 3, 2],
            [3, 1, 2],
            [
              [0, x, 0, 10 * x],
              [0, 0, 2 * y, 20 * y],
              [3, 0, 0, 30],
            ],
          ),
        );
      }
  });

  it("is in millimetres, and unknown in spaces that are not the patient's", async () => {
    expect((await grid({ ...placed, "space units": '"um" "um" "um"' })).spacing?.[0]).toBeCloseTo(0.003, 12);
    const unknown = makeGrid("test", [2, 3, 2], [3, 1, 2]);
    expect(await grid({ ...placed, space: "scanner-xyz" })).toEqual(unknown);
    const { space, ...rest } = placed;
    expect(await grid({ ...rest, "space dimension": "3" })).toEqual(unknown);
    expect(await grid({ spacings: "2 1 3" })).toEqual(unknown);
    expect(await grid({ spacings: "nan 1 3" })).toEqual(makeGrid("test", [2, 3, 2]));
    expect(space).toBe("RAS");
  });
});

describe("files", () => {
  it("with a header of their own are read from its folder alone", async () => {
    const at = (name: string, content: string | Buffer) => put(join(folder, "detached", name), content);
    at("values.raw", data);
    at("values.raw.gz", gzipSync(data));
    const plain = at("a.nhdr", header({ "data file": "values.raw" }));
    const packed = at("b.nhdr", header({ encoding: "gzip", datafile: "values.raw.gz" }).trimEnd());
    expect(await imageFiles(packed)).toEqual([packed, join(folder, "detached", "values.raw.gz")]);
    for (const path of [plain, packed]) {
      expect([...(await readVolume(path)).samples]).toEqual([...data]);
      expect((await readHeader(path)).grid.shape).toEqual([2, 3, 2]);
    }
    put(join(folder, "secret"), data);
    symlinkSync(join(folder, "secret"), join(folder, "detached", "link"));
    mkdirSync(join(folder, "detached", "folder"));
    for (const [name, message] of [
      ["../secret", /names \.\.\/secret as its data file; put that beside it/],
      ["/etc/passwd", /names \/etc\/passwd as its data file/],
      ["..\\secret", /as its data file/],
      ["..", /as its data file/],
      [".", /as its data file/],
      ["link", /link: is a link out of its folder/],
      ["missing", /its data file missing is not beside it/],
      ["folder", /folder: cannot be read: it is a folder/],
    ] as const)
      await expect(readVolume(at("c.nhdr", header({ "data file": name }))), name).rejects.toThrow(message);
  });

  it("with Windows' line ends are read", async () => {
    const text = header(placed).replaceAll("\n", "\r\n");
    expect((await decodeVolume(Buffer.concat([Buffer.from(text), data]), "x")).grid.spacing).toEqual([3, 1, 2]);
  });

  it("cut anywhere are refused", async () => {
    for (const whole of [file(placed), file({ ...placed, encoding: "gzip" }, gzipSync(data))])
      for (let length = 0; length < whole.length; length++)
        expect(await refusal(whole.subarray(0, length))).toMatch(/^x\.nrrd: /);
  });

  it("that unpack to far more than they declare are given up on", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 26));
    expect(await refusal(file({ encoding: "gzip" }, bomb))).toMatch(/far more data than the 12 bytes/);
    expect(await refusal(file({ encoding: "gzip", sizes: "1000 1000 1000" }, gzipSync(data)))).toMatch(/is cut off/);
    expect(await refusal(file({ encoding: "gzip", "byte skip": "999999999" }, bomb))).toMatch(
      /begin at byte 999999999/,
    );
  });

  it("with any byte of the header changed are an image or a sentence", async () => {
    const whole = file(placed);
    const damaged = fc.asyncProperty(fc.nat(whole.length - 13), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const image = await decodeVolume(bytes, "x.nrrd").catch((cause: unknown) => cause);
      if (!(image instanceof Error)) return;
      expect(image).toBeInstanceOf(DataError);
      expect(image.message).toMatch(/^x\.nrrd: /);
    });
    await fc.assert(damaged, { numRuns: 500 });
  });
});

describe("segments", () => {
  it("have the names, numbers and colours that Slicer gives them", () => {
    const keys = {
      Segment0_ID: "Segment_1",
      Segment0_Name: "Läsion \\\\ left\\nside",
      Segment0_LabelValue: "3",
      Segment0_Layer: "1",
      Segment0_Color: "0.5 1 0",
      Segment1_ID: "Segment_2",
    };
    expect(segmentsOf(Buffer.from(header({}, keys)), "x")).toEqual([
      { name: "Läsion \\ left\nside", value: 3, layer: 1, colour: [128, 255, 0] },
      { name: "1", value: 2, layer: 0, colour: [255, 255, 255] },
    ]);
    expect(segmentsOf(file(), "x")).toEqual([]);
    const wrong = { Segment0_ID: "a", Segment0_LabelValue: "many" };
    expect(() => segmentsOf(Buffer.from(header({}, wrong)), "x")).toThrow(
      /^x: its header says "Segment0_LabelValue: many"/,
    );
  });

  it("are written as they are read, whatever their names", async () => {
    const grid = makeGrid("test", [2, 3, 2], [3, 1, 2]);
    const names = fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 5 }), async (texts) => {
      const segments = texts.map((text, i) => ({
        // Line ends of every kind are written as one kind.
        name: text.replaceAll(/\r\n?/g, "\n"),
        value: i + 1,
        layer: 0,
        colour: [i, 128, 255] as const,
      }));
      const bytes = await encodeNrrd({ grid, channels: 1, samples: Uint8Array.from(data) }, segments);
      expect(segmentsOf(bytes, "x")).toEqual(segments);
      expect(await decodeVolume(bytes, "x")).toEqual({ grid, channels: 1, samples: Uint8Array.from(data) });
    });
    await fc.assert(names, { numRuns: 50, examples: [[["\u2028"]]] });
  });
});

it("writes a header that says where the axes lie, and channels as the last axis", async () => {
  const grid = makeGrid("test", [2, 3, 2], null, [
    [0, 0, 0.1, 10],
    [0, 1 / 3, 0, 20],
    [3, 0, 0, -30],
  ]);
  const bytes = await encodeNrrd({ grid, channels: 2, samples: new Int16Array(24).fill(-7) });
  expect(bytes.toString("latin1").split("\n\n")[0].split("\n")).toEqual([
    "NRRD0004",
    "type: short",
    "dimension: 4",
    "sizes: 2 3 2 2",
    "space: left-posterior-superior",
    "space directions: (0.1,0,0) (0,0.3333333333333333,0) (0,0,3) none",
    "space origin: (10,20,-30)",
    "kinds: domain domain domain list",
    "endian: little",
    "encoding: gzip",
  ]);
  expect(await decodeVolume(bytes, "x")).toEqual({ grid, channels: 2, samples: new Int16Array(24).fill(-7) });
  const flat = { grid: makeGrid("test", [3, 4]), channels: 1, samples: Float32Array.from(data) };
  expect(await decodeVolume(await encodeNrrd(flat), "x")).toEqual(flat);
});
