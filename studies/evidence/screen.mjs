/**
 * Successive halving of definitions over settings and seeds:
 *   node studies/evidence/screen.mjs studies/evidence/screen.yaml --data optic_disc=/path/dataset.yaml --data nuclei=...
 * A rung trains every definition that is left, and the reference, in every setting with seeds of its own, then keeps the
 * best by mean gain over the reference in all rungs so far (Dice points, unweighted over settings). Runs are those of `dimseg sweep`, so the same
 * command goes on where it stopped. Results of finished rungs stand in OUT/results.csv, with the commit that made them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parse, stringify } from "yaml";

const root = resolve(import.meta.dirname, "../..");
const dimseg = join(root, "dist/src/cli/main.js");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string", multiple: true, default: [] },
    out: { type: "string", default: "runs/evidence-screen" },
    jobs: { type: "string", default: "1" },
  },
});
const [planFile] = positionals;
if (!planFile) throw new Error("give a plan, such as studies/evidence/screen.yaml");
const plan = parse(readFileSync(planFile, "utf8"));
const data = Object.fromEntries(values.data.map((text) => text.split(/=(.*)/s, 2)));
const absent = plan.settings.find(({ dataset }) => !data[dataset]);
if (absent) throw new Error(`setting ${absent.name} needs --data ${absent.dataset}=/path/dataset.yaml`);
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();

/** Trains and judges; runs that are there already are skipped. @returns the folder of the sweep */
function sweep(setting, definitions, seeds, rung) {
  const folder = resolve(values.out, `rung-${rung + 1}`, setting.name);
  mkdirSync(folder, { recursive: true });
  const grid = join(folder, "grid.yaml");
  const base = resolve(dirname(planFile), plan.base);
  const evaluate = { checkpoints: ["last"], networks: ["student"] };
  writeFileSync(grid, stringify({ base, out: folder, seeds, evaluate, runs: definitions }));
  const sets = {
    dataset: resolve(data[setting.dataset]),
    "labelled.domain": setting.domain,
    "labelled.count": setting.count,
    ...plan.set,
  };
  const words = Object.entries(sets).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  const { status } = spawnSync(process.execPath, [dimseg, "sweep", grid, "--jobs", values.jobs, ...words], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`the sweep of ${setting.name} ended with ${status}; run the same command again`);
  return folder;
}

/** Mean Dice of one run over the domains, in points. */
function diceOf(folder, definition, seed) {
  const run = `${definition.name.replaceAll(/[^\w.=+-]+/g, "-")}-seed${seed}`;
  const file = join(folder, run, "evaluation/last-student/summary.json");
  return 100 * JSON.parse(readFileSync(file, "utf8")).average.dice.mean;
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const file = join(values.out, "results.csv");
mkdirSync(values.out, { recursive: true });
if (!existsSync(file)) writeFileSync(file, "commit,rung,definition,setting,seed,dice,gain\n");

let left = plan.definitions;
/** Gains of each definition, setting by setting, over the seeds of all rungs so far. */
const gains = new Map(left.map(({ name }) => [name, plan.settings.map(() => [])]));
plan.rungs.forEach(({ seeds, keep }, rung) => {
  const lines = [];
  plan.settings.forEach((setting, s) => {
    const folder = sweep(setting, [plan.reference, ...left], seeds, rung);
    for (const definition of left) {
      for (const seed of seeds) {
        const dice = diceOf(folder, definition, seed);
        const gain = dice - diceOf(folder, plan.reference, seed);
        lines.push([commit, rung + 1, definition.name, setting.name, seed, dice.toFixed(2), gain.toFixed(2)].join(","));
        gains.get(definition.name)[s].push(gain);
      }
    }
  });
  const known = readFileSync(file, "utf8");
  const fresh = lines.filter((line) => !known.includes(line.slice(line.indexOf(","))));
  if (fresh.length > 0) appendFileSync(file, `${fresh.join("\n")}\n`);
  const bySetting = ({ name }) => gains.get(name).map(mean);
  const ranked = [...left].sort((a, b) => mean(bySetting(b)) - mean(bySetting(a)));
  console.log(
    `\nRung ${rung + 1}, seeds ${seeds.join(", ")}: mean gain over ${plan.reference.name}, least over settings`,
  );
  for (const definition of ranked) {
    const own = bySetting(definition);
    console.log(
      `  ${definition.name.padEnd(36)} ${mean(own).toFixed(1).padStart(6)} ${Math.min(...own)
        .toFixed(1)
        .padStart(6)}`,
    );
  }
  left = ranked.slice(0, keep);
});
console.log(`\nLeft: ${left.map(({ name }) => name).join(", ")}. All numbers: ${file}`);
