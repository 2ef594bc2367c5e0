/** Small data sets for tests of the cache. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadDataset } from "../../../src/data/dataset.js";
import { png, put, putDatasetYaml } from "../files.js";

/** A set of grey images of 16 x 16 (256 bytes, a mask as many) in a folder, the last one without a mask. */
export function putGreySet(folder: string, count: number) {
  for (let i = 0; i < count; i++) {
    put(join(folder, `images/${String(i).padStart(3, "0")}.png`), png(16, 16, Array(256).fill(i)));
    if (i < count - 1)
      put(join(folder, `masks/${String(i).padStart(3, "0")}.png`), png(16, 16, Array(256).fill(i % 2)));
  }
  const train = { images: "images/{id}.png", masks: "masks/{id}.png" };
  const dataset = loadDataset(putDatasetYaml(folder, { domains: [{ name: "a", train }] }));
  return { folder, dataset, cases: dataset.domains[0].cases("train") };
}

/** Paths of all entries below a folder. */
export const entriesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".safetensors"))
    .map((name) => join(folder, name))
    .sort();
