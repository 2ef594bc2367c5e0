/** inspectFolder: from folder trees of many habits to a dataset.yaml that loads. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { datasetYaml, writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { splitProtocol } from "../../src/data/protocol.js";
import { png, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
let count = 0;

const picture = png(
  12,
  12,
  Array.from({ length: 144 }, (_, i) => (i * 37) % 256),
);
const colours = png(
  12,
  12,
  Array.from({ length: 432 }, (_, i) => (i * 37) % 256),
  { kind: "rgb" },
);

/** A mask with a block of each value on an edge of the first. */
const mask = (...values: number[]) =>
  png(
    12,
    12,
    Array.from({ length: 144 }, (_, i) => (i > 30 && i < 60 ? values[(i % (values.length - 1)) + 1] : values[0])),
  );

/** A mask with a block of each colour, 0xRRGGBB, on black. */
const colourMask = (...values: number[]) =>
  png(
    12,
    12,
    Array.from({ length: 144 }, (_, i) => (i > 30 && i < 66 ? values[Math.floor((i - 31) / 12)] : 0)).flatMap(
      (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255],
    ),
    { kind: "rgb" },
  );

/** A folder with these files; text and image contents alike. */
function tree(files: Record<string, Buffer | string>): string {
  const folder = join(base, `tree${count++}`);
  for (const [name, content] of Object.entries(files)) put(join(folder, name), content);
  return folder;
}

/** The same content under many names. */
function many(content: Buffer, ...names: string[]): Record<string, Buffer> {
  return Object.fromEntries(names.map((name) => [name, content]));
}

/** Inspects, writes dataset.yaml into the folder, loads it and lists its cases by domain and split. */
async function inspect(files: Record<string, Buffer | string>) {
  const folder = tree(files);
  const inspection = await inspectFolder(folder);
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, false);
  const dataset = loadDataset(path);
  const cases = Object.fromEntries(
    dataset.domains.flatMap((domain) =>
      (["train", "test"] as const)
        .filter((split) => domain.cases(split).length > 0)
        .map((split) => [
          `${domain.name}/${split}`,
          domain.cases(split).map((one) => (one.maskPath === undefined ? `${one.id} (no mask)` : one.id)),
        ]),
    ),
  );
  return { folder, inspection, dataset, cases, guesses: inspection.guesses.join("\n") };
}

describe("the paper's layouts", () => {
  it("recognises Fundus with cup inside disc", async () => {
    const files = ["Domain1", "Domain3"].flatMap((domain) =>
      ["train", "test"].flatMap((split) => [
        [`${domain}/${split}/ROIs/image/g1.png`, colours],
        [`${domain}/${split}/ROIs/mask/g1.png`, mask(255, 128, 0)],
      ]),
    );
    const { dataset, cases, guesses } = await inspect(Object.fromEntries(files));
    expect(guesses).toMatch(/the folders are those of Fundus/);
    expect(cases).toEqual({
      "Domain1/train": ["g1"],
      "Domain1/test": ["g1"],
      "Domain3/train": ["g1"],
      "Domain3/test": ["g1"],
    });
    expect(dataset).toMatchObject({
      target: "sigmoid",
      channels: 3,
      size: { height: 256, width: 256, mode: "stretch" },
      filter: "lanczos",
      outputs: 2,
    });
  });

  it("recognises ProstateSlice with black as prostate, and M&Ms with colours", async () => {
    const prostate = await inspect({
      ...many(picture, "UCL/train/image/0.png"),
      ...many(mask(255, 0), "UCL/train/mask/0.png"),
    });
    expect(prostate.dataset).toMatchObject({
      name: "ProstateSlice",
      size: { height: 384, width: 384, mode: "stretch" },
      channels: 1,
    });
    expect(prostate.dataset.labels).toEqual({ kind: "values", map: { 0: "prostate", 255: "background" } });
    const mnms = await inspect({
      ...many(picture, "vendorB/test/image/0.png"),
      ...many(colourMask(0xff0000, 0x00ff00, 0x0000ff), "vendorB/test/mask/0.png"),
    });
    expect(mnms.dataset).toMatchObject({
      name: "MnMs",
      size: { height: 288, width: 288, mode: "stretch" },
      outputs: 4,
    });
    expect(mnms.inspection.file.labels).toMatchObject({ kind: "channels" });
  });

  it("knows the patients of ProstateSlice, whose numbers begin anew in test, and says that Fundus does not tell", async () => {
    const names = ["00_00", "00_01", "01_00"];
    const prostate = await inspect({
      ...many(picture, ...names.flatMap((id) => [`UCL/train/image/${id}.png`, `HK/test/image/${id}.png`])),
      ...many(mask(255, 0), ...names.flatMap((id) => [`UCL/train/mask/${id}.png`, `HK/test/mask/${id}.png`])),
    });
    expect(prostate.inspection.file.subject).toEqual({ before: "_", within: "split" });
    expect(prostate.guesses).toMatch(/a subject \(patient\) is the id up to the first "_"; ids begin anew in test/);
    expect(prostate.dataset.domains[1].cases("train").map((one) => one.subject)).toEqual([
      "UCL/train/00",
      "UCL/train/00",
      "UCL/train/01",
    ]);
    const fundus = await inspect(
      many(colours, "Domain2/train/ROIs/image/G-1-L.png", "Domain2/test/ROIs/image/G-2-R.png"),
    );
    expect(fundus.inspection.file).not.toHaveProperty("subject");
    expect(fundus.guesses).toMatch(/the names of Fundus do not tell which images are of one patient/);
  });

  it("finds the patients of M&Ms where its file names hold them", async () => {
    const slices = ["A0S9V9_ED_1", "A0S9V9_ES_1", "B4T0K8_ED_0", "B4T0K8_ED_1"];
    const { inspection } = await inspect({
      ...many(picture, ...slices.map((id) => `vendorA/train/image/${id}.png`)),
      ...many(colourMask(0xff0000, 0x00ff00, 0x0000ff), ...slices.map((id) => `vendorA/train/mask/${id}.png`)),
    });
    expect(inspection.file.subject).toEqual({ before: "_" });
  });

  it("reads the prepared sets: lists, manifest, and only one of two mask folders", async () => {
    const { dataset, cases, guesses } = await inspect({
      ...many(colours, "a/images/1.png", "a/images/2.png", "a/images/3.png"),
      ...many(mask(0, 1), "a/masks/1.png", "a/masks/2.png", "a/masks/3.png"),
      ...many(mask(0, 1, 2), "a/masks_odoc/1.png"),
      "a/train.txt": "3\n1\n",
      "a/test.txt": "2\n",
      "manifest.json": JSON.stringify({ dataset: "eyes", classes: ["background", "optic disc"] }),
    });
    expect(cases).toEqual({ "a/train": ["3", "1"], "a/test": ["2"] });
    expect(dataset.name).toBe("eyes");
    expect(dataset.classes.map((one) => one.name)).toEqual(["background", "optic disc"]);
    expect(guesses).toMatch(/masks are taken from a\/masks; a\/masks_odoc is left out/);
  });

  it("refuses a folder of several sets and names them", async () => {
    const folder = tree({
      ...many(picture, "Prostate/UCL/train/image/0.png"),
      ...many(picture, "x/a/images/0.png"),
      "x/manifest.json": "{}",
    });
    await expect(inspectFolder(folder)).rejects.toThrow(
      /holds the data sets Prostate, x; inspect one of them, as .*Prostate/,
    );
  });
});

describe("folders of other habits", () => {
  it("FOLDER/{images,masks}: one domain, every fifth case for testing, and it says so", async () => {
    const ids = ["1", "2", "3", "4", "5", "6"];
    const { cases, guesses, folder } = await inspect({
      ...many(picture, ...ids.map((id) => `images/${id}.png`)),
      ...many(mask(0, 255), ...ids.map((id) => `masks/${id}.png`)),
    });
    const domain = folder.split("/").pop() as string;
    expect(cases).toEqual({ [`${domain}/train`]: ["1", "2", "3", "4", "6"], [`${domain}/test`]: ["5"] });
    expect(guesses).toMatch(/every fifth case with a mask became a test case; if a patient has several images/);
    expect(guesses).toMatch(/masks hold the values 0, 255: 0 is background, 255 is foreground \(seen in 6 masks\)/);
    expect(guesses).toMatch(
      /all images are 12 x 12, so they are not resized here; the imageSize of a configuration or its preset decides at which size/,
    );
    expect(guesses).toMatch(/images are grey/);
  });

  it("divides by patients where ids name them, and says so", async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `patient${Math.floor(i / 5)}_slice${i % 5}`);
    const { cases, guesses, dataset, folder } = await inspect({
      ...many(picture, ...ids.map((id) => `images/${id}.png`)),
      ...many(mask(0, 255), ...ids.map((id) => `masks/${id}.png`)),
    });
    const domain = folder.split("/").pop() as string;
    expect(cases).toEqual({ [`${domain}/train`]: ids.slice(0, 15), [`${domain}/test`]: ids.slice(15) });
    expect(guesses).toMatch(
      /a subject \(patient\) is the id up to the first "_slice": patient0_slice0 is of patient0; remove/,
    );
    expect(guesses).toMatch(
      /every fifth subject with a mask, or else the last, became a test subject with all its cases/,
    );
    expect(readFileSync(join(folder, "dataset.yaml"), "utf8")).toMatch(/\nsubject:\n {2}before: _slice\n/);
    expect((await checkDataset(dataset)).problems.filter(({ message }) => /subject/.test(message))).toEqual([]);
  });

  it("leaves folders as they are that divide a patient, and the check calls it an error", async () => {
    const split = (part: string, ids: string[]) => ({
      ...many(picture, ...ids.map((id) => `${part}/images/${id}.png`)),
      ...many(mask(0, 255), ...ids.map((id) => `${part}/masks/${id}.png`)),
    });
    const train = ["p1_1", "p1_2", "p2_1", "p2_2"];
    const { cases, dataset } = await inspect({ ...split("x/train", train), ...split("x/test", ["p2_3"]) });
    expect(cases).toEqual({ "x/train": train, "x/test": ["p2_3"] });
    expect((await checkDataset(dataset)).problems.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^subject x\/p2 is in training \(x: 2 cases, as x\/train\/p2_1\) and in test \(x: 1 case,/),
    );
  });

  it("FOLDER/DOMAIN/{train,test}/{images,masks} and images/{train,val}", async () => {
    const { cases } = await inspect({
      ...many(picture, "s1/train/images/a.png", "s1/test/images/b.png", "s2/images/train/c.png", "s2/images/val/d.png"),
      ...many(
        mask(0, 1),
        "s1/train/labels/a.png",
        "s1/test/labels/b.png",
        "s2/masks/train/c.png",
        "s2/masks/val/d.png",
      ),
    });
    expect(cases).toEqual({ "s1/train": ["a"], "s1/test": ["b"], "s2/train": ["c"], "s2/test": ["d"] });
  });

  it("image_x and mask_x side by side, with an unlabelled case", async () => {
    const { cases } = await inspect({
      ...many(picture, "a/train/image_01.png", "a/train/image_02.png", "a/test/image_03.png"),
      ...many(mask(0, 1), "a/train/mask_01.png", "a/test/mask_03.png"),
    });
    expect(cases).toEqual({ "a/train": ["01", "02 (no mask)"], "a/test": ["03"] });
  });

  it("x.png beside x_mask.png of the same type: no mask is taken for an image without a label", async () => {
    const names = ["a", "b 1", "c", "lonely"];
    const { cases } = await inspect({
      ...many(picture, ...names.map((name) => `scans/${name}.png`)),
      ...many(mask(0, 1), ...names.slice(0, 3).map((name) => `scans/${name}_mask.png`), "scans/orphan_mask.png"),
    });
    expect(Object.values(cases).flat().sort()).toEqual(["a", "b 1", "c", "lonely (no mask)"]);
  });

  it("says which images it leaves out, and where they would be found", async () => {
    const { guesses, cases } = await inspect({
      ...many(picture, "a/images/x.png", "a/previews/x.png", "b/images/y.png", "b/images/z.png"),
      ...many(mask(0, 1), "a/masks/x.png"),
    });
    expect(guesses).toContain(
      "a/previews: 1 files outside an image folder are left out; move them into a folder images to have them",
    );
    expect(Object.keys(cases)).toEqual(["a/train", "b/train"]);
    const flat = await inspect(many(picture, "images/x.png", "previews/x.png"));
    expect(Object.values(flat.cases)).toEqual([["x (no mask)"]]);
  });

  it("takes the images of a site without such folders beside sites that have them", async () => {
    const { cases, guesses } = await inspect({
      ...many(picture, "a/images/x.png", "b/1.png", "b/2.png", "c/2024/3.png", "runs/one/preview.png"),
      ...many(mask(0, 1), "b/1_mask.png"),
      ...{ "runs/one/config.yaml": "", "runs/one/split.json": "", "runs/one/checkpoints/latest": "step-1" },
    });
    expect(guesses).toMatch(/^b: its files lie in no folder called images and are taken as domain b; remove it if/m);
    expect(cases).toEqual({
      "a/train": ["x (no mask)"],
      "b/train": ["1", "2 (no mask)"],
      "c/2024/train": ["3 (no mask)"],
    });
  });

  it("x.jpg beside x_mask.png, and nnU-Net's imagesTr with a channel number", async () => {
    const jpeg = await sharp({ create: { width: 12, height: 12, channels: 3, background: "#804020" } })
      .jpeg()
      .toBuffer();
    const beside = await inspect({ "train/x.jpg": jpeg, ...many(mask(0, 1), "train/x_mask.png") });
    expect(Object.values(beside.cases)).toEqual([["x"]]);
    const nnunet = await inspect({
      ...many(picture, "imagesTr/p1_0000.png", "imagesTs/p2_0000.png"),
      ...many(mask(0, 1), "labelsTr/p1.png", "labelsTs/p2.png"),
    });
    expect(Object.values(nnunet.cases)).toEqual([["p1"], ["p2"]]);
  });

  it("labelled and unlabelled folders of one domain become one list of cases", async () => {
    const { cases } = await inspect({
      ...many(
        picture,
        "a/train/labelled/images/1.png",
        "a/train/unlabelled/images/1.png",
        "a/train/unlabelled/images/2.PNG",
      ),
      ...many(mask(0, 1), "a/train/labelled/masks/1.png"),
    });
    expect(cases).toEqual({
      "a/train": [
        "a_train_labelled_images_1",
        "a_train_unlabelled_images_1 (no mask)",
        "a_train_unlabelled_images_2 (no mask)",
      ],
    });
  });

  it("images without any mask are all unlabelled", async () => {
    const { cases, guesses } = await inspect(many(colours, "siteA/1.png", "siteA/2.png", "siteB/1.png"));
    expect(cases).toEqual({ "siteA/train": ["1 (no mask)", "2 (no mask)"], "siteB/train": ["1 (no mask)"] });
    expect(guesses).toMatch(/there are no masks, so the classes are placeholders/);
    expect(guesses).toMatch(/all cases are unlabelled/);
  });

  it("finds the background at the masks' edges, class numbers, colours and soft masks", async () => {
    const labelsOf = async (content: Buffer) =>
      (await inspect({ ...many(picture, "train/images/1.png"), ...many(content, "train/masks/1.png") })).inspection.file
        .labels;
    expect(await labelsOf(mask(255, 0))).toEqual({ kind: "values", map: { 255: "background", 0: "foreground" } });
    const numbered = { kind: "values", map: { 0: "background", 1: "class 1", 2: "class 2" } };
    expect(await labelsOf(mask(0, 1, 2))).toEqual(numbered);
    const red = Array.from({ length: 144 }, (_, i) => (i > 30 && i < 60 ? [255, 0, 0] : [0, 0, 0]));
    const map = { "#000000": "background", "#ff0000": "foreground" };
    expect(await labelsOf(png(12, 12, red.flat(), { kind: "rgb" }))).toEqual({ kind: "colours", map });
    const soft = png(
      12,
      12,
      Array.from({ length: 144 }, (_, i) => (i > 30 && i < 110 ? i + 100 : 0)),
    );
    expect(await labelsOf(soft)).toEqual({ kind: "thresholds", classes: { foreground: { atLeast: 128 } } });
  });

  it("proposes a window for 16-bit images", async () => {
    const wide = png(
      12,
      12,
      Array.from({ length: 144 }, (_, i) => 1000 + i * 10),
      { bits: 16 },
    );
    const { dataset, guesses } = await inspect(many(wide, "images/1.png"));
    expect(dataset.intensity).toEqual({ low: 1000, high: 2430 });
    expect(guesses).toMatch(/\nimages have 16 bits: grey 1000 to 2430/);
    expect((await decodeCase(dataset, dataset.domains[0].cases("train")[0])).image[143]).toBe(255);

    const names = Array.from({ length: 40 }, (_, i) => `a/images/${i}.png`);
    const mixed = await inspect({ ...many(picture, ...names), "a/images/odd.png": wide });
    expect(mixed.dataset.intensity).toEqual({ low: 1000, high: 2430 });
    expect(mixed.guesses).toMatch(
      /some images have 16 bits: grey 1000 to 2430 .* becomes 0 to 255; images of 8 bits stay as they are/,
    );
  });

  it("takes the labels from the grey masks and names the picture among them", async () => {
    const ids = ["1", "2", "3", "4"];
    const { dataset, guesses } = await inspect({
      ...many(colours, ...ids.map((id) => `images/${id}.png`)),
      ...many(mask(0, 255), ...ids.slice(1).map((id) => `masks/${id}.png`)),
      "masks/1.png": colours,
    });
    expect(dataset.labels).toEqual({ kind: "values", map: { 0: "background", 255: "foreground" } });
    const rgb = png(
      12,
      12,
      Array.from({ length: 432 }, (_, i) => (i > 90 && i < 180 && i % 3 === 0 ? 255 : 0)),
      {
        kind: "rgb",
      },
    );
    const black = png(12, 12, Array(432).fill(0), { kind: "rgb" });
    const palette = png(
      12,
      12,
      Array.from({ length: 144 }, (_, i) => (i > 30 && i < 60 ? 1 : 0)),
      {
        ...{
          kind: "palette",
          palette: [
            [0, 0, 0],
            [255, 0, 0],
          ],
        },
      },
    );
    const mostlyEmpty = await inspect({
      ...many(colours, ...ids.map((id) => `images/${id}.png`)),
      ...{ "masks/1.png": rgb, "masks/2.png": black, "masks/3.png": black, "masks/4.png": palette },
    });
    expect(mostlyEmpty.dataset.labels).toEqual({
      ...{ kind: "colours", map: { "#000000": "background", "#ff0000": "foreground" } },
    });
    expect(mostlyEmpty.guesses).not.toContain("in colour, while");
    expect(guesses).toMatch(/masks\/1\.png: in colour, while the other masks are grey; replace it by the mask/);
    expect(guesses).toMatch(/0 is background, 255 is foreground \(seen in 3 masks\)/);
  });
});

describe("what cannot be inspected", () => {
  it("names a folder that is missing, empty, of arrays, or of too many domains", async () => {
    await expect(inspectFolder(join(base, "none"))).rejects.toThrow(/cannot read the folder .*none: it does not exist/);
    await expect(inspectFolder(tree({ "readme.md": "x" }))).rejects.toThrow(/holds no PNG, .*; it holds 1 \.md files/);
    const arrays = tree({ "images/a.npy.gz": "x", "labels/a.npy.gz": "x" });
    await expect(inspectFolder(arrays)).rejects.toThrow(
      /holds no PNG.*it holds 2 \.npy\.gz files; give a folder of images or volumes/,
    );
    const perCase = many(picture, ...Array.from({ length: 70 }, (_, i) => `site${i}/images/x.png`));
    await expect(inspectFolder(tree(perCase))).rejects.toThrow(/70 folders of images that would each be a domain/);
  });

  it("says that oblong images are squeezed to a square", async () => {
    const oblong = (width: number, height: number) =>
      png(
        width,
        height,
        Array.from({ length: width * height }, (_, i) => (i * 7) % 251),
      );
    const { guesses } = await inspect({ "images/a.png": oblong(20, 12), "images/b.png": oblong(14, 12) });
    expect(guesses).toMatch(/images are resized to 256 x 256; .* see imageSize in the configuration/);
    expect(guesses).toMatch(/\(and 1 other sizes\) are squeezed to a square; predicted masks get their shape back/);
  });

  it("writes long lists of ids to text files beside dataset.yaml, which read back the same", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [
        [`Site A/images/c ${i}.png`, picture],
        [`Site A/masks/c ${i}.png`, mask(1)],
      ]).flat(),
    );
    const folder = tree(files);
    const inspection = await inspectFolder(folder);
    const path = join(base, "lists", "set.yaml");
    const [list, ...more] = writeDatasetYaml(inspection, folder, path, false);
    expect(more).toEqual([]);
    expect(list).toBe(join(base, "lists", "set-cases", "Site_A-train.txt"));
    expect(readFileSync(list, "utf8").split("\n")).toHaveLength(65);
    const text = readFileSync(path, "utf8");
    expect(text).toMatch(/list: .*set-cases\/Site_A-train\.txt/);
    const wanted = inspection.file.domains[0];
    const { domains } = loadDataset(path);
    expect(domains[0].cases("train").map(({ id }) => id)).toEqual(wanted.train?.ids);
    expect(domains[0].cases("test").map(({ id }) => id)).toEqual(wanted.test?.ids);
    rmSync(path);
    expect(() => writeDatasetYaml(inspection, folder, path, false)).toThrow(/set-cases: exists already/);
    writeDatasetYaml(inspection, folder, path, true);
    expect(loadDataset(path).domains).toHaveLength(1);
  });

  it("tells a file that cannot be read and goes on", async () => {
    const { guesses } = await inspect({ "images/a.png": picture, "images/b.png": picture.subarray(0, 40) });
    expect(guesses).toMatch(/images\/b\.png: the PNG is truncated or corrupt/);
  });

  it("does not overwrite a dataset.yaml unless forced, and links the schema in the first line", async () => {
    const folder = tree(many(picture, "images/a.png"));
    const inspection = await inspectFolder(folder);
    const path = join(folder, "dataset.yaml");
    put(path, "mine");
    expect(() => writeDatasetYaml(inspection, folder, path, false)).toThrow(UsageError);
    expect(readFileSync(path, "utf8")).toBe("mine");
    writeDatasetYaml(inspection, folder, path, true);
    const [first] = readFileSync(path, "utf8").split("\n");
    expect(first).toMatch(/^# yaml-language-server: \$schema=.*schema\/dataset\.schema\.json$/);
    const elsewhere = join(base, "elsewhere", "set.yaml");
    expect(datasetYaml(inspection, folder, elsewhere)).toMatch(
      new RegExp(`^root: \\.\\./${folder.split("/").pop()}$`, "m"),
    );
  });
});

const shared = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const present = existsSync(shared);

describe(`real images${present ? "" : " (skipped: ../shared/data is not there)"}`, () => {
  async function load(set: string) {
    const inspection = await inspectFolder(join(shared, set));
    const path = join(base, `${set.replaceAll("/", "-")}.yaml`);
    writeDatasetYaml(inspection, join(shared, set), path, true);
    return loadDataset(path);
  }

  it.skipIf(!present)("optic_disc: order and counts of the lists, protocol split", async () => {
    const dataset = await load("optic_disc");
    const counts = dataset.domains.map((one) => [one.name, one.cases("train").length, one.cases("test").length]);
    expect(counts).toEqual([
      ["drions", 10, 9],
      ["drishti", 50, 51],
      ["idrid", 10, 10],
      ["pm", 120, 60],
    ]);
    const options = { labelledDomain: "drishti", labelledCount: 20, validationCount: 5 };
    const { labelled, unlabelled, validation } = splitProtocol(dataset, options);
    expect(labelled.slice(0, 3).map((one) => one.id)).toEqual(["drishtiGS_038", "drishtiGS_076", "drishtiGS_058"]);
    expect([labelled.length, validation.length, unlabelled.length]).toEqual([20, 5, 165]);
    const { image, label } = await decodeCase(dataset, labelled[0], 128);
    expect([image.length, label?.length, Math.max(...(label ?? []))]).toEqual([3 * 128 * 128, 128 * 128, 1]);
  });

  it.skipIf(!present)("paper_layout/Fundus: nothing wrong, cup inside disc", async () => {
    const dataset = await load("paper_layout/Fundus");
    expect((await checkDataset(dataset)).problems).toEqual([]);
    const { label } = await decodeCase(dataset, dataset.domains[0].cases("train")[0]);
    const [cup, disc] = [label?.subarray(0, 65536) ?? [], label?.subarray(65536) ?? []];
    expect(cup.every((value, i) => value <= disc[i])).toBe(true);
    expect(cup.some((value, i) => value < disc[i])).toBe(true);
  });

  it.skipIf(!present)("paper_layout/ProstateSlice: the one pair that is none is noticed", async () => {
    const { problems } = await checkDataset(await load("paper_layout/ProstateSlice"));
    expect(problems.map((one) => `${one.severity}: ${one.message}`)).toEqual([
      expect.stringMatching(
        /^error: domain I2CVB, train: 00_01\.png in .* has no mask, while 00_00\.png in .* are not a pair/,
      ),
    ]);
  });

  it.skipIf(!present)("volumes are told to be cut into slices", async () => {
    expect((await inspectFolder(join(shared, "hippocampus3d"))).file).toMatchObject({ slices: "axial" });
  });
});
