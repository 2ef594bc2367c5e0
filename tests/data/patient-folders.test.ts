/** `data inspect` of sets with a folder for every patient, whose files are called alike in all of them. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allCases, loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { png, put, temporaryFolder } from "./files.js";
import { niftiFile } from "./nifti-file.js";

const base = temporaryFolder();
let sets = 0;

/** A volume of its own values, or a label map of 0 and 1. @param extents of the file's axes */
function volume(isMask: boolean, extents: readonly number[] = [6, 5, 4]): Buffer {
  const count = extents.reduce((product, extent) => product * extent, 1);
  const values = Float64Array.from({ length: count }, (_, i) => (isMask ? Number(i % 7 === 0) : (i * 37) % 911));
  const affine = [0, 1, 2].map((r) => [...[0, 1, 2].map((c) => Number(r === c)), 0]);
  return niftiFile({ extents: [...extents], values, affine, type: isMask ? "uint8" : "int16" });
}

/** Writes files of label maps (called after seg, mask or label) and images. */
function putSet(files: readonly string[], extentsOf: (file: string) => readonly number[] = () => [6, 5, 4]): string {
  const root = join(base, `set-${++sets}`);
  for (const file of files) put(join(root, file), volume(/(seg|mask|label)[^/]*$/.test(file), extentsOf(file)));
  return root;
}

const patients = (count: number, ...names: readonly string[]) =>
  Array.from({ length: count }, (_, i) => names.map((name) => `p${i}/${name.replaceAll("ID", `p${i}`)}`)).flat();

const counts = ({ splits }: Awaited<ReturnType<typeof inspectFolder>>) =>
  splits.map(({ domain, split, images, masks }) => [domain, split, images, masks]);

describe("a folder a patient", () => {
  it.each([
    ["t2.nii.gz", "seg.nii.gz"],
    ["image.nii.gz", "label.nii.gz"],
    ["flair.nii.gz", "mask.nii.gz"],
    ["CT.nii.gz", "segmentation.nii.gz"],
    ["ID.nii.gz", "seg.nii.gz"],
    ["t2.nii.gz", "ID_seg.nii.gz"],
    ["anat/t2.nii.gz", "masks/seg.nii.gz"],
  ])("with %s and %s is a case", async (image, mask) => {
    const found = await inspectFolder(putSet(patients(5, image, mask)));
    const name = `set-${sets}`;
    expect(counts(found)).toEqual([
      [name, "train", 4, 4],
      [name, "test", 1, 1],
    ]);
    const pattern = (file: string) => `{id}/${file.replaceAll("ID", "{id}")}`;
    expect(found.file.domains[0].train).toMatchObject({ images: pattern(image), masks: pattern(mask) });
    expect(found.file.channels).toBe(1);
  });

  it("without a mask is an unlabelled case, and two patients are no two domains", async () => {
    const files = [...patients(2, "t2.nii.gz", "seg.nii.gz"), "p7/t2.nii.gz", "p8/t2.nii.gz"];
    expect(counts(await inspectFolder(putSet(files)))).toEqual([[`set-${sets}`, "train", 4, 2]]);
    expect(counts(await inspectFolder(putSet(patients(2, "t2.nii.gz", "seg.nii.gz"))))).toEqual([
      [`set-${sets}`, "train", 2, 2],
    ]);
  });

  it("with several modalities and a mask has them as channels", async () => {
    const root = putSet(patients(5, "t1.nii.gz", "t2.nii.gz", "flair.nii.gz", "seg.nii.gz"));
    const { file, splits } = await inspectFolder(root);
    expect(file).toMatchObject({ channels: 3, channelNames: ["flair", "t1", "t2"] });
    expect(file.domains[0].train).toMatchObject({
      images: "{id}/flair.nii.gz",
      furtherChannels: ["{id}/t1.nii.gz", "{id}/t2.nii.gz"],
      masks: "{id}/seg.nii.gz",
    });
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
  });

  it("with images on grids of their own has one of them, and the others are told", async () => {
    const files = patients(5, "pre.nii.gz", "post.nii.gz", "seg.nii.gz");
    const root = putSet([...files, "p3/other.nii.gz"], (file) => (file.includes("pre") ? [8, 8, 4] : [6, 5, 4]));
    const found = await inspectFolder(root);
    expect(counts(found)).toEqual([
      [`set-${sets}`, "train", 4, 4],
      [`set-${sets}`, "test", 1, 1],
    ]);
    expect(found.file.domains[0].train).toMatchObject({ images: "{id}/post.nii.gz", masks: "{id}/seg.nii.gz" });
    expect(found.guesses).toContainEqual(
      "warning: the folder of each case holds several images: {id}/post.nii.gz is taken, {id}/other.nii.gz and " +
        "{id}/pre.nii.gz are left out; write another into images in dataset.yaml, or further channels into furtherChannels",
    );
  });

  it("of modalities without masks is an unlabelled case", async () => {
    const { file, splits } = await inspectFolder(putSet(patients(3, "t1.nii.gz", "flair.nii.gz")));
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([[3, 0]]);
    expect(file.domains[0].train).toMatchObject({
      images: "{id}/flair.nii.gz",
      furtherChannels: ["{id}/t1.nii.gz"],
    });
  });

  it.each([
    ["in a folder of masks", "{id}/ct.nii.gz", ["{id}/segmentations/liver.nii.gz", "{id}/segmentations/rib_4.nii.gz"]],
    ["called as masks there", "{id}/CT.nii.gz", ["{id}/masks/liver_seg.nii.gz", "{id}/masks/rib_4_seg.nii.gz"]],
    ["beside the image", "{id}/image.nii.gz", ["{id}/liver.nii.gz", "{id}/rib_4.nii.gz"]],
    ["and images elsewhere", "images/{id}.nii.gz", ["masks/{id}/liver.nii.gz", "masks/{id}/rib_4.nii.gz"]],
    ["in names after the patient's", "images/{id}.nii.gz", ["masks/{id}_liver.nii.gz", "masks/{id}_rib_4.nii.gz"]],
    ["in folders of classes", "images/{id}.nii.gz", ["masks/liver/{id}.nii.gz", "masks/rib_4/{id}.nii.gz"]],
  ])("with a file for every class, %s, is read", async (_, image, masks) => {
    const root = join(base, `set-${++sets}`);
    for (let i = 0; i < 5; i++) {
      const of = (pattern: string) => join(root, pattern.replaceAll("{id}", `p${i}`));
      put(of(image), volume(false));
      for (const mask of masks) put(of(mask), volume(true));
    }
    const found = await inspectFolder(root);
    expect(counts(found)).toEqual([
      [`set-${sets}`, "train", 4, 4],
      [`set-${sets}`, "test", 1, 1],
    ]);
    const { classes, domains, ...rules } = found.file;
    expect(rules).toMatchObject({ target: "sigmoid", labels: { kind: "files", atLeast: 1 } });
    expect(classes?.map(({ name }) => name.replace(" ", "_")).sort()).toEqual(["liver", "rib_4"]);
    expect(domains[0].train?.images).toBe(image);
    expect(Object.values(domains[0].train?.masksByClass ?? {}).sort()).toEqual(masks);
    const path = join(base, `set-${sets}.yaml`);
    writeDatasetYaml(found, root, path, false);
    const dataset = loadDataset(path);
    const { image: read, label } = await decodeCase(dataset, allCases(dataset)[0]);
    expect(label).toHaveLength(2 * read.length);
  });

  it("with more files than classes may overlap has organs beside each other", async () => {
    const organs = Array.from({ length: 31 }, (_, i) => `organ_${String.fromCharCode(97 + (i % 26))}${i}`);
    const masks = organs.map((name) => `segmentations/${name}.nii.gz`);
    const root = join(base, `set-${++sets}`);
    for (const id of ["s1", "s2"]) {
      put(join(root, id, "ct.nii.gz"), volume(false));
      for (const mask of masks) put(join(root, id, mask), volume(true));
    }
    const found = await inspectFolder(root);
    expect(found.file).toMatchObject({ target: "softmax", labels: { kind: "files", atLeast: 1 } });
    expect(found.file.classes?.map(({ name }) => name)).toEqual(["background", ...organs.sort()]);
    expect(found.guesses).toContainEqual(
      "more than 30 classes cannot overlap: of several that hold a voxel it has the one that is listed last",
    );
    const path = join(base, `set-${sets}.yaml`);
    writeDatasetYaml(found, root, path, false);
    const dataset = loadDataset(path);
    const { label } = await decodeCase(dataset, allCases(dataset)[0]);
    expect(new Set(label)).toEqual(new Set([0, 31]));
  });

  it.each([
    ["beside the image", "{id}/lgemri.nii.gz", "{id}/laendo.nii.gz"],
    ["in a folder of their own", "T2/{id}.nii.gz", "outlines/{id}.nii.gz"],
    ["below", "site/{id}/orig/FLAIR.nii.gz", "site/{id}/wmh.nii.gz"],
    ["in one folder of all", "cases/{id}_ct.nii.gz", "cases/{id}_wall.nii.gz"],
    ["in a folder of the patient that says so twice", "*/{id}_T2.nii.gz", "*/{id}_prostate.nii.gz"],
  ])("has masks that no name tells, but their values: %s", async (_, image, mask) => {
    const root = join(base, `set-${++sets}`);
    for (let i = 0; i < 5; i++)
      for (const pattern of [image, mask])
        put(join(root, pattern.replaceAll(/\{id\}|[*]/g, `p${i}`)), volume(pattern === mask));
    const found = await inspectFolder(root);
    expect(found.splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(found.file.domains[0].train).toMatchObject({ images: image, masks: mask });
    expect(found.guesses).toContainEqual(
      `no name says which files are masks; those called as ${mask.replace("*", "p0").replaceAll("{id}", "p0")} hold class numbers alone and are taken for them`,
    );
  });

  it("of a picture and another of two values, which no name tells, is a case", async () => {
    const root = join(base, `set-${++sets}`);
    for (const id of ["p1", "p2", "p3", "p4", "p5"]) {
      put(
        join(root, id, "photo.png"),
        png(
          8,
          8,
          Array.from({ length: 64 }, (_, i) => (37 * i) % 251),
        ),
      );
      put(
        join(root, id, "drawn.png"),
        png(
          8,
          8,
          Array.from({ length: 64 }, (_, i) => 255 * Number(i > 20)),
        ),
      );
    }
    const { file, splits, guesses } = await inspectFolder(root);
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(file.domains[0].train).toMatchObject({ images: "{id}/photo.png", masks: "{id}/drawn.png" });
    expect(guesses).toContainEqual(
      "no name says which files are masks; those called as p1/drawn.png hold two values alone and are taken for them",
    );
  });

  it("with a mask in a folder beside the images' is a case", async () => {
    const files = patients(5, "ct.nii.gz").map((file) => `images/${file}`);
    const masks = patients(5, "seg.nii.gz").map((file) => `masks/${file}`);
    const { file, splits, guesses } = await inspectFolder(putSet([...files, ...masks]));
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(file.domains[0].train).toMatchObject({ images: "images/{id}/ct.nii.gz", masks: "masks/{id}/seg.nii.gz" });
    expect(guesses.join("\n")).not.toMatch(/warning|left out/);
  });

  it("with masks in a tree of their own, called after the patient twice, is a case", async () => {
    const files = ["p1", "p2", "p3", "p4", "p5"].flatMap((id) => [
      `raw/${id}/${id}_ct.nii.gz`,
      `made/${id}/${id}_seg-vert_msk.nii.gz`,
    ]);
    const root = join(base, `set-${++sets}`);
    for (const file of files) put(join(root, file), volume(file.startsWith("made")));
    const { file, splits } = await inspectFolder(root);
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(file.domains[0].train).toMatchObject({
      images: "raw/*/{id}_ct.nii.gz",
      masks: "made/{id}/{id}_seg-vert_msk.nii.gz",
    });
  });

  it("beside a tree of what was made of the images is a case", async () => {
    const ids = ["sub-1", "sub-2", "sub-3", "sub-4", "sub-5"];
    const files = ids.flatMap((id) => [`${id}/dwi/${id}_dwi.nii.gz`, `derivatives/${id}/${id}_mask.nii.gz`]);
    const { file, splits } = await inspectFolder(putSet(files));
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(file.domains[0].train).toMatchObject({
      images: "{id}/dwi/{id}_dwi.nii.gz",
      masks: "derivatives/{id}/{id}_mask.nii.gz",
    });
  });

  it("that stays a domain with a single image is told", async () => {
    const { splits, guesses } = await inspectFolder(
      putSet(["Ann/first.nii.gz", "Bea/second.nii.gz", "Cyd/third.nii.gz"]),
    );
    expect(splits).toHaveLength(3);
    expect(guesses.join("\n")).toContain(
      "warning: each of the 3 domains has a single image, as folders of patients have",
    );
  });

  it("without a word for masks holds images, and that is told", async () => {
    const { file, splits, guesses } = await inspectFolder(putSet(patients(3, "first.nii.gz", "second.nii.gz")));
    expect(file.subject).toEqual({ before: "__" });
    expect(splits).toMatchObject([{ split: "train", images: 6, masks: 0 }]);
    expect(guesses.join("\n")).toMatch(
      /warning: the folders p0, p1, \.\.\. hold files called alike, as first\.nii\.gz, second\.nii\.gz, and nothing says which are masks, so all are taken as images;/,
    );
  });

  it("is its own name where that stands by itself alone, and not within other words", async () => {
    const files = ["1", "2", "3", "4", "5"].flatMap((id) => [
      `${id}/t1.nii.gz`,
      `${id}/t2.nii.gz`,
      `${id}/${id}_seg.nii.gz`,
    ]);
    const found = await inspectFolder(putSet(files));
    expect(counts(found).map(([, , images, masks]) => [images, masks])).toEqual([
      [4, 4],
      [1, 1],
    ]);
    expect(found.file.domains[0].train).toMatchObject({ images: "{id}/t1.nii.gz", masks: "{id}/{id}_seg.nii.gz" });
    expect(found.file.channels).toBe(2);
  });

  it("below sites and splits keeps these", async () => {
    const files = ["A/train", "A/test", "B"].flatMap((place) =>
      patients(place === "B" ? 5 : 3, "t2.nii.gz", "seg.nii.gz").map((file) => `${place}/${file}`),
    );
    expect(counts(await inspectFolder(putSet(files)))).toEqual([
      ["A", "train", 3, 3],
      ["A", "test", 3, 3],
      ["B", "train", 4, 4],
      ["B", "test", 1, 1],
    ]);
  });

  it("alone in its site or split is none of its own either", async () => {
    const files = [
      ...patients(3, "t2.nii.gz", "seg.nii.gz").map((file) => `train/${file}`),
      "test/p9/t2.nii.gz",
      "test/p9/seg.nii.gz",
    ];
    expect(counts(await inspectFolder(putSet(files)))).toEqual([
      [`set-${sets}`, "train", 3, 3],
      [`set-${sets}`, "test", 1, 1],
    ]);
  });
});

it("sites whose images are numbered are no patients, though each has a file called mask", async () => {
  const files = ["A", "B", "C"].flatMap((site) => [1, 2, 3].map((i) => `${site}/${i}.nii.gz`));
  const found = await inspectFolder(putSet([...files, "A/mask.nii.gz", "B/mask.nii.gz", "C/mask.nii.gz"]));
  expect(new Set(found.splits.map(({ domain }) => domain))).toEqual(new Set(["A", "B", "C"]));
  expect(found.guesses).toContainEqual(
    "warning: the folders A, B, ... hold files of the same numbered names, and one called as masks are; if each of them is one " +
      "case, write images: and masks: with {id} for the folder into dataset.yaml",
  );
});
