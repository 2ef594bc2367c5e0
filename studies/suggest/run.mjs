/**
 * Is a label of a suggested image worth more than one of any other? For each seed a first run, then for each strategy the
 * images that `dimseg suggest` names, their masks (which the data set has and the first run did not learn from) and a
 * second run that begins with the first one's weights. Goes on where it stopped.
 *
 *   node studies/suggest/run.mjs DATASET OUT SEED...
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { formatCsv, parseCsv } from "../../dist/src/core/formats/csv.js";
import { groupBy } from "../../dist/src/core/group-by.js";
import { mean } from "../../dist/src/statistics/mean.js";

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, "../../dist/src/cli/main.js");
const [dataset, out, ...seeds] = process.argv.slice(2);
const count = 10;
const strategies = ["random", "entropy", "combined"];

function dimseg(...words) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
  if (status !== 0) throw new Error(`dimseg ${words.join(" ")}: ${stderr}`);
}

/** Makes a run and judges it, unless that is done. */
function trained(name, changes) {
  const config = join(out, `${name}.yaml`);
  const base = parse(readFileSync(join(here, "config.yaml"), "utf8"));
  const { labelled, ...others } = changes;
  const content = { ...base, dataset: resolve(dataset), ...others, labelled: { ...base.labelled, ...labelled } };
  writeFileSync(config, stringify({ ...content, training: { ...base.training, ...changes.training } }));
  const run = join(out, name);
  if (!existsSync(join(run, "config.yaml"))) dimseg("train", config, "--out", run);
  else dimseg("train", "--resume", run);
  if (!existsSync(join(run, "evaluation/last-student/cases.csv"))) dimseg("evaluate", run);
  return run;
}

/** Mean Dice of each domain's test images, and the mean over domains. */
function scores(run) {
  const [header, ...rows] = parseCsv(readFileSync(join(run, "evaluation/last-student/cases.csv"), "utf8"));
  const [domain, dice] = ["domain", "dice"].map((name) => header.indexOf(name));
  const each = [...groupBy(rows, (row) => row[domain])].map(([name, own]) => [
    name,
    mean(own.map((row) => Number(row[dice]))),
  ]);
  return { ...Object.fromEntries(each), mean: mean(each.map(([, value]) => value)) };
}

mkdirSync(out, { recursive: true });
const lines = [];
for (const seed of seeds) {
  const training = { seed: Number(seed) };
  const first = trained(`first-${seed}`, { training });
  lines.push(["first", seed, "", scores(first)]);
  for (const strategy of strategies) {
    const folder = join(first, `quality/suggestion-last-student-${strategy}-${count}-seed-${seed}`);
    if (!existsSync(folder)) dimseg("suggest", first, "--count", String(count), "--strategy", strategy, "--seed", seed);
    const { images } = JSON.parse(readFileSync(join(folder, "suggestion.json"), "utf8"));
    const byDomain = groupBy(images, (one) => one.domain);
    const further = Object.fromEntries([...byDomain].map(([name, own]) => [name, own.map(({ id }) => id)]));
    const run = trained(`${strategy}-${seed}`, { training, initial: { run: resolve(first) }, labelled: { further } });
    const which = [...byDomain].map(([name, own]) => `${own.length} ${name}`);
    lines.push([strategy, seed, which.sort().join(" "), scores(run)]);
    const columns = Object.keys(lines[0][3]);
    const cells = lines.map(([name, of, images, own]) => [
      name,
      of,
      images,
      ...columns.map((one) => (100 * own[one]).toFixed(2)),
    ]);
    writeFileSync(join(out, "results.csv"), formatCsv([["run", "seed", "new labels", ...columns], ...cells]));
  }
}
