/** `data inspect` of DICOM pictures, as X-rays are, whose masks are files of another format. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeNifti } from "../../src/data/formats/nifti/writer.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { makeGrid } from "../../src/grid/grid.js";
import { type Dataset, dicomFile, picture } from "./dicom/dicom-file.js";
import { size, slice } from "./dicom/series-files.js";
import { png, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const six = [0, 1, 2, 3, 4, 5];
const [columns, rows] = size;

/** An X-ray of 12 bits with a series of its own. */
function xray(i: number, more: Dataset = {}): Buffer {
  const pixels = Array.from({ length: rows * columns }, (_, at) => (at * 97 + i * 211) % 4000);
  const own = { "00080060 CS": "DX", "00080018 UI": `1.2.${i + 1}`, "0020000E UI": `1.3.${i + 1}` };
  return dicomFile(picture(rows, columns, pixels, { ...own, ...more }));
}

const mask = () =>
  png(
    columns,
    rows,
    Array.from({ length: rows * columns }, (_, at) => (at % columns > 2 ? 255 : 0)),
  );

/** A set of six images with a mask each. */
function putSet(name: string, imageOf: (i: number) => string, maskOf: (i: number) => string, image = xray): string {
  for (const i of six) {
    put(join(base, name, imageOf(i)), image(i));
    put(join(base, name, maskOf(i)), mask());
  }
  return join(base, name);
}

const site = (i: number) => (i % 2 === 0 ? "A" : "B");

/** Images and masks of the first domain's training cases, and how many cases there are. */
async function found(root: string) {
  const { file, splits } = await inspectFolder(root);
  const { images, masks } = file.domains[0].train ?? {};
  const count = (what: "images" | "masks") => splits.reduce((sum, split) => sum + split[what], 0);
  return { slices: file.slices, images, masks, counts: [count("images"), count("masks")] };
}

describe("PNG masks of X-rays", () => {
  it.each([
    ["in a folder of their own", (i: number) => `images/x${i}.dcm`, (i: number) => `masks/x${i}.png`],
    ["beside them", (i: number) => `x${i}.dcm`, (i: number) => `x${i}_mask.png`],
    ["of sites", (i: number) => `${site(i)}/x${i}.dcm`, (i: number) => `${site(i)}/x${i}_mask.png`],
    ["of patients", (i: number) => `p${i}/image.dcm`, (i: number) => `p${i}/mask.png`],
    ["of sites and patients", (i: number) => `${site(i)}/p${i}/x.dcm`, (i: number) => `${site(i)}/p${i}/x_mask.png`],
  ])("%s", async (name, imageOf, maskOf) => {
    const { slices, images, masks, counts } = await found(putSet(name, imageOf, maskOf));
    const pattern = (path: string, id: string) => path.replace(new RegExp(`${id}(?=[./_])`), "{id}");
    const id = imageOf(0).includes("p0/") ? "p0" : "x0";
    expect({ slices, images, masks }).toEqual({
      slices: undefined,
      images: pattern(imageOf(0), id),
      masks: pattern(maskOf(0), id),
    });
    expect(counts).toEqual([6, 6]);
  });

  it("of single slices with a place in the patient", async () => {
    const image = (i: number) =>
      dicomFile(slice(i, { more: () => ({ "00080018 UI": `1.2.${i + 1}`, "0020000E UI": `1.3.${i + 1}` }) }));
    const root = putSet(
      "single",
      (i) => `images/x${i}.dcm`,
      (i) => `masks/x${i}.png`,
      image,
    );
    expect(await found(root)).toMatchObject({ images: "images/{id}.dcm", masks: "masks/{id}.png", counts: [6, 6] });
  });
});

it("X-rays without masks are pictures", async () => {
  const root = join(base, "unlabelled");
  for (const i of six) put(join(root, `x${i}.dcm`), xray(i));
  const { file, guesses } = await inspectFolder(root);
  expect(file).toMatchObject({ channels: 1, domains: [{ train: { images: "{id}.dcm" } }] });
  expect(file.slices).toBeUndefined();
  expect(guesses).toContainEqual(expect.stringMatching(/^images have 16 bits: grey \d+ to \d+ /));
});

it("names without an ending are refused with what to do", async () => {
  const root = putSet(
    "bare",
    (i) => `images/IM${i}`,
    (i) => `masks/IM${i}.png`,
  );
  await expect(inspectFolder(root)).rejects.toThrow(
    `${root}: 6 DICOM pictures (the first is images/IM0) without an ending; add .dcm to the names, by which images and masks pair`,
  );
});

it("beside volumes of other formats they are volumes of one slice", async () => {
  const root = join(base, "flat");
  const grid = makeGrid("flat", [1, rows, columns]);
  const samples = Uint8Array.from({ length: rows * columns }, (_, at) => Number(at % columns > 2));
  for (const i of six) {
    put(join(root, `images/x${i}.dcm`), xray(i));
    put(join(root, `masks/x${i}.nii`), await encodeNifti({ grid, channels: 1, samples }, { packed: false }));
  }
  expect(await found(root)).toMatchObject({ slices: "stored", images: "images/{id}.dcm", masks: "masks/{id}.nii" });
});
