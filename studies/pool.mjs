/**
 * Writes a data set whose one training domain holds the training cases of all domains of another, for training with all
 * labels: `node studies/pool.mjs DATASET FOLDER`. The test cases stay with their domains. Images and masks are
 * copied into FOLDER, as `train/images/<domain>_<id>`, so that one pattern names them all.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";

const [source, folder] = process.argv.slice(2);
if (!source || !folder) throw new Error("give a dataset.yaml and a folder to write");
const set = parse(readFileSync(source, "utf8"));
const root = resolve(dirname(source), set.root ?? ".");
/** What follows the id in a pattern. */
const ending = (pattern) => basename(pattern).split("{id}")[1];

/** Ids as the data set says them, or those of the files there are. */
function idsOf({ list, ids, images }) {
  if (ids) return ids;
  if (list) return readFileSync(join(root, list), "utf8").trim().split(/\s+/);
  const files = readdirSync(join(root, dirname(images))).filter((name) => name.endsWith(ending(images)));
  return files.map((name) => name.slice(0, -ending(images).length));
}

const pooled = [];
for (const part of ["images", "masks"]) mkdirSync(join(folder, "train", part), { recursive: true });
for (const { name, train } of set.domains) {
  for (const id of idsOf(train)) {
    const to = `${name}_${id}`;
    for (const part of ["images", "masks"]) {
      const from = join(root, train[part].replaceAll("{id}", id));
      cpSync(from, join(folder, "train", part, `${to}${ending(train[part])}`));
    }
    pooled.push(to);
  }
}
const [images, masks] = ["images", "masks"].map((part) =>
  join(resolve(folder), "train", part, `{id}${ending(set.domains[0].train[part])}`),
);
const domains = [
  { name: "all", train: { images, masks, ids: pooled.sort() } },
  ...set.domains.map(({ name, test }) => ({ name, test })),
];
writeFileSync(join(folder, "dataset.yaml"), stringify({ ...set, root, domains }));
console.log(`${join(folder, "dataset.yaml")}: ${pooled.length} training cases of ${set.domains.length} domains`);
