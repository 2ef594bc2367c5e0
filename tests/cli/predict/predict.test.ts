/** `dimseg predict` on a run made by `dimseg train`: masks, their geometry, and inputs that are broken or precious. */
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { DataError, exitCodes, UsageError } from "../../../src/core/errors.js";
import { readSafetensorsFile } from "../../../src/core/formats/safetensors.js";
import { readImage } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { png, put, temporaryFolder, tiff } from "../../data/files.js";
import { pixels } from "../../inference/tiny.js";
import { dimseg, oddId, putDataset, trainRun } from "../trained-run.js";

const base = temporaryFolder();
const images = join(base, "data/a/test/images");
let run: string;
let outputs = 0;

beforeAll(async () => {
  putDataset(join(base, "data"));
  run = await trainRun(base, "midss");
});

/** The same run under another name. */
function secondRun(): string {
  const second = join(base, "second");
  cpSync(run, second, { recursive: true });
  return second;
}

const fresh = () => join(base, `out${outputs++}`);
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("dimseg predict", () => {
  it("writes an index map and one mask a class for every image of a folder, and says what the values mean", async () => {
    const out = fresh();
    const printed = await dimseg("predict", run, images, "--out", out);
    const names = ["0", "1", oddId];
    expect(filesBelow(out)).toEqual(
      [
        ...["masks", "classes/cup", "classes/disc"].flatMap((kind) => names.map((name) => `${kind}/${name}.png`)),
        "dimseg-predictions.sha256",
      ].sort(),
    );
    expect(printed.out).toContain(`Wrote 3 of 3 masks to ${join(out, "masks")}: 0 none, 1 cup, 2 disc.`);
    expect(printed.out).toMatch(/^student, last checkpoint, step \d+\n/);
    const [index, cup, disc] = await Promise.all(
      ["masks", "classes/cup", "classes/disc"].map((kind) => readImage(join(out, kind, "0.png"), "indices")),
    );
    expect([...index.samples]).toEqual([...cup.samples].map((value, i) => (value ? 1 : disc.samples[i] ? 2 : 0)));
    expect(new Set([...cup.samples, ...disc.samples])).toEqual(new Set([0, 255]));
  });

  it("segments a 16-bit image by a network of 8-bit ones when told which values become black and white", async () => {
    const out = fresh();
    const { samples } = await readImage(join(images, "0.png"));
    // 100 … 1120: another scanner's range.
    const wide = put(
      join(base, "wide/new.tif"),
      tiff(
        32,
        32,
        [...samples].map((value) => 100 + 4 * value),
        16,
        1,
      ),
    );
    await dimseg("predict", run, join(images, "0.png"), wide, "--out", out, "--overlay", "--intensity", "100", "1120");
    for (const folder of ["masks", "classes/cup", "overlays"])
      expect(readFileSync(join(out, folder, "new.png"))).toEqual(readFileSync(join(out, folder, "0.png")));
    await expect(dimseg("predict", run, wide, "--out", fresh())).rejects.toThrow(DataError);
  });

  it.each([[["7"]], [["9", "9"]], [["a", "9"]], [["0", "9", "12"]], [["9", "0"]]])(
    "refuses the intensities %j before anything is written",
    async (values) => {
      const out = fresh();
      const asked = dimseg("predict", run, images, "--out", out, "--intensity", ...values);
      await expect(asked).rejects.toThrow(/^--intensity .*: give two numbers, the lower first, after the images: /);
      expect(existsSync(out)).toBe(false);
    },
  );

  it("predicts the masks that evaluation judges", async () => {
    const out = fresh();
    await dimseg("predict", run, join(images, "0.png"), "--out", out, "--network", "teacher", "--checkpoint", "last");
    await dimseg("evaluate", run, "--network", "teacher", "--checkpoint", "last");
    const csv = readFileSync(join(run, "evaluation/last-teacher/cases.csv"), "utf8");
    const reference = await readImage(join(base, "data/a/test/masks/0.png"), "indices");
    for (const [name, least] of [
      ["cup", 2],
      ["disc", 1],
    ] as const) {
      const predicted = await readImage(join(out, "classes", name, "0.png"));
      const expected = Uint8Array.from(reference.samples, (value) => (value >= least ? 1 : 0));
      const value = dice(confusionCounts(predicted.samples as Uint8Array, expected));
      expect(csv).toContain(`\na,0,a/test/0,${name},${value},`);
    }
  });

  it("predicts as it was trained, whatever became of the data set's file", async () => {
    const [first, changed] = [fresh(), fresh()];
    const masks = (out: string) => ["0", "1", oddId].map((name) => readFileSync(join(out, "masks", `${name}.png`)));
    await dimseg("predict", run, images, "--out", first);
    const dataset = join(base, "data/dataset.yaml");
    const before = readFileSync(dataset);
    try {
      putDataset(join(base, "data"), {
        ...{ channels: 3, intensity: { low: 0, high: 100 }, target: "softmax" },
        classes: ["background", "cup"].map((name, index) => ({ index, name })),
        labels: { kind: "thresholds", classes: { cup: { atLeast: 2 } } },
      });
      await dimseg("predict", run, images, "--out", changed);
      expect(masks(changed)).toEqual(masks(first));
      for (const content of ["nonsense: 1\n", undefined]) {
        if (content === undefined) rmSync(dataset);
        else put(dataset, content);
        const out = fresh();
        await dimseg("predict", run, images, "--out", out);
        expect(masks(out)).toEqual(masks(first));
      }
    } finally {
      put(dataset, before);
    }
  });

  it("keeps each image's own size, with overlays and probabilities beside the masks", async () => {
    const folder = join(base, "photos");
    const photo = sharp(pixels(3 * 50 * 21), { raw: { width: 50, height: 21, channels: 3 } });
    put(join(folder, "deep/one.JPG"), await photo.jpeg().toBuffer());
    put(join(folder, "small.png"), png(5, 7, pixels(35)));
    put(join(folder, "notes.txt"), "no image");
    put(join(folder, ".hidden.png"), "no image");
    const out = fresh();
    await dimseg("predict", run, folder, "--out", out, "--overlay", "--probabilities", "--tta");
    expect(filesBelow(join(out, "masks"))).toEqual(["deep/one.png", "small.png"]);
    for (const [name, width, height] of [
      ["deep/one", 50, 21],
      ["small", 5, 7],
    ] as const) {
      for (const kind of ["masks", "classes/cup", "overlays"]) {
        const found = await sharp(join(out, kind, `${name}.png`)).metadata();
        expect(found).toMatchObject({ width, height, channels: kind === "overlays" ? 3 : 1, depth: "uchar" });
      }
      const { tensors } = readSafetensorsFile(join(out, "probabilities", `${name}.safetensors`));
      expect(tensors.get("probabilities")?.shape).toEqual([2, height, width]);
    }
  });

  it("names a broken image, does the others and ends with exit code 3", async () => {
    const folder = join(base, "partly");
    for (const name of ["a", "b", "c"]) put(join(folder, `${name}.png`), png(16, 16, pixels(256)));
    truncateSync(join(folder, "b.png"), 80);
    symlinkSync(join(folder, "gone"), join(folder, "dangling.png"));
    const out = fresh();
    const failure = await dimseg("predict", run, folder, "--out", out).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DataError);
    expect(failure).toMatchObject({
      exitCode: exitCodes.data,
      message: "2 of 4 images could not be segmented, each named above; the others are done",
    });
    expect(filesBelow(join(out, "masks"))).toEqual(["a.png", "c.png"]);
  });

  it("refuses to overwrite an input or a file of the data set, by any of its names", async () => {
    const folder = join(base, "precious");
    const file = put(join(folder, "masks/x.png"), png(16, 16, pixels(256)));
    const before = readFileSync(file);
    await expect(dimseg("predict", run, file, "--out", folder)).rejects.toThrow(UsageError);
    symlinkSync(folder, join(base, "alias"));
    await expect(dimseg("predict", run, file, "--out", join(base, "alias"))).rejects.toThrow(
      `${join(base, "alias/masks/x.png")} is an input and would be overwritten; choose another folder with --out`,
    );
    await expect(dimseg("predict", run, images, "--out", join(base, "data/a/test"))).rejects.toThrow(UsageError);
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(join(folder, "classes"))).toBe(false);
    expect(existsSync(join(base, "data/a/test/classes"))).toBe(false);
  });

  it("replaces no mask that it did not write, whether or not the data set can be opened", async () => {
    const dataset = join(base, "data/dataset.yaml");
    const [content, mask] = [readFileSync(dataset), join(base, "data/a/test/masks/0.png")];
    const before = readFileSync(mask);
    writeFileSync(dataset, `${content}\nresise: 3\n`);
    try {
      await expect(dimseg("predict", run, images, "--out", join(base, "data/a/test"))).rejects.toThrow(
        `${mask} (and 2 more) exists and is not as an earlier prediction wrote it; choose another folder with --out`,
      );
    } finally {
      writeFileSync(dataset, content);
    }
    expect(readFileSync(mask)).toEqual(before);
    const patients = join(base, "patients");
    const image = put(join(patients, "images/p.png"), png(16, 16, pixels(256)));
    const byHand = put(join(patients, "masks/p.png"), png(16, 16, new Uint8Array(256).fill(255)));
    const drawn = readFileSync(byHand);
    await expect(dimseg("predict", run, image, "--out", patients)).rejects.toThrow(UsageError);
    expect(readFileSync(byHand)).toEqual(drawn);
  });

  it("keeps a mask of its own that was corrected by hand since", async () => {
    const out = fresh();
    const image = put(join(base, "corrected.png"), png(16, 16, pixels(256)));
    await dimseg("predict", run, image, "--out", out);
    const mask = join(out, "masks/corrected.png");
    expect(readFileSync(join(out, "dimseg-predictions.sha256"), "utf8")).toMatch(
      /^[0-9a-f]{64} {2}masks\/corrected\.png$/m,
    );
    writeFileSync(mask, png(16, 16, new Uint8Array(256).fill(1)));
    const corrected = readFileSync(mask);
    await expect(dimseg("predict", run, image, "--out", out)).rejects.toThrow(`${mask} exists and is not as`);
    expect(readFileSync(mask)).toEqual(corrected);
  });

  it("writes names as long as the file system allows, and does the others where one is too long", async () => {
    const out = fresh();
    const folder = join(base, "long");
    const stem = "x".repeat(251);
    for (const name of ["a", stem, "c"]) put(join(folder, `${name}.png`), png(16, 16, pixels(256)));
    const printed = await dimseg("predict", run, folder, "--out", out);
    expect(printed.out).toContain("Wrote 3 of 3 masks");
    expect(filesBelow(join(out, "masks"))).toEqual(["a.png", "c.png", `${stem}.png`].sort());
    await expect(dimseg("predict", run, folder, "--out", fresh(), "--probabilities")).rejects.toThrow(
      /^1 of 3 images could not be segmented/,
    );
  });

  it("follows links to folders once each, as inspect does", async () => {
    const folder = join(base, "linked");
    put(join(folder, "own.png"), png(16, 16, pixels(256)));
    symlinkSync(images, join(folder, "elsewhere"));
    symlinkSync(folder, join(folder, "elsewhere-and-back"));
    const out = fresh();
    const printed = await dimseg("predict", run, folder, "--out", out);
    expect(printed.out).toContain("Wrote 4 of 4 masks");
    expect(filesBelow(join(out, "masks"))).toContain("elsewhere/0.png");
  });

  it("segments photographs in folders whose names begin like those of masks", async () => {
    const folder = join(base, "named");
    for (const name of ["label-free/a.png", "gt-hospital/b.png", "seg_7T/c.png"])
      put(join(folder, name), png(16, 16, pixels(256)));
    put(
      join(folder, "label-free/masks/a.png"),
      png(
        16,
        16,
        Uint8Array.from({ length: 256 }, (_, i) => (i < 90 ? 255 : 0)),
      ),
    );
    const printed = await dimseg("predict", run, folder, "--out", fresh());
    expect(printed.out).toContain("Wrote 3 of 3 masks");
    expect(printed.out).toContain(
      `Left out as masks or earlier results: 1 file (${join(folder, "label-free/masks/a.png")}).`,
    );
  });

  it("segments the images of a folder, not the masks beside them nor its own earlier results", async () => {
    const folder = join(base, "mixed");
    const image = png(16, 16, pixels(256));
    const mask = png(
      16,
      16,
      Uint8Array.from({ length: 256 }, (_, i) => i % 3),
    );
    put(join(folder, "images/x.png"), image);
    for (const name of ["masks/x.png", "deep/labelsTr/y.png"]) put(join(folder, name), mask);
    symlinkSync(join(base, "data/a/test/masks/0.png"), join(folder, "images/0_reference.png"));
    for (const out of [join(folder, "out"), join(folder, "out")]) {
      const printed = await dimseg("predict", run, folder, "--out", out, "--overlay");
      expect(printed.out).toMatch(/Wrote 1 of 1 masks .*\nLeft out as masks or earlier results: \d+ files? \(/);
      expect(filesBelow(join(out, "overlays"))).toEqual(["images/x.png"]);
    }
    await expect(dimseg("predict", run, join(base, "data/a/test/masks"), "--out", fresh())).rejects.toThrow(
      /masks\/0\.png and the others found are masks or earlier results; give the folder of the images/,
    );
    const given = await dimseg("predict", run, join(folder, "masks/x.png"), "--out", fresh());
    expect(given.out).toContain("Wrote 1 of 1 masks");
  });

  it("replaces its own earlier results", async () => {
    const out = fresh();
    const image = put(join(base, "again.png"), png(16, 16, pixels(256)));
    await dimseg("predict", run, image, image, "--out", out);
    const first = readFileSync(join(out, "masks/again.png"));
    await dimseg("predict", run, image, "--out", out);
    expect(readFileSync(join(out, "masks/again.png"))).toEqual(first);
  });

  it("refuses inputs that do not exist, hold nothing or collide, before anything is written", async () => {
    const out = fresh();
    const predict = (...paths: string[]) => dimseg("predict", run, ...paths, "--out", out);
    await expect(predict(join(base, "nothing.png"))).rejects.toThrow(DataError);
    await expect(predict(join(base, "nothing.png"))).rejects.toThrow("nothing.png: cannot be read: ");
    const empty = join(base, "texts");
    put(join(empty, "notes.txt"), "no image");
    await expect(predict(empty)).rejects.toThrow(`${empty}: holds no PNG, JPEG, TIFF, BMP, `);
    const twin = put(join(base, "twin/0.jpg"), "whatever");
    await expect(predict(join(images, "0.png"), twin)).rejects.toThrow(
      `${join(images, "0.png")} and ${twin} would both give 0.png; predict them into different folders`,
    );
    expect(existsSync(out)).toBe(false);
  });
});

describe("several runs before the images", () => {
  it("are an ensemble, as with --with", async () => {
    const second = secondRun();
    const [leading, option, both] = [fresh(), fresh(), fresh()];
    const printed = await dimseg("predict", run, second, images, "--probabilities", "--out", leading);
    expect(printed.out).toMatch(/^student, last checkpoint, step \d+, averaged with 1 other run\n/);
    await dimseg("predict", run, images, "--with", second, "--probabilities", "--out", option);
    expect(filesBelow(leading)).toEqual(filesBelow(option));
    for (const name of filesBelow(leading))
      expect(readFileSync(join(leading, name)).equals(readFileSync(join(option, name))), name).toBe(true);
    const three = await dimseg("predict", run, second, second, images, "--with", second, "--out", both);
    expect(three.out).toContain("averaged with 3 other runs");
  });

  it("are refused without images behind them, and behind images, in one sentence", async () => {
    const second = secondRun();
    await expect(dimseg("predict", run, second, "--out", fresh())).rejects.toThrow(
      new UsageError(`${run}, ${second}: all are run folders; name images, or folders of them, behind them`),
    );
    await expect(dimseg("predict", run, images, second, "--out", fresh())).rejects.toThrow(
      new UsageError(
        `${second}: is a run folder behind images; to ask it, too, put it before the first image or give it with --with`,
      ),
    );
  });

  it("are refused beside an exported model", async () => {
    await dimseg("export", run, "--out", join(base, "exported"));
    await expect(dimseg("predict", join(base, "exported"), secondRun(), images, "--out", fresh())).rejects.toThrow(
      "is an exported model, of one network and checkpoint; leave out further runs (--with)",
    );
  });
});
