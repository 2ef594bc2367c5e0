/** Masks with a file for every class: also where only one is called after a part that is known, and one shows the background. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { maskFilesOf } from "../../src/data/case-files.js";
import { checkDataset } from "../../src/data/check/check.js";
import { loadDataset } from "../../src/data/dataset.js";
import { inspectFolder } from "../../src/data/inspect/inspect.js";
import { writeDatasetYaml } from "../../src/data/inspect/write-yaml.js";
import { png, put, temporaryFolder } from "./files.js";

const base = temporaryFolder();
const side = 16;
const drawn = (pixel: (x: number, y: number) => number) =>
  png(
    side,
    side,
    Array.from({ length: side * side }, (_, i) => pixel(i % side, Math.floor(i / side))),
  );
const lesion = (n: number) => drawn((x, y) => (x < 3 + n && y < 4 ? 255 : 0));
const content = {
  image: (n: number) => drawn((x, y) => (x * 7 + y * 13 + n * 11) % 256),
  lesion,
  organ: (n: number) => drawn((_, y) => (y < 8 + n ? 255 : 0)),
  background: (n: number) => drawn((x, y) => (x < 3 + n && y < 4 ? 0 : 255)),
  mask: lesion,
};

/** A set of six cases; `#` in a path stands for the number of one. */
function setOf(name: string, layout: Readonly<Partial<Record<keyof typeof content, string>>>): string {
  const folder = join(base, name);
  for (let n = 0; n < 6; n++)
    for (const [kind, path] of Object.entries(layout))
      put(join(folder, path.replaceAll("#", String(n))), content[kind as keyof typeof content](n));
  return folder;
}

it.each([
  [
    "names behind the images'",
    {
      image: "images/p#.png",
      lesion: "masks/p#_lesion.png",
      organ: "masks/p#_organ.png",
      background: "masks/p#_background.png",
    },
  ],
  [
    "folders of their own",
    {
      image: "images/p#.png",
      lesion: "masks/lesion/p#.png",
      organ: "masks/organ/p#.png",
      background: "masks/background/p#.png",
    },
  ],
  [
    "a folder for each case",
    {
      image: "p#/image.png",
      lesion: "p#/segmentations/lesion.png",
      organ: "p#/segmentations/organ.png",
      background: "p#/segmentations/background.png",
    },
  ],
])("%s", async (name, layout) => {
  const folder = setOf(name, layout);
  const inspection = await inspectFolder(folder);
  const told = inspection.guesses.filter((guess) => guess.includes("left out"));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("background");
  const path = join(folder, "dataset.yaml");
  writeDatasetYaml(inspection, folder, path, false);
  const dataset = loadDataset(path);
  expect(dataset.classes.map((one) => one.name).sort()).toEqual(["lesion", "organ"]);
  const [one] = dataset.domains[0].cases("train");
  expect(
    maskFilesOf(one)
      .map(({ className }) => className)
      .sort(),
  ).toEqual(["lesion", "organ"]);
  const { problems } = await checkDataset(dataset);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^[5-9][0-9] % .* take the class whose files show it out of masksByClass in .*dataset\.yaml$/,
    ),
  ]);
});

it("a mask beside a class is no class", async () => {
  const layout = { image: "images/p#.png", lesion: "masks/p#_lesion.png", mask: "masks/p#_mask.png" };
  const { domains } = (await inspectFolder(setOf("mask", layout))).file;
  expect(domains[0].train?.masksByClass).toBeUndefined();
  expect(domains[0].train?.masks).toBe("masks/{id}_mask.png");
});
