/** Masks with a file for every class, one that shows the background, and others that may be a class or something else. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { png, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const side = 16;
let sets = 0;
const drawn = (pixel: (x: number, y: number) => number) =>
  png(
    side,
    side,
    Array.from({ length: side * side }, (_, i) => pixel(i % side, Math.floor(i / side))),
  );
const small = (n: number) => drawn((x, y) => (x < 3 + n && y < 4 ? 255 : 0));
const large = (n: number) => drawn((_, y) => (y < 8 + n ? 255 : 0));
const rest = (n: number) => drawn((x, y) => (x < 3 + n && y < 4 ? 0 : 255));
const grey = (n: number) => drawn((x, y) => (x * 7 + y * 13 + n * 11) % 256);

type Draw = (n: number) => Buffer;

/** What is found in a set of six cases; `#` in a path stands for the number of one. */
async function found(layout: Readonly<Record<string, Draw>>) {
  const folder = join(base, String(sets++));
  for (const [path, draw] of Object.entries(layout))
    for (const n of path.includes("#") ? [0, 1, 2, 3, 4, 5] : [0])
      put(join(folder, path.replaceAll("#", String(n))), draw(n));
  const inspection = await inspectFolder(folder);
  const { masks, masksByClass } = inspection.file.domains[0].train ?? {};
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, false);
  const told = inspection.guesses.filter((guess) => guess.includes("left out"));
  return { masks, classes: Object.keys(masksByClass ?? {}).sort(), told, path };
}

describe("a file of the background is left out and told", () => {
  it.each([
    ["names behind the images'", "images/p#.png", "masks/p#_*.png"],
    ["folders", "images/p#.png", "masks/*/p#.png"],
    ["a folder of masks for each case", "p#/image.png", "p#/segmentations/*.png"],
    ["a folder for each case", "p#/image.png", "p#/*.png"],
  ])("%s", async (_, image, mask) => {
    const at = (name: string) => mask.replace("*", name);
    const layout = { [image]: grey, [at("lesion")]: small, [at("liver")]: large, [at("background")]: rest };
    const { classes, told, path } = await found(layout);
    expect(classes).toEqual(["lesion", "liver"]);
    expect(told).toEqual([expect.stringContaining("background")]);
    const { problems } = await checkDataset(loadDataset(path));
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^[5-9][0-9] % .* take the class whose files show it out of masksByClass in .*dataset\.yaml$/,
      ),
    ]);
  });
});

describe("what lies beside the masks of a known part", () => {
  const image = { "images/p#.png": grey };

  it("is left out, with what to do if it is a class", async () => {
    const { masks, told } = await found({ ...image, "masks/p#_lesion.png": small, "masks/p#_organ.png": large });
    expect(masks).toBe("masks/{id}_lesion.png");
    expect(told).toEqual([expect.stringMatching(/_organ\.png.*if it shows a class, name both in masksByClass$/)]);
  });

  it.each([
    ["weights", { ...image, "masks/p#_cell.png": small, "masks/p#_weights.png": grey }, "masks/{id}_cell.png"],
    ["one file", { ...image, "masks/p#_lesion.png": small, "masks/p1_old.png": large }, "masks/{id}_lesion.png"],
    ["a whole mask", { ...image, "masks/p#_lesion.png": small, "masks/p#_mask.png": small }, "masks/{id}_mask.png"],
    ["overlays", { ...image, "masks/lesion/p#.png": small, "masks/overlays/p#.png": grey }, "masks/lesion/{id}.png"],
  ])("%s", async (_, layout, wanted) => {
    const { masks, classes, told } = await found(layout);
    expect({ masks, classes }).toEqual({ masks: wanted, classes: [] });
    expect(told).toHaveLength(1);
  });

  it("is no class where several parts are known", async () => {
    const names = ["disc", "cup", "notch_1", "notch_2"];
    const files = Object.fromEntries(names.map((name) => [`masks/p#_${name}.png`, small]));
    const { classes, told } = await found({ ...image, ...files });
    expect(classes).toEqual(["cup", "disc"]);
    expect(told).toHaveLength(2);
  });
});
