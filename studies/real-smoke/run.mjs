/**
 * Trains and evaluates supervised-only, MiDSS, MiDSS + SAM and DiM with three seeds each, and writes results.json and
 * results.md. Runs that are finished are skipped, interrupted ones resumed.
 *
 *   node studies/real-smoke/run.mjs DATA_FOLDER WORK_FOLDER
 *
 * DATA_FOLDER holds one folder per domain with images/, masks/, train.txt and test.txt (see README.md).
 */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const here = import.meta.dirname;
const cli = join(here, "..", "..", "dist", "src", "cli", "main.js");
const seeds = [1, 2, 3];
const methods = {
  "supervised only": ["method={name: supervised}", "optimizer={name: none}"],
  MiDSS: ["method={name: midss}", "optimizer={name: none}"],
  "MiDSS + SAM": ["method={name: midss}", "optimizer={name: sam}"],
  "DiM-1 (js, featSoftmax)": ["method={name: midss}", "optimizer={name: dim-features}"],
};

const [data, work] = process.argv.slice(2);
if (!data || !work) {
  console.error("usage: node studies/real-smoke/run.mjs DATA_FOLDER WORK_FOLDER");
  process.exit(2);
}

const run = promisify(execFile);
const dimseg = (...args) => run(process.execPath, [cli, ...args], { maxBuffer: 2 ** 26 });

mkdirSync(work, { recursive: true });
if (!existsSync(join(work, "dataset.yaml"))) await dimseg("data", "inspect", data, "--out", join(work, "dataset.yaml"));
copyFileSync(join(here, "config.yaml"), join(work, "config.yaml"));

function lastStep(folder) {
  const path = join(folder, "checkpoints", "latest");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : "";
}

async function oneRun({ name, settings, seed }) {
  const folder = join(work, `${name.replace(/[^A-Za-z0-9]+/g, "-")}-${seed}`);
  const started = Date.now();
  if (!existsSync(join(folder, "config.yaml"))) {
    const assignments = [...settings, `training.seed=${seed}`].flatMap((text) => ["--set", text]);
    await dimseg("train", join(work, "config.yaml"), "--out", folder, ...assignments);
    writeFileSync(join(folder, "seconds.txt"), String((Date.now() - started) / 1000));
  } else if (lastStep(folder) !== "step-1000") {
    await dimseg("train", "--resume", folder);
  }
  for (const checkpoint of ["best", "last"]) {
    if (existsSync(join(folder, "evaluation", `${checkpoint}-student`, "summary.json"))) continue;
    await dimseg("evaluate", folder, "--checkpoint", checkpoint, "--network", "student");
  }
  const read = (checkpoint) =>
    JSON.parse(readFileSync(join(folder, "evaluation", `${checkpoint}-student`, "summary.json"), "utf8"));
  const seconds = existsSync(join(folder, "seconds.txt"))
    ? Number(readFileSync(join(folder, "seconds.txt"), "utf8"))
    : null;
  console.log(`${name}, seed ${seed}: done${seconds ? ` in ${Math.round(seconds)} s` : ""}`);
  return { name, seed, seconds, best: read("best"), last: read("last") };
}

const queue = Object.entries(methods).flatMap(([name, settings]) => seeds.map((seed) => ({ name, settings, seed })));
const results = [];
const worker = async () => {
  for (let next = queue.shift(); next; next = queue.shift()) results.push(await oneRun(next));
};
await Promise.all([worker(), worker()]);

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values) =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));
const cell = (values) => `${(100 * mean(values)).toFixed(1)} ± ${(100 * deviation(values)).toFixed(1)}`;
const domains = results[0].last.domains.map(({ name }) => name);

function table(checkpoint) {
  const head = ["method", ...domains, "average", "HD95 (px)", "s/run"];
  const rows = Object.keys(methods).map((name) => {
    const own = results.filter((result) => result.name === name).map((result) => result[checkpoint]);
    const dice = (domain) => own.map((summary) => summary.domains.find((one) => one.name === domain).average.dice.mean);
    const hd = own.map((summary) => summary.average.hd95.mean);
    const times = results.filter((result) => result.name === name && result.seconds).map((result) => result.seconds);
    return [
      name,
      ...domains.map((domain) => cell(dice(domain))),
      cell(own.map((summary) => summary.average.dice.mean)),
      `${mean(hd).toFixed(1)} ± ${deviation(hd).toFixed(1)}`,
      times.length > 0 ? mean(times).toFixed(0) : "",
    ];
  });
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const compact = results
  .sort((a, b) => a.name.localeCompare(b.name) || a.seed - b.seed)
  .map(({ name, seed, seconds, ...summaries }) => ({
    name,
    seed,
    seconds,
    ...Object.fromEntries(
      Object.entries(summaries).map(([checkpoint, summary]) => [
        checkpoint,
        {
          step: summary.checkpoint.step,
          average: summary.average.dice.mean,
          hd95: summary.average.hd95.mean,
          domains: Object.fromEntries(summary.domains.map((one) => [one.name, one.average.dice.mean])),
        },
      ]),
    ),
  }));
writeFileSync(join(work, "results.json"), `${JSON.stringify(compact, null, 2)}\n`);
writeFileSync(
  join(work, "results.md"),
  `Last checkpoint\n\n${table("last")}\n\nBest on validation\n\n${table("best")}\n`,
);
console.log(readFileSync(join(work, "results.md"), "utf8"));
