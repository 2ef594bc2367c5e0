/** Pictures are read as viewers show them: every orientation of every format that can say one. */
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { decodeHeader, decodeImage } from "../../src/data/images/read-image.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { upright } from "../../src/grid/upright.js";
import { chunk, png, put, putDatasetYaml, temporaryFolder } from "./files.js";
import { tiffFile } from "./tiff-file.js";

const folder = temporaryFolder();
let count = 0;

/** The letter F, 3 wide and 5 high: no two of its eight positions are alike. */
const letter = ["###", "#..", "##.", "#..", "#.."];

/** How a file stores the letter for each orientation (JEITA CP-3451, "Orientation"), drawn by hand. */
const storedLetters: readonly string[][] = [
  letter,
  ["###", "..#", ".##", "..#", "..#"],
  ["..#", "..#", ".##", "..#", "###"],
  ["#..", "#..", "##.", "#..", "###"],
  ["#####", "#.#..", "#...."],
  ["#....", "#.#..", "#####"],
  ["....#", "..#.#", "#####"],
  ["#####", "..#.#", "....#"],
];

const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

/** Each pixel drawn as `side` x `side` samples. */
function samplesOf(rows: readonly string[], side = 1): number[] {
  return rows.flatMap((row) =>
    Array.from({ length: side }, () =>
      [...row].flatMap((dot) => Array<number>(side).fill(dot === "#" ? 255 : 0)),
    ).flat(),
  );
}

/** EXIF data that holds the tag alone. */
function exif(orientation: number, motorola = false): Buffer {
  return tiffFile(1, 1, [0], { motorola, tags: { 274: ["short", [orientation]] } });
}

const rowsOf = (samples: ArrayLike<number>, width: number) =>
  Array.from({ length: samples.length / width }, (_, y) =>
    Array.from({ length: width }, (_, x) => (samples[y * width + x] > 127 ? "#" : ".")).join(""),
  );

/** The picture that a file of `side` samples a pixel decodes to, and the shape that its header says. */
async function shown(bytes: Buffer, side = 1) {
  const { grid, samples, channels } = await decodeImage(bytes, "x", "indices");
  expect((await decodeHeader(bytes, "x")).grid).toEqual(grid);
  const [height, width] = grid.shape;
  const plane = samples.subarray(0, samples.length / channels);
  return rowsOf(plane, width)
    .filter((_, y) => y % side === 0)
    .map((row) => [...row].filter((_, x) => x % side === 0).join(""))
    .slice(0, height / side);
}

function withChunk(file: Buffer, type: string, content: Buffer, last = false): Buffer {
  const at = last ? file.length - 12 : 33;
  return Buffer.concat([file.subarray(0, at), chunk(type, content), file.subarray(at)]);
}

/** A JPEG with a segment of EXIF behind its first marker. */
async function jpeg(rows: readonly string[], side: number, segment: Buffer): Promise<Buffer> {
  const raw = { width: rows[0].length * side, height: rows.length * side, channels: 1 as const };
  const plain = await sharp(Uint8Array.from(samplesOf(rows, side)), { raw })
    .toColourspace("b-w")
    .jpeg({ quality: 100 })
    .toBuffer();
  const content = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), segment]);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(content.length + 2);
  return Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, content, plain.subarray(2)]);
}

describe.each(orientations)("orientation %i", (orientation) => {
  const rows = storedLetters[orientation - 1];
  const [width, height] = [rows[0].length, rows.length];
  const tags = { 274: ["short", [orientation]] } as const;

  it("of a JPEG", async () => {
    for (const motorola of [false, true])
      expect(await shown(await jpeg(rows, 8, exif(orientation, motorola)), 8)).toEqual(letter);
  });

  it("of a PNG, before and behind the picture, with and without a mark", async () => {
    const plain = png(width, height, samplesOf(rows));
    expect(await shown(withChunk(plain, "eXIf", exif(orientation)))).toEqual(letter);
    expect(await shown(withChunk(plain, "eXIf", exif(orientation, true), true))).toEqual(letter);
    const marked = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exif(orientation)]);
    expect(await shown(withChunk(plain, "eXIf", marked))).toEqual(letter);
  });

  it("of a WebP", async () => {
    const raw = { width, height, channels: 1 as const };
    const file = await sharp(Uint8Array.from(samplesOf(rows)), { raw })
      .withMetadata({ orientation })
      .webp({ lossless: true })
      .toBuffer();
    expect(await shown(file)).toEqual(letter);
  });

  it("of a TIFF of 8 and 16 bits in both byte orders, and of 64-bit places", async () => {
    for (const motorola of [false, true])
      for (const big of [false, true]) {
        expect(await shown(tiffFile(width, height, samplesOf(rows), { motorola, big, tags }))).toEqual(letter);
        const wide = samplesOf(rows).map((sample) => 200 * sample);
        expect(await shown(tiffFile(width, height, wide, { motorola, big, tags, bits: 16 }))).toEqual(letter);
      }
  });

  it("of palette numbers, colours and alpha", async () => {
    const numbers = samplesOf(rows).map((sample) => (sample > 0 ? 1 : 0));
    const palette = [
      [255, 0, 0],
      [0, 0, 255],
    ];
    const indexed = withChunk(png(width, height, numbers, { kind: "palette", palette }), "eXIf", exif(orientation));
    const mask = await decodeImage(indexed, "x", "indices");
    expect(
      rowsOf(
        [...mask.samples].map((number) => 255 * number),
        3,
      ),
    ).toEqual(letter);
    const rgba = numbers.flatMap((number) => [10, 20 + number, 30, 255 * number]);
    const picture = await decodeImage(
      withChunk(png(width, height, rgba, { kind: "rgba" }), "eXIf", exif(orientation)),
      "x",
    );
    const green = [...picture.samples].slice(15, 30);
    expect(
      rowsOf(
        green.map((sample) => 255 * (sample - 20)),
        3,
      ),
    ).toEqual(letter);
    expect(rowsOf(picture.alpha ?? [], 3)).toEqual(letter);
  });
});

it("leaves pictures without a tag, or with a value that means nothing, as they are", async () => {
  const plain = png(3, 5, samplesOf(letter));
  expect(await shown(plain)).toEqual(letter);
  for (const value of [0, 9, 65535]) expect(await shown(withChunk(plain, "eXIf", exif(value)))).toEqual(letter);
  for (const damage of [Buffer.alloc(0), Buffer.from("II*\0"), exif(6).subarray(0, 12), Buffer.alloc(40, 0xff)])
    expect(await shown(withChunk(plain, "eXIf", damage))).toEqual(letter);
});

describe("a data set of turned files", () => {
  const upright = Array.from({ length: 12 * 20 }, (_, i) => (i * 7) % 251);
  const drawn = upright.map((_, i) => (i % 12 < 5 && i > 60 && i < 140 ? 1 : 0));
  /** As a file of orientation 8 stores it: the first stored row is the left-hand column from below. */
  const lying = (samples: readonly number[]) =>
    Array.from({ length: samples.length }, (_, i) => samples[(19 - (i % 20)) * 12 + Math.floor(i / 20)]);
  const turnedFile = (samples: readonly number[]) => withChunk(png(20, 12, lying(samples)), "eXIf", exif(8));

  function setOf(image: Buffer, mask: Buffer) {
    const root = join(folder, `set${count++}`);
    put(join(root, "images/x.png"), image);
    put(join(root, "masks/x.png"), mask);
    const train = { images: "images/{id}.png", masks: "masks/{id}.png" };
    return { root, dataset: loadDataset(putDatasetYaml(root, { domains: [{ name: "a", train }] })) };
  }

  it("pairs image and mask as both are shown, whichever of them is turned", async () => {
    const decoded = async (image: Buffer, mask: Buffer) => {
      const { dataset } = setOf(image, mask);
      return decodeCase(dataset, dataset.domains[0].cases("train")[0], 16);
    };
    const [image, mask] = [png(12, 20, upright), png(12, 20, drawn)];
    const straight = await decoded(image, mask);
    expect(await decoded(turnedFile(upright), mask)).toEqual(straight);
    expect(await decoded(image, turnedFile(drawn))).toEqual(straight);
    expect(await decoded(turnedFile(upright), turnedFile(drawn))).toEqual(straight);
  });

  it("says so where a mask was drawn on the picture as it is stored", async () => {
    const { dataset } = setOf(turnedFile(upright), png(20, 12, lying(drawn)));
    const [{ message }] = (await checkDataset(dataset)).problems;
    expect(message).toMatch(
      /the mask is 20 x 12 pixels, but its image .* is 12 x 20; .*, or turn it \(files that carry/,
    );
  });

  it("is told by inspect", async () => {
    const { root } = setOf(turnedFile(upright), png(12, 20, drawn));
    const { guesses, splits } = await inspectFolder(root);
    expect(guesses.join("\n")).toMatch(
      /1 image of those looked at carries an orientation, as .*x\.png: they are read as they are/,
    );
    expect(splits[0].sizes).toBe("12 x 20");
  });
});

it("turns every plane by itself", () => {
  const planes = Uint16Array.from([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
  expect([...upright(planes, [2, 3], 6)]).toEqual([4, 1, 5, 2, 6, 3, 40, 10, 50, 20, 60, 30]);
  expect([...upright(planes, [2, 3], 3)]).toEqual([6, 5, 4, 3, 2, 1, 60, 50, 40, 30, 20, 10]);
});
