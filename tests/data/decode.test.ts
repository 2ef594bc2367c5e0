/** decodeCase: images and labels as arrays, every label rule, and the errors that name the file. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { ignoredLabel } from "../../src/core/target-kind.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;

/** Decodes the only case of a set made of one image and one mask, at a size of 8 unless said otherwise. */
async function decodeOne(image: Buffer, mask: Buffer | undefined, changes: Record<string, unknown> = {}) {
  const folder = join(base, `set${count++}`);
  put(join(folder, "images/x.png"), image);
  if (mask) put(join(folder, "masks/x.png"), mask);
  const train = { images: "images/{id}.png", ...(mask ? { masks: "masks/{id}.png" } : {}) };
  const resize = { size: 8 };
  const dataset = loadDataset(putDatasetYaml(folder, { resize, domains: [{ name: "a", train }], ...changes }));
  return decodeCase(dataset, dataset.domains[0].cases("train")[0]);
}

const square = (values: number[], length = 64) => Array.from({ length }, (_, i) => values[i % values.length]);
const grey = png(8, 8, square([0, 50, 100, 255]));
const rgbMask = (colours: number[][]) =>
  png(8, 8, Array.from({ length: 64 }, (_, i) => colours[i % colours.length]).flat(), { kind: "rgb" });
const softmax = (...names: string[]) => names.map((name, index) => ({ index, name }));
const nested = {
  target: "sigmoid",
  classes: [
    { index: 0, name: "cup", inside: "disc" },
    { index: 1, name: "disc" },
  ],
};

describe("decodeCase", () => {
  it("gives planes of bytes and class numbers at the stored size", async () => {
    const one = await decodeOne(grey, png(8, 8, square([0, 1])));
    const grid = { shape: [8, 8], spacing: null, toWorld: null };
    expect(one).toMatchObject({ channels: 1, stored: grid, working: grid });
    expect(Array.from(one.image)).toEqual(square([0, 50, 100, 255]));
    expect(Array.from(one.label ?? [])).toEqual(square([0, 1]));
  });

  it("has no label where there is no mask", async () => {
    expect(await decodeOne(grey, undefined)).not.toHaveProperty("label");
  });

  it("makes grey files RGB and RGB files grey as the set asks", async () => {
    const three = await decodeOne(grey, undefined, { channels: 3 });
    expect(Array.from(three.image)).toEqual([0, 1, 2].flatMap(() => square([0, 50, 100, 255])));
    const one = await decodeOne(rgbMask([[255, 0, 0]]), undefined);
    expect(Array.from(one.image)).toEqual(square([76]));
  });

  it("puts RGB into planes", async () => {
    const one = await decodeOne(rgbMask([[1, 2, 3]]), undefined, { channels: 3 });
    expect(Array.from(one.image)).toEqual([1, 2, 3].flatMap((value) => square([value])));
  });

  it("maps 16 bits by the intensity rule and refuses to guess one", async () => {
    const wide = png(8, 8, square([0, 1000, 2000, 40000]), { bits: 16 });
    const one = await decodeOne(wide, undefined, { intensity: { low: 1000, high: 3000 } });
    expect(Array.from(one.image)).toEqual(square([0, 0, 128, 255]));
    await expect(decodeOne(wide, undefined)).rejects.toThrow(
      /x\.png: has 16 bits a sample; add intensity: \{low, high\}/,
    );
  });

  it("leaves 8-bit images as they are beside 16-bit ones", async () => {
    const one = await decodeOne(grey, undefined, { intensity: { low: 1000, high: 3000 } });
    expect(Array.from(one.image)).toEqual(square([0, 50, 100, 255]));
  });

  it("says how far apart pixels lie, as stored and at the size worked at", async () => {
    const wide = png(16, 8, Array(128).fill(0));
    const { stored, working } = await decodeOne(wide, undefined, { spacing: [2, 0.5] });
    expect([stored.spacing, working.spacing]).toEqual([
      [2, 0.5],
      [2, 1],
    ]);
  });

  it("resizes labels by the nearest pixel to the square asked for", async () => {
    const wide = png(
      16,
      8,
      Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? 0 : 1)),
    );
    const one = await decodeOne(wide, wide);
    expect([one.stored.shape, one.working.shape]).toEqual([
      [8, 16],
      [8, 8],
    ]);
    expect(Array.from(one.label ?? [])).toEqual(square([0, 0, 0, 0, 1, 1, 1, 1]));
  });
});

describe("label rules", () => {
  it("values: 16-bit values, palette numbers and grey saved as RGB or RGBA", async () => {
    const labels = { kind: "values", map: { 0: "background", 300: "disc" } };
    const wide = await decodeOne(grey, png(8, 8, square([0, 300]), { bits: 16 }), { labels });
    expect(Array.from(wide.label ?? [])).toEqual(square([0, 1]));
    const palette = [
      [0, 0, 0],
      [200, 30, 30],
    ];
    const indexed = await decodeOne(grey, png(8, 8, square([1, 0]), { kind: "palette", palette }));
    expect(Array.from(indexed.label ?? [])).toEqual(square([1, 0]));
    const asRgb = [
      [0, 0, 0],
      [1, 1, 1],
    ];
    const rgb = await decodeOne(grey, rgbMask(asRgb));
    expect(Array.from(rgb.label ?? [])).toEqual(square([0, 1]));
    const rgba = png(8, 8, square([0, 0, 0, 255, 1, 1, 1, 255], 256), { kind: "rgba" });
    expect(Array.from((await decodeOne(grey, rgba)).label ?? [])).toEqual(square([0, 1]));
  });

  it("values with overlapping classes bring the outer class along", async () => {
    const labels = { kind: "values", map: { 0: "cup", 128: "disc", 255: "background" } };
    const one = await decodeOne(grey, png(8, 8, square([0, 128, 255, 255])), { ...nested, labels });
    expect(Array.from(one.label ?? [])).toEqual([...square([1, 0, 0, 0]), ...square([1, 1, 0, 0])]);
  });

  it("thresholds, on grey and on the luma of colours", async () => {
    const labels = { kind: "thresholds", classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } };
    const mask = rgbMask([
      [0, 0, 0],
      [128, 128, 128],
      [129, 129, 129],
      [255, 255, 255],
    ]);
    const one = await decodeOne(grey, mask, { ...nested, labels });
    expect(Array.from(one.label ?? [])).toEqual([...square([1, 0, 0, 0]), ...square([1, 1, 0, 0])]);
  });

  it("colours, also from a palette", async () => {
    const classes = softmax("background", "red part", "blue part");
    const labels = { kind: "colours", map: { "#000000": "background", "#ff0000": "red part", "#0000FF": "blue part" } };
    const palette = [
      [0, 0, 255],
      [255, 0, 0],
      [0, 0, 0],
    ];
    const mask = png(8, 8, square([2, 1, 0, 2]), { kind: "palette", palette });
    const one = await decodeOne(grey, mask, { classes, labels });
    expect(Array.from(one.label ?? [])).toEqual(square([0, 1, 2, 0]));
  });

  it("channels: the later class wins where several hold", async () => {
    const classes = softmax("background", "LV", "MYO", "RV");
    const labels = { kind: "channels", classes: { red: "LV", green: "MYO", blue: "RV" } };
    const mask = rgbMask([
      [255, 0, 0],
      [255, 255, 0],
      [255, 255, 255],
      [254, 254, 254],
    ]);
    const one = await decodeOne(grey, mask, { classes, labels });
    expect(Array.from(one.label ?? [])).toEqual(square([1, 2, 3, 0]));
  });
});

describe("pixels that nobody labelled", () => {
  const map = { 0: "background", 1: "disc" };

  it("are no class, whichever of the ignored values they have", async () => {
    const mask = png(8, 8, square([0, 1, 254, 255]));
    const one = await decodeOne(grey, mask, { labels: { kind: "values", map, ignore: [255, 254] } });
    expect(Array.from(one.label ?? [])).toEqual(square([0, 1, ignoredLabel, ignoredLabel]));
    const alone = await decodeOne(grey, png(8, 8, square([0, 255])), { labels: { kind: "values", map, ignore: 255 } });
    expect(Array.from(alone.label ?? [])).toEqual(square([0, ignoredLabel]));
  });

  it("are so in every plane of overlapping classes", async () => {
    const labels = { kind: "values", map: { 0: "background", 1: "disc", 2: "cup" }, ignore: 9 };
    const one = await decodeOne(grey, png(8, 8, square([0, 1, 2, 9])), { ...nested, labels });
    expect(Array.from(one.label ?? [])).toEqual([
      ...square([0, 0, 1, ignoredLabel]),
      ...square([0, 1, 1, ignoredLabel]),
    ]);
  });

  it("are ranges of grey where labels are, whatever class these are in", async () => {
    const mask = png(8, 8, square([0, 99, 100, 150, 151, 255]));
    const classes = { disc: { atLeast: 100 } };
    const decode = async (ignore: unknown) => {
      const one = await decodeOne(grey, mask, { labels: { kind: "thresholds", classes, ignore } });
      return Array.from(one.label ?? []);
    };
    expect(await decode({ atLeast: 100, atMost: 150 })).toEqual(square([0, 0, ignoredLabel, ignoredLabel, 1, 1]));
    const outer = [{ atMost: 0 }, { atLeast: 255 }];
    expect(await decode(outer)).toEqual(square([ignoredLabel, 0, 1, 1, 1, ignoredLabel]));
    await expect(decode({})).rejects.toThrow(/labels\.ignore/);
  });

  it("are colours where labels are", async () => {
    const labels = { kind: "colours", map: { "#000000": "background", "#ff0000": "disc" }, ignore: "#E0E0C0" };
    const mask = rgbMask([
      [0, 0, 0],
      [255, 0, 0],
      [224, 224, 192],
    ]);
    const one = await decodeOne(grey, mask, { labels });
    expect(Array.from(one.label ?? [])).toEqual(square([0, 1, ignoredLabel]));
  });

  it("stay what they are when masks are resized", async () => {
    const wide = png(
      16,
      8,
      Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? 1 : 255)),
    );
    const one = await decodeOne(wide, wide, { labels: { kind: "values", map, ignore: 255 } });
    expect(Array.from(one.label ?? [])).toEqual(square([1, 1, 1, 1, ...Array(4).fill(ignoredLabel)]));
  });
});

describe("errors", () => {
  async function failure(mask: Buffer, changes: Record<string, unknown> = {}): Promise<string> {
    const error = await decodeOne(grey, mask, changes).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }

  it("names an unknown label value with its place", async () => {
    const values = square([0]);
    values[19] = 7;
    expect(await failure(png(8, 8, values))).toMatch(
      /masks\/x\.png: unknown label value 7 \(known: 0, 1\) at row 2, column 3; add it to labels in dataset\.yaml/,
    );
    const labels = { kind: "values", map: { 0: "background", 1: "disc" }, ignore: 255 };
    expect(await failure(png(8, 8, values), { labels })).toMatch(/unknown label value 7 \(known: 0, 1, 255\)/);
  });

  it("names an unknown colour, a colour mask where values are expected, and 16-bit colours", async () => {
    const classes = softmax("background", "disc");
    const labels = { kind: "colours", map: { "#000000": "background" } };
    const green = rgbMask([[0, 255, 0]]);
    expect(await failure(green, { classes, labels })).toMatch(
      /unknown label colour #00ff00 \(known: #000000\) at row 0/,
    );
    expect(await failure(green)).toMatch(/is a colour image, but labels\.kind is values; use kind: colours/);
    const wide = png(8, 8, square([0]), { bits: 16 });
    expect(await failure(wide, { classes, labels })).toMatch(/has 16 bits a sample, but colour labels need 8/);
  });

  it("names a mask of another size and a corrupt mask", async () => {
    expect(await failure(png(9, 8, Array(72).fill(0)))).toMatch(
      /masks\/x\.png: the mask is 9 x 8 pixels, but its image .*images\/x\.png is 8 x 8; pair it/,
    );
    expect(await failure(png(8, 8, square([0])).subarray(0, 50))).toMatch(
      /masks\/x\.png: the PNG is truncated or corrupt/,
    );
  });
});
