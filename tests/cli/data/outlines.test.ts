/** `dimseg data outlines`: from the files of annotation tools to a data set that inspect takes. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readImage } from "../../../src/data/images/read-image.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const [columns, rows] = [12, 10];
const picture = (seed: number) =>
  png(
    columns,
    rows,
    Array.from({ length: columns * rows }, (_, at) => (at * 7 + seed * 31) % 200),
  );
const square = (x: number, y: number, side: number) => [[x, y, x + side, y, x + side, y + side, x, y + side]];

/** Pixels of a mask that are not 0. */
async function inside(path: string): Promise<number> {
  return Array.from((await readImage(path, "indices")).samples).filter((value) => value > 0).length;
}

function cocoOf(files: readonly string[], annotations: readonly object[]) {
  return JSON.stringify({
    images: files.map((file_name, id) => ({ id, file_name, width: columns, height: rows })),
    annotations,
    categories: [
      { id: 1, name: "optic disc" },
      { id: 2, name: "cup" },
    ],
  });
}

describe("COCO with a folder of images", () => {
  const folder = join(base, "coco");
  const names = [1, 2, 3, 4, 5, 6].map((i) => `p${i}.png`);
  for (const [i, name] of names.entries()) put(join(folder, "images", name), picture(i));
  put(join(folder, "images/extra.png"), picture(9));
  const annotations = names.slice(0, 5).flatMap((_, i) => [
    { image_id: i, category_id: 1, segmentation: square(2, 2, 6) },
    { image_id: i, category_id: 2, segmentation: square(3, 3, 3 + (i % 2)) },
  ]);
  put(join(folder, "annotations.json"), cocoOf([...names, "gone.png"], annotations));

  it("several classes get a folder of masks each, which inspect takes as classes", async () => {
    const out = join(base, "drawn");
    const { out: said, err } = await dimseg("data", "outlines", folder, "--out", out);
    expect(said).toMatch(/cup +5 +5\noptic disc +5 +5\n/);
    expect(said).toContain(`Wrote masks of 5 of 7 images, and copies of all. Next: dimseg data inspect ${out}`);
    expect(err).toContain("warning: 1 image (gone.png) of annotations.json not there, or of several folders");
    expect(err).toContain(
      "warning: 1 image (images/p6.png) without an outline, so unlabelled; where this means that nothing is there, add --empty",
    );
    expect(await inside(join(out, "masks/optic disc/p1.png"))).toBe(36);
    expect(await inside(join(out, "masks/cup/p2.png"))).toBe(16);
    expect(readFileSync(join(out, "images/p1.png"))).toEqual(readFileSync(join(folder, "images/p1.png")));
    const yaml = join(base, "drawn.yaml");
    await dimseg("data", "inspect", out, "--out", yaml);
    const { classes, domains } = parse(readFileSync(yaml, "utf8"));
    expect(classes.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(["cup", "optic disc"]));
    expect(domains[0].train.masksByClass).toEqual({
      cup: "masks/cup/{id}.png",
      "optic disc": "masks/optic disc/{id}.png",
    });
    expect((await dimseg("data", "check", yaml)).out).toContain("0 errors");
  });

  it("inspect of the folder itself says that there are outlines, and what to do", async () => {
    const { out } = await dimseg("data", "inspect", folder, "--out", join(base, "raw.yaml"));
    expect(out).toContain(
      `warning: annotations.json holds outlines (COCO): make masks of them with dimseg data outlines ${folder} --out SET, then inspect SET`,
    );
  });

  it("--empty says that nothing is where nothing was drawn", async () => {
    const out = join(base, "empty");
    await dimseg("data", "outlines", folder, "--out", out, "--empty");
    expect(await inside(join(out, "masks/cup/p6.png"))).toBe(0);
    expect(existsSync(join(out, "masks/cup/extra.png"))).toBe(false);
  });

  it("nothing that is there is replaced, and nothing is written into the folder itself", async () => {
    await expect(dimseg("data", "outlines", folder, "--out", join(base, "empty"))).rejects.toThrow(
      /is there already; choose another folder with --out/,
    );
    await expect(dimseg("data", "outlines", folder, "--out", join(folder, "masks"))).rejects.toThrow(
      /lies in .*coco; choose a folder beside it/,
    );
  });
});

it("folders of splits with a file each stay splits, and one class gives a mask an image with its name", async () => {
  const folder = join(base, "splits");
  for (const split of ["train", "valid", "test"]) {
    const names = [1, 2, 3].map((i) => `${split}${i}.jpg.png`);
    for (const [i, name] of names.entries()) put(join(folder, split, name), picture(i));
    const annotations = names.map((_, i) => ({ image_id: i, category_id: 1, segmentation: square(2, 2, 4 + i) }));
    put(join(folder, split, "_annotations.coco.json"), cocoOf(names, annotations));
  }
  const out = join(base, "divided");
  await dimseg("data", "outlines", folder, "--out", out);
  expect(readdirSync(join(out, "valid/masks")).sort()).toEqual([1, 2, 3].map((i) => `valid${i}.jpg.png`));
  const yaml = join(base, "divided.yaml");
  const { out: said } = await dimseg("data", "inspect", out, "--out", yaml);
  expect(said).toMatch(/divided +train +3 +3 /);
  expect(said).toMatch(/divided +test +3 +3 /);
  expect(parse(readFileSync(yaml, "utf8")).classes).toMatchObject([{ name: "background" }, { name: "optic disc" }]);
});

it("labelme files beside their images", async () => {
  const folder = join(base, "labelme");
  for (const i of [1, 2, 3]) {
    put(join(folder, `A/x${i}.png`), picture(i));
    const shapes = [
      {
        label: "disc",
        shape_type: "rectangle",
        points: [
          [2, 2],
          [7, 6],
        ],
      },
    ];
    put(
      join(folder, `A/x${i}.json`),
      JSON.stringify({ imagePath: `x${i}.png`, imageWidth: columns, imageHeight: rows, shapes }),
    );
  }
  put(join(folder, "A/x4.png"), picture(4));
  const out = join(base, "labelled");
  const { out: said } = await dimseg("data", "outlines", folder, "--out", out);
  expect(said).toContain("Wrote masks of 3 of 4 images");
  expect(await inside(join(out, "A/masks/x1.png"))).toBe(20);
});

it("an image of another size than was outlined is refused before anything is written", async () => {
  const folder = join(base, "sizes");
  put(join(folder, "a.png"), png(4, 4, Array(16).fill(9)));
  put(join(folder, "a.json"), cocoOf(["a.png"], [{ image_id: 0, category_id: 1, segmentation: square(0, 0, 3) }]));
  const out = join(base, "resized");
  await expect(dimseg("data", "outlines", folder, "--out", out)).rejects.toThrow(
    /a\.png: has 4 x 4 pixels, but was outlined in 12 x 10 \(a\.json\); give the images that were outlined/,
  );
  expect(existsSync(out)).toBe(false);
});

it("a folder without outlines says what is read", async () => {
  const folder = join(base, "none");
  put(join(folder, "a.png"), picture(1));
  put(join(folder, "notes.json"), "{}");
  await expect(dimseg("data", "outlines", folder, "--out", join(base, "nothing"))).rejects.toThrow(
    /holds no outlines; COCO and labelme files \(\.json\) are read/,
  );
});
