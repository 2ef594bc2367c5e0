/** Drawn masks written in the data set's own form, and read back by the data set's own rules. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { expect, it } from "vitest";
import { DataError } from "../../src/core/errors.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeNative } from "../../src/data/decode-native.js";
import { describeSegmentation } from "../../src/data/dicom/segmentation-reader.js";
import { encodeSegmentation } from "../../src/data/dicom/segmentation-writer.js";
import { onlySeries } from "../../src/data/dicom/series.js";
import { readVolume } from "../../src/data/images/read-image.js";
import { bytesOfLabels, codesOfBytes } from "../../src/data/masks/code-bytes.js";
import type { DrawnFrom } from "../../src/workflows/studio/correction/draft.js";
import { patternBeside } from "../../src/workflows/studio/correction/mask-place.js";
import { requireWritable, saveMask } from "../../src/workflows/studio/correction/save-mask.js";
import { putSeriesOf } from "../data/dicom/series-of-volume.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { niftiFile } from "../data/nifti-file.js";
import { nestedClasses, pixels } from "../data/tiny.js";

const base = temporaryFolder();
const drawnFrom: DrawnFrom = {
  ...{ case: "a/train/0", from: "prediction", begun: "2026-01-02T03:04:05Z", strokes: 7, accepted: [] },
  model: { run: "/runs/one", answeredBy: "student, last checkpoint, step 20 of 20" },
};
const drawn = Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 3 ? 0 : i % 8 < 6 ? 0b10 : 0b11));

/** A data set of one domain with one image of 8 x 8 and its mask. */
function putOne(name: string, mask: Buffer | null, labels: Record<string, unknown>, file = "masks/0.png") {
  const folder = join(base, name);
  put(join(folder, "images/0.png"), png(8, 8, pixels(64)));
  if (mask) put(join(folder, file), mask);
  const masks = mask ? { masks: file.replace("0", "{id}") } : {};
  const domains = [{ name: "a", train: { images: "images/{id}.png", ...masks } }];
  return putDatasetYaml(folder, { resize: { size: 8, filter: "bilinear" }, domains, ...nestedClasses, labels });
}

/** Writes a mask and reads the case again as training does. */
async function written(path: string, bytes = drawn) {
  const dataset = loadDataset(path);
  const [one] = dataset.domains[0].cases("train");
  const saved = await saveMask(dataset, one, codesOfBytes(bytes, dataset), drawnFrom);
  const again = loadDataset(path);
  const { label } = await decodeNative(again, again.domains[0].cases("train")[0]);
  return { saved, read: [...bytesOfLabels(label as Uint8Array, again)] };
}

const rules = {
  values: { kind: "values", map: { 7: "background", 100: "disc", 200: "cup" } },
  thresholds: { kind: "thresholds", classes: { cup: { atMost: 0 }, disc: { atMost: 128 } } },
  colours: { kind: "colours", map: { "#000000": "background", "#00ff00": "disc", "#ff0000": "cup" } },
  channels: { kind: "channels", classes: { red: "cup", green: "disc" }, equals: 255 },
};
const grey = (value: number) => png(8, 8, new Uint8Array(64).fill(value));
const black = png(8, 8, new Uint8Array(192), { kind: "rgb" });
const befores = { values: grey(7), thresholds: grey(255), colours: black, channels: black };

it.each(Object.keys(rules) as (keyof typeof rules)[])("is read back as drawn where labels are %s", async (kind) => {
  const path = putOne(kind, befores[kind], rules[kind]);
  const { saved, read } = await written(path);
  expect(read).toEqual([...drawn]);
  expect(saved.file).toBe("masks/0.png");
  expect(readFileSync(join(dirname(path), saved.kept as string))).toEqual(befores[kind]);
});

it("leaves what says the same as it was stored, keeps what others wrote, and not what it wrote itself", async () => {
  // Any grey up to 128 is disc: who drew 90 finds 90 again.
  const path = putOne("same", grey(90), rules.thresholds);
  const first = await written(path);
  const { samples } = await readVolume(join(dirname(path), first.saved.file));
  expect([...samples].filter((_, i) => drawn[i] === 0b10)).toEqual(new Array(24).fill(90));
  const second = await written(
    path,
    drawn.map((byte) => (byte === 0b11 ? 0b10 : byte)),
  );
  expect(second.saved.kept).toBeNull();
  put(join(dirname(path), "masks/0.png"), grey(1));
  expect((await written(path)).saved.kept).not.toBeNull();
  expect(readdirSync(join(dirname(path), "dimseg-corrections/kept")).length).toBe(2);
  const lines = readFileSync(join(dirname(path), "dimseg-corrections/corrections.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(JSON.parse(lines[0])).toMatchObject({
    ...{ case: "a/train/0", file: "masks/0.png", from: "prediction", model: drawnFrom.model, strokes: 7 },
    at: expect.stringMatching(/^\d{4}-/),
  });
});

it("writes the files of each class where classes have files of their own", async () => {
  const folder = join(base, "files");
  put(join(folder, "images/0.png"), png(8, 8, pixels(64)));
  const train = { images: "images/{id}.png", masksByClass: { cup: "cup/{id}.png", disc: "disc/{id}.png" } };
  for (const name of ["cup", "disc"]) mkdirSync(join(folder, name));
  const path = putDatasetYaml(folder, {
    ...{ resize: { size: 8, filter: "bilinear" }, domains: [{ name: "a", train }] },
    ...{ ...nestedClasses, labels: { kind: "files" } },
  });
  const { read } = await written(path);
  expect(read).toEqual([...drawn]);
  expect(existsSync(join(folder, "cup/0.png")) && existsSync(join(folder, "disc/0.png"))).toBe(true);
});

it("finds a place for masks of a domain that has none, and says it in the data set's file with its comments", async () => {
  const path = putOne("placeless", null, rules.values);
  const text = `# where the images came from\n${readFileSync(path, "utf8")}`;
  put(path, text);
  const { saved, read } = await written(path);
  expect(read).toEqual([...drawn]);
  expect(saved).toEqual({ file: "masks/0.png", kept: null });
  expect(readFileSync(path, "utf8")).toContain("# where the images came from");
  expect(patternBeside("A/image/{id}.*", true, () => false)).toBe("A/image/masks/{id}.nii.gz");
  expect(patternBeside("A/images/{id}.png", false, (folder) => folder === "A/masks")).toBe("A/masks-dimseg/{id}.png");
});

it("writes nothing that would not be read back: formats with loss, and classes that labels have no value for", async () => {
  const jpeg = await sharp(new Uint8Array(64), { raw: { width: 8, height: 8, channels: 1 } })
    .jpeg()
    .toBuffer();
  const lossy = putOne("lossy", jpeg, rules.thresholds, "masks/0.jpg");
  await expect(written(lossy)).rejects.toThrow("masks of this format are not written here");
  const dataset = loadDataset(lossy);
  const [one] = dataset.domains[0].cases("train");
  expect(() => requireWritable(dataset, one)).toThrow("masks of this format are not written here");
  const joined = { ...one, maskFiles: [{ path: "a.png" }, { path: "b.png" }] };
  expect(() => requireWritable(dataset, joined)).toThrow("joined from several files");
  expect(readFileSync(join(dirname(lossy), "masks/0.jpg"))).toEqual(jpeg);
  const few = putOne("few", grey(0), { kind: "values", map: { 0: "background", 1: "disc" } });
  await expect(written(few)).rejects.toThrow(DataError);
});

it("puts masks of volumes where the voxels are stored, whatever their order", async () => {
  const { encodeNifti } = await import("../../src/data/formats/nifti/writer.js");
  const { makeGrid } = await import("../../src/grid/grid.js");
  // Axes [y, x, z] of the patient, the second one backwards.
  const grid = makeGrid("test", [4, 3, 5], null, [
    [0, -2, 0, 10],
    [1, 0, 0, 20],
    [0, 0, 3, 30],
  ]);
  const folder = join(base, "volume");
  const samples = Int16Array.from({ length: 60 }, (_, i) => i);
  put(join(folder, "images/v.nii.gz"), await encodeNifti({ grid, channels: 1, samples }, { packed: true }));
  mkdirSync(join(folder, "masks"));
  const path = putDatasetYaml(folder, {
    ...{ target: "softmax", channels: 1, slices: "axial", resize: { size: 8 } },
    domains: [{ name: "a", train: { images: "images/{id}.nii.gz", masks: "masks/{id}.nii.gz" } }],
    classes: [0, 1].map((index) => ({ index, name: ["background", "organ"][index] })),
    labels: { kind: "values", map: { 0: "background", 1: "organ" } },
  });
  const own = Uint8Array.from({ length: 60 }, (_, i) => Number(i % 7 === 0 || i === 59));
  const { read } = await written(path, own);
  expect(read).toEqual([...own]);
  const mask = await readVolume(join(folder, "masks/v.nii.gz"));
  expect(mask.grid.toWorld).toEqual(grid.toWorld);
  expect([...mask.samples].filter((value) => value === 1).length).toBe(own.filter((value) => value === 1).length);
  rmSync(folder, { recursive: true });
});

it("writes a DICOM SEG on its series: its kind and names stay, nothing of the patient is in it", async () => {
  const folder = join(base, "series");
  const affine = [
    [1, 0, 0, 10],
    [0, 1, 0, 20],
    [0, 0, 3, 30],
  ];
  const volume = put(
    join(base, "t2.nii.gz"),
    niftiFile({ extents: [4, 5, 6], values: Array.from({ length: 120 }, (_, i) => i), affine }),
  );
  await putSeriesOf(join(folder, "case/CT"), volume, 3);
  const series = await onlySeries(join(folder, "case/CT"));
  const before = new Uint8Array(120).fill(2, 30, 40);
  const path = join(folder, "case/seg.dcm");
  const named = [{ label: "organ" }, { label: "tumour" }];
  put(path, Buffer.from(await encodeSegmentation(before, series, named, { kind: "labelmap", keepIds: true })));
  const dataset = putDatasetYaml(folder, {
    ...{ target: "softmax", channels: 1, slices: "stored", resize: { size: 8 } },
    domains: [{ name: "a", train: { cases: [{ id: "one", image: "case/CT", mask: "case/seg.dcm" }] } }],
    classes: ["background", "organ", "tumour"].map((name, index) => ({ index, name })),
    labels: { kind: "values", map: { 0: "background", 1: "organ", 2: "tumour" } },
  });
  const loaded = loadDataset(dataset);
  const [one] = loaded.domains[0].cases("train");
  expect(() => requireWritable(loaded, one)).not.toThrow();
  // On slices that the segmentation had no frame of.
  const own = Uint8Array.from({ length: 120 }, (_, i) => (i > 95 ? 1 : i % 9 === 0 ? 2 : 0));
  const old = readFileSync(path);
  const { saved, read } = await written(dataset, own);
  expect(read).toEqual([...own]);
  expect(readFileSync(join(folder, saved.kept as string))).toEqual(old);
  const { kind, segments } = await describeSegmentation(path);
  expect(segments.map(({ label }) => label)).toEqual(["organ", "tumour"]);
  expect(kind).toBe("labelmap");
  expect(readFileSync(path).includes("Secret")).toBe(false);
  expect(() => requireWritable(loaded, { ...one, imagePath: volume })).toThrow("of a series in a folder");
});
