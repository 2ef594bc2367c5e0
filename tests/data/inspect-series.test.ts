/** `data inspect` of DICOM series: which files are masks of which series, and how cases are divided. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeNifti } from "../../src/data/formats/nifti/writer.js";
import { readVolume } from "../../src/data/images/read-image.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { dicomFile } from "./dicom/dicom-file.js";
import { size, slice } from "./dicom/series-files.js";
import { put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const six = [0, 1, 2, 3, 4, 5];

/** A series of 6 slices, in files that are called as archives call them. */
function putSeries(folder: string, number: number, ending = ""): string {
  for (let z = 0; z < size[2]; z++) {
    const uids = { "00080018 UI": `1.2.3.${number}.${z + 1}`, "0020000E UI": `1.2.3.100.${number}` };
    put(join(folder, `IM000${z}${ending}`), dicomFile(slice(z, { more: () => uids })));
  }
  return folder;
}

/** A NIfTI file on a series' grid: a label map of 0 and 1, or the series' own values. */
async function putNifti(file: string, series: string, what: "mask" | "image" = "mask"): Promise<void> {
  const { grid, samples } = await readVolume(series);
  const values = what === "mask" ? Uint8Array.from(samples, (_, i) => Number(i % 5 === 0)) : Int16Array.from(samples);
  put(file, await encodeNifti({ grid, channels: 1, samples: values }, { packed: true }));
}

/** A set of six cases, a series and a label map each. */
async function putSet(
  name: string,
  folderOf: (i: number) => string,
  maskOf: (i: number) => string | undefined,
  ending = "",
): Promise<string> {
  const root = join(base, name);
  for (const i of six) {
    const folder = putSeries(join(root, folderOf(i)), i + 1, ending);
    const mask = maskOf(i);
    if (mask !== undefined) await putNifti(join(root, mask), folder);
  }
  return root;
}

const casesOf = ({ file }: Awaited<ReturnType<typeof inspectFolder>>) =>
  file.domains.flatMap(({ train, test }) => [train, test].flatMap((split) => split?.cases ?? []));

describe("label maps beside series", () => {
  it.each([
    ["in a folder of their own", "", (i: number) => `scans/case_${i}`, (i: number) => `masks/case_${i}.nii.gz`],
    ["beside the folder of slices", "", (i: number) => `p${i}/CT`, (i: number) => `p${i}/mask.nii.gz`],
    ["beside it, slices with endings", ".dcm", (i: number) => `p${i}/CT`, (i: number) => `p${i}/mask.nii.gz`],
    ["among the slices", "", (i: number) => `p${i}`, (i: number) => `p${i}/segmentation.nii.gz`],
    ["called after the patient", "", (i: number) => `p${i}/CT/1`, (i: number) => `labels/p${i}_seg.nii.gz`],
    ["below a modality", ".dcm", (i: number) => `CT/p${i}`, (i: number) => `masks/p${i}.nii.gz`],
    ["called after a part", "", (i: number) => `p${i}/CT`, (i: number) => `p${i}/liver_mask.nii.gz`],
    ["called after no mask", "", (i: number) => `p${i}`, (i: number) => `drawn/P${i}.nii.gz`],
  ])("%s", async (name, ending, folderOf, maskOf) => {
    const root = await putSet(name, folderOf, maskOf, ending);
    const found = await inspectFolder(root);
    const pairs = casesOf(found).map(({ image, mask }) => [image, mask]);
    expect(pairs.sort()).toEqual(six.map((i) => [folderOf(i), maskOf(i)]));
    expect(found.splits).toMatchObject([
      { split: "train", images: 5, masks: 5 },
      { split: "test", images: 1, masks: 1 },
    ]);
    expect(found.guesses.filter((guess) => /left out|unlabelled/.test(guess))).toEqual([]);
    expect(found.guesses.join("\n")).toContain("every fifth case with a mask became a test case");
  });

  it.each([
    [
      "in a folder of the patient",
      (i: number) => `p${i}/ct`,
      (i: number, part: string) => `p${i}/segmentations/${part}.nii.gz`,
    ],
    ["beside the series", (i: number) => `p${i}/dicom`, (i: number, part: string) => `p${i}/${part}.nii.gz`],
    ["called after it", (i: number) => `images/p${i}`, (i: number, part: string) => `masks/p${i}_${part}.nii.gz`],
    [
      "in a folder called after it",
      (i: number) => `images/p${i}`,
      (i: number, part: string) => `masks/p${i}/${part}.nii.gz`,
    ],
  ])("for every class: %s", async (name, folderOf, maskOf) => {
    const root = await putSet(`classes ${name}`, folderOf, (i) => maskOf(i, "liver"));
    for (const i of six.slice(1)) await putNifti(join(root, maskOf(i, "spleen")), join(root, folderOf(i)));
    const found = await inspectFolder(root);
    const cases = new Map(casesOf(found).map(({ image, masksByClass }) => [image, masksByClass]));
    for (const i of six)
      expect(cases.get(folderOf(i))).toEqual({
        liver: maskOf(i, "liver"),
        ...(i === 0 ? {} : { spleen: maskOf(i, "spleen") }),
      });
    expect(found.file).toMatchObject({
      ...{ target: "sigmoid", labels: { kind: "files", atLeast: 1 } },
      classes: [{ name: "liver" }, { name: "spleen" }],
    });
    expect(found.guesses.filter((guess) => /left out|warning/.test(guess))).toEqual([]);
  });

  it("that fit no series, or several, are told and are nobody's mask", async () => {
    const root = await putSet(
      "lost",
      (i) => `p${i >> 1}/CT${i}`,
      (i) => (i === 0 ? "masks/other.nii.gz" : i === 5 ? "p1/mask.nii.gz" : undefined),
    );
    const { splits, guesses } = await inspectFolder(root);
    expect(splits.map(({ masks }) => masks)).toEqual([0, 0, 0]);
    expect(guesses).toContainEqual(
      "warning: 2 label maps (the first is masks/other.nii.gz) fit no series, or several, by their names and are left " +
        "out; call each as the folder of its series, as masks/NAME.nii.gz",
    );
  });

  it("beside series of several in a folder's tree, train and test are splits and no domains", async () => {
    const root = await putSet(
      "divided",
      (i) => `${i < 4 ? "train" : "test"}/p${i}`,
      (i) => `${i < 4 ? "train" : "test"}/masks/p${i}.nii.gz`,
    );
    const { file, splits } = await inspectFolder(root);
    expect(file.domains).toHaveLength(1);
    expect(splits).toMatchObject([
      { split: "train", images: 4, masks: 4 },
      { split: "test", images: 2, masks: 2 },
    ]);
    expect(file.domains[0].test?.cases).toEqual([
      { id: "p4", image: "test/p4", mask: "test/masks/p4.nii.gz" },
      { id: "p5", image: "test/p5", mask: "test/masks/p5.nii.gz" },
    ]);
  });
});

describe("series beside images of other formats", () => {
  it.each(["", ".dcm"])("of as many volumes with masks they are what these were made of (%j)", async (ending) => {
    const root = await putSet(
      `converted${ending}`,
      (i) => `dicom/p${i}`,
      (i) => `masks/p${i}.nii.gz`,
      ending,
    );
    for (const i of six) await putNifti(join(root, `images/p${i}.nii.gz`), join(root, `dicom/p${i}`), "image");
    const { file, splits, guesses } = await inspectFolder(root);
    expect(file.domains[0].train).toMatchObject({ images: "images/{id}.nii.gz", masks: "masks/{id}.nii.gz" });
    expect(splits.map(({ images }) => images)).toEqual([5, 1]);
    expect(guesses).toContainEqual(
      "warning: 6 DICOM series (the first is dicom/p0) beside 6 volumes of other formats that are no label maps left " +
        "out; inspect a folder that holds the series alone to have them",
    );
  });

  it("of fewer volumes they are the set, and these are told", async () => {
    const root = await putSet(
      "few",
      (i) => `p${i}/CT`,
      (i) => `p${i}/mask.nii.gz`,
    );
    await putNifti(join(root, "p0/atlas.nii.gz"), join(root, "p0/CT"), "image");
    put(join(root, "p0/preview.png"), Buffer.alloc(8));
    const { splits, guesses } = await inspectFolder(root);
    expect(splits.map(({ images, masks }) => [images, masks])).toEqual([
      [5, 5],
      [1, 1],
    ]);
    expect(guesses).toContainEqual(
      "warning: 1 volume (p0/atlas.nii.gz) beside 6 DICOM series left out: not called masks, and no label maps",
    );
    expect(guesses).toContainEqual("warning: 1 picture (p0/preview.png) beside 6 DICOM series left out");
  });

  it("of more pictures than slices they are left out", async () => {
    const root = join(base, "pictures");
    putSeries(join(root, "original/p0"), 1, ".dcm");
    for (let i = 0; i < 10; i++) put(join(root, `images/${i}.bmp`), Buffer.from("BM"));
    await expect(inspectFolder(root)).rejects.toThrow(/BMP/);
  });

  it("a damaged slice is told", async () => {
    const root = await putSet(
      "damaged",
      (i) => `p${i}`,
      () => undefined,
    );
    put(join(root, "p0/IM0009"), dicomFile(slice(0)).subarray(0, 200));
    const { guesses } = await inspectFolder(root);
    expect(guesses.join("\n")).toMatch(/warning: 1 DICOM file \(p0\/IM0009: .*truncated.*\) left out/);
  });
});

it("label maps without any image are told as what they are", async () => {
  const root = join(base, "masks-alone");
  await putNifti(join(root, "masks/p0.nii.gz"), putSeries(join(base, "elsewhere"), 1));
  await expect(inspectFolder(root)).rejects.toThrow(
    `${root}: holds no image: 1 volume (masks/p0.nii.gz) called as masks are; put the images into a folder images beside it`,
  );
});
