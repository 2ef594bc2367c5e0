/** checkDataset: a clean set has no problems; each kind of damage is named and stops nothing else. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { png, put, putDatasetYaml, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;

const picture = (seed: number, size = 16) =>
  png(
    size,
    size,
    Array.from({ length: size * size }, (_, i) => (i * 7 + seed * 13) % 251),
  );

/** A mask of 16 x 16 whose foreground begins at `first` and is `length` pixels long. */
const maskOf = (first: number, length = 40, value = 1) =>
  png(
    16,
    16,
    Array.from({ length: 256 }, (_, i) => (i >= first && i < first + length ? value : 0)),
  );

type Files = Record<string, Buffer>;

const clean = (): Files => ({
  "train/images/a.png": picture(1),
  "train/masks/a.png": maskOf(10),
  "train/images/b.png": picture(2),
  "train/masks/b.png": maskOf(30),
  "test/images/c.png": picture(3),
  "test/masks/c.png": maskOf(50),
});

/** Checks a set of one domain made of these files. */
async function check(files: Files, changes: Record<string, unknown> = {}) {
  const folder = join(base, `set${count++}`);
  for (const [name, bytes] of Object.entries(files)) put(join(folder, name), bytes);
  const split = (name: string) => ({ images: `${name}/images/{id}.png`, masks: `${name}/masks/{id}.png` });
  const domains = [{ name: "eye", train: split("train"), test: split("test") }];
  const report = await checkDataset(loadDataset(putDatasetYaml(folder, { domains, ...changes })));
  return { ...report, found: report.problems.map((one) => `${one.severity}: ${one.message.replaceAll(folder, "")}`) };
}

describe("checkDataset", () => {
  it("finds nothing wrong with a clean set and counts what is in it", async () => {
    const progress: number[] = [];
    const folder = join(base, "clean");
    for (const [name, bytes] of Object.entries(clean())) put(join(folder, name), bytes);
    const train = { images: "train/images/{id}.png", masks: "train/masks/{id}.png" };
    const yaml = putDatasetYaml(folder, { domains: [{ name: "eye", train }] });
    const report = await checkDataset(loadDataset(yaml), (done) => progress.push(done));
    expect(report.problems).toEqual([]);
    expect(progress).toEqual([1, 2]);
    expect(report.parts).toEqual(["disc"]);
    expect(report.splits).toEqual([
      {
        domain: "eye",
        split: "train",
        cases: 2,
        subjects: 2,
        masks: 2,
        sizes: "16 x 16",
        emptyMasks: 0,
        nearlyEmptyMasks: 0,
        partShares: [40 / 256],
      },
    ]);
  });

  it("counts among the pixels that somebody labelled", async () => {
    const ring = Array.from({ length: 256 }, (_, i) => (i < 56 ? 255 : i < 106 ? 1 : 0));
    const labels = { kind: "values", map: { 0: "background", 1: "disc" }, ignore: 255 };
    const { splits, found } = await check({ ...clean(), "test/masks/c.png": png(16, 16, ring) }, { labels });
    expect(found).toEqual([]);
    expect(splits[1]).toMatchObject({ emptyMasks: 0, partShares: [50 / 200] });
    const nobody = png(16, 16, Array(256).fill(255));
    const unlabelled = await check({ ...clean(), "test/masks/c.png": nobody }, { labels });
    expect(unlabelled.splits[1]).toMatchObject({ emptyMasks: 1, partShares: [0] });
  });

  it("names truncated files, wrong sizes and unknown values, and goes on", async () => {
    const { found, splits } = await check({
      ...clean(),
      "train/images/a.png": picture(1).subarray(0, 60),
      "train/masks/b.png": maskOf(30, 40, 9),
      "test/masks/c.png": png(8, 8, Array(64).fill(0)),
      "train/images/d.png": picture(4),
      "train/masks/d.png": maskOf(60),
    });
    expect(found).toEqual([
      "error: /train/images/a.png: the PNG is truncated or corrupt; replace it",
      "error: /train/masks/b.png: unknown label value 9 (known: 0, 1) at row 1, column 14; add it to labels in dataset.yaml or mend the mask",
      "error: /test/masks/c.png: the mask is 8 x 8 pixels, but its image /test/images/c.png is 16 x 16; pair it with the right image or resize it",
    ]);
    expect(splits[0]).toMatchObject({ cases: 3, masks: 3, partShares: [40 / 256] });
  });

  it("calls the same image in train and test an error, also when it was saved another way", async () => {
    const asRgb = Array.from({ length: 256 }, (_, i) => (i * 7 + 13) % 251);
    const rgb = (values: number[]) =>
      png(
        16,
        16,
        values.flatMap((v) => [v, v, v]),
        { kind: "rgb" },
      );
    const files = { ...clean(), "train/images/a.png": rgb(asRgb), "test/images/c.png": rgb(asRgb) };
    expect((await check(files)).found).toEqual([
      "error: eye/train/a, eye/test/c are the same image in train and in test; keep it in one of them",
    ]);
    const within = { ...clean(), "train/images/b.png": picture(1) };
    expect((await check(within)).found).toEqual(["warning: eye/train/a, eye/train/b are the same image; keep one"]);
  });

  it("calls a subject in train and test an error that names it, its domains and two of its cases", async () => {
    const files = {
      "train/images/p1_1.png": picture(1),
      "train/images/p1_2.png": picture(2),
      "train/images/p2_1.png": picture(3),
      "test/images/p1_3.png": picture(4),
      "test/images/p3_1.png": picture(5),
    };
    const split = (name: string) => ({ images: `${name}/images/{id}.png` });
    const domains = [
      { name: "eye", train: split("train") },
      { name: "ear", test: split("test") },
    ];
    const within = (place: string) => ({ domains, subject: { before: "_", within: place } });
    const errors = async (place: string) =>
      (await check(files, within(place))).found.filter((one) => one.startsWith("error"));
    expect(await errors("dataset")).toEqual([
      "error: subject p1 is in training (eye: 2 cases, as eye/train/p1_1) and in test (ear: 1 case, as ear/test/p1_3); keep it in one of them, or correct subject in /dataset.yaml",
    ]);
    expect(await errors("domain")).toEqual([]);
    const one = { name: "eye", train: split("train"), test: split("test") };
    const { problems, splits } = await check(files, { domains: [one], subject: { before: "_" } });
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^subject eye\/p1 is in training \(eye: 2 cases/) }),
    ]);
    expect(splits.map(({ cases, subjects }) => [cases, subjects])).toEqual([
      [3, 2],
      [2, 2],
    ]);
    const independent = await check(files, { domains: [one] });
    expect(independent.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("notices a mask used for two images, and a mask over nothing", async () => {
    const files = { ...clean(), "train/masks/b.png": maskOf(10) };
    expect((await check(files)).found).toEqual([
      "warning: eye/train/a, eye/train/b have the same mask but different images; check the pairs",
    ]);
    const flat = png(
      16,
      16,
      Array.from({ length: 256 }, (_, i) => (i < 128 ? 0 : i)),
    );
    expect((await check({ ...clean(), "train/images/a.png": flat })).found).toEqual([
      "warning: eye/train/a: the mask lies where the image has a single colour; check the pair",
    ]);
  });

  it("notices an image and a mask whose names miss each other", async () => {
    const { "train/masks/a.png": mask, ...rest } = clean();
    expect((await check({ ...rest, "train/masks/a_old.png": mask })).found).toEqual([
      "error: domain eye, train: a.png in train/images/{id}.png has no mask, while a_old.png in train/masks/{id}.png has no image: they are not a pair; rename or remove them",
    ]);
    const orphan = { ...clean(), "train/masks/z.png": maskOf(70) };
    expect((await check(orphan)).found).toEqual([
      "warning: domain eye, train: z.png in train/masks/{id}.png has no image; add it or remove the mask",
    ]);
  });

  it("takes unlabelled training cases as they are, but not a mask pattern that never fits", async () => {
    const { "train/masks/a.png": _, ...some } = clean();
    expect((await check(some)).found).toEqual([]);
    const { "test/masks/c.png": __, ...untested } = clean();
    const files = { ...untested, "test/masks/.keep": Buffer.alloc(0) };
    expect((await check(files)).found).toEqual([
      "error: domain eye, test: no image has a mask in test/masks/{id}.png; correct masks or leave it out",
      "warning: domain eye, test: 1 of 1 cases have no mask to be judged by",
    ]);
  });

  it("counts empty and nearly empty masks without calling them wrong", async () => {
    const big = (values: number[]) => png(64, 64, values);
    const image = (seed: number) => big(Array.from({ length: 4096 }, (_, i) => (i * seed) % 251));
    const files = {
      ...clean(),
      "train/images/a.png": image(3),
      "train/masks/a.png": big(Array(4096).fill(0)),
      "train/images/b.png": image(5),
      "train/masks/b.png": big(Array.from({ length: 4096 }, (_, i) => (i < 2 ? 1 : 0))),
    };
    const { found, splits } = await check(files);
    expect(found).toEqual([]);
    expect(splits[0]).toMatchObject({ emptyMasks: 1, nearlyEmptyMasks: 1, sizes: "64 x 64" });
  });

  it("tells a mask that is its image, foreground nearly everywhere, and lists that share folders only once", async () => {
    const self = await check({ ...clean(), "train/masks/a.png": picture(1) });
    expect(self.found).toEqual(["error: /train/masks/a.png: is the image itself and no mask; replace it"]);
    const inverted = await check(clean(), { labels: { kind: "values", map: { 0: "disc", 1: "background" } } });
    expect(inverted.found).toEqual([
      expect.stringMatching(
        /^warning: 84 % of the masks' pixels are foreground; if they should be background, turn labels round in \/dataset\.yaml$/,
      ),
    ]);
    const { "test/images/c.png": image, "test/masks/c.png": mask, ...shared } = clean();
    const files = { "train/images/c.png": image, "train/masks/c.png": mask, "train/masks/orphan.png": maskOf(3) };
    const patterns = { images: "train/images/{id}.png", masks: "train/masks/{id}.png" };
    const domains = [{ name: "eye", train: { ...patterns, ids: ["a", "b"] }, test: { ...patterns, ids: ["c"] } }];
    expect((await check({ ...shared, ...files }, { domains })).found).toEqual([
      "warning: domain eye, train and test: orphan.png in train/masks/{id}.png has no image; add it or remove the mask",
    ]);
  });

  it("tells a domain that is nearly one grey, and an intensity rule without 16-bit images", async () => {
    const dim = png(
      16,
      16,
      Array.from({ length: 256 }, (_, i) => 40_000 + (i % 9) * 100),
      { bits: 16 },
    );
    const intensity = { low: 0, high: 65535 };
    const dark = await check(
      { ...clean(), "train/images/a.png": dim, "train/images/b.png": dim, "test/images/c.png": dim },
      { intensity },
    );
    expect(dark.found).toContain(
      "warning: domain eye: no image has more than 4 of 256 grey levels; check intensity in /dataset.yaml",
    );
    expect((await check(clean(), { intensity })).found).toEqual([
      "warning: intensity in /dataset.yaml is for 16-bit images; there are none, so it changes nothing",
    ]);
  });

  it("names a class that no mask holds and a 16-bit image without intensity", async () => {
    const classes = ["background", "disc", "cup"].map((name, index) => ({ index, name }));
    const labels = { kind: "values", map: { 0: "background", 1: "disc", 2: "cup" } };
    const wide = png(
      16,
      16,
      Array.from({ length: 256 }, (_, i) => i * 200),
      { bits: 16 },
    );
    const { found } = await check({ ...clean(), "train/images/a.png": wide }, { classes, labels });
    expect(found[0]).toMatch(/^error: \/train\/images\/a\.png: has 16 bits a sample; add intensity/);
    expect(found[1]).toMatch(/^warning: class cup is in no mask; check labels in \/dataset\.yaml/);
  });

  it("tells test images of another depth than those for training, whichever has more bits", async () => {
    const wide = (seed: number) =>
      png(
        16,
        16,
        Array.from({ length: 256 }, (_, i) => ((i * 7 + seed * 13) % 251) * 16),
        { bits: 16 },
      );
    const intensity = { intensity: { low: 0, high: 4000 } };
    const trained = { ...clean(), "train/images/a.png": wide(1), "train/images/b.png": wide(2) };
    expect((await check(trained, intensity)).found).toEqual([
      "warning: the test image /test/images/c.png has 8 bits, while every training image has more: grey means something " +
        "else there; save the test images as those for training are",
    ]);
    expect((await check({ ...clean(), "test/images/c.png": wide(3) }, intensity)).found).toEqual([
      expect.stringContaining("has more than 8 bits, while every training image has 8"),
    ]);
    expect((await check({ ...clean(), "train/images/a.png": wide(1) }, intensity)).found).toEqual([]);
    expect((await check({ ...trained, "test/images/c.png": wide(3) }, intensity)).found).toEqual([]);
  });
});
