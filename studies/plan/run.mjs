/**
 * A plan against preset `small` (or `small-volumes`) in the same time, on one data set:
 *
 *   node studies/plan/run.mjs DATASET WORK_FOLDER --minutes 20 --labelled DOMAIN [--seeds 1,2,3]
 *
 * Both get the same labels and the same minutes. The preset's number of steps is found as a plan finds its own, from steps
 * that are timed on the same machine, so that both learning rates end at 0. WORK_FOLDER/results.csv has a row a run, which
 * begins with the folder's name; runs that are finished are skipped.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../dist/src/config/config.js";
import { scheduleOf } from "../../dist/src/planning/schedule.js";
import { openModel } from "../../dist/src/runs/model.js";
import { useEngine } from "../../dist/src/torch/index.js";
import { resolveEngine } from "../../dist/src/training/engine-settings.js";
import { rehearse } from "../../dist/src/training/rehearsal.js";
import { openTraining } from "../../dist/src/training/session.js";

const cli = join(import.meta.dirname, "..", "..", "dist", "src", "cli", "main.js");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string" }, labelled: { type: "string" }, seeds: { type: "string", default: "1" } },
});
const [dataset, work] = positionals;
const minutes = Number(values.minutes);
if (!dataset || !work || !values.labelled || !(minutes > 0)) {
  console.error("usage: node studies/plan/run.mjs DATASET WORK_FOLDER --minutes N --labelled DOMAIN [--seeds 1,2,3]");
  process.exit(2);
}

const run = promisify(execFile);
const dimseg = (...words) => run(process.execPath, [cli, ...words], { maxBuffer: 2 ** 26 });
/** What a plan leaves of the time for steps, where reading takes about as long as the engine takes to start. */
const seconds = 0.95 * 60 * minutes - 4;

mkdirSync(work, { recursive: true });
const planned = join(work, "plan.yaml");
if (!existsSync(planned))
  await dimseg("plan", dataset, "--minutes", String(minutes), "--labelled", values.labelled, "--out", planned);
const plan = parse(readFileSync(planned, "utf8"));

/** The preset with the plan's labels, for as many steps as fit. */
async function presetConfig() {
  const path = join(work, "preset.yaml");
  if (existsSync(path)) return path;
  const config = {
    preset: plan.patch ? "small-volumes" : "small",
    dataset: resolve(dataset),
    labelled: plan.labelled,
    ...(plan.method.name === "supervised" ? { method: { name: "supervised" }, optimizer: { name: "sam" } } : {}),
  };
  const trial = join(work, "preset-trial.yaml");
  writeFileSync(trial, stringify(config));
  const wanted = loadConfig(trial);
  const training = resolveEngine(wanted);
  useEngine(training);
  const folder = mkdtempSync(join(tmpdir(), "dimseg-study-"));
  const session = openTraining(openModel({ ...wanted, training }, console.error));
  const measured = await rehearse(session, folder, { warn: console.error, stopRequested: () => false });
  rmSync(folder, { recursive: true });
  rmSync(trial);
  const schedule = scheduleOf(seconds, measured);
  if (!schedule) throw new Error(`${minutes} minutes are not enough for one step of the preset`);
  const { iterations, every } = schedule;
  writeFileSync(path, stringify({ ...config, training: { iterations }, evaluation: { every } }));
  return path;
}

const arms = { plan: planned, preset: await presetConfig() };
const rows = [];
for (const seed of values.seeds.split(","))
  for (const [arm, config] of Object.entries(arms)) {
    const folder = join(work, `${arm}-${seed}`);
    const summary = join(folder, "evaluation", "last-student-native", "summary.json");
    if (!existsSync(summary)) {
      if (!existsSync(folder)) await dimseg("train", config, "--out", folder, "--set", `training.seed=${seed}`);
      await dimseg("evaluate", folder, "--at", "native");
    }
    const { domains, average, checkpoint } = JSON.parse(readFileSync(summary, "utf8"));
    const { imageSize, patch, model } = parse(readFileSync(join(folder, "config.yaml"), "utf8"));
    const size = [patch ?? imageSize].flat().join(" x ");
    const used = JSON.parse(readFileSync(join(folder, "usage.json"), "utf8"));
    const trained = used.reduce((sum, one) => sum + one.seconds, 0);
    const dice = domains.map((one) => `${one.name} ${(100 * one.average.dice.mean).toFixed(2)}`).join("; ");
    const network = [size, model.width, checkpoint.step, trained.toFixed(0)];
    rows.push([basename(work), seed, arm, ...network, (100 * average.dice.mean).toFixed(2), dice]);
    console.log(rows.at(-1).join(","));
  }
const header = ["set", "seed", "arm", "size", "width", "steps", "seconds", "dice", "domains"];
writeFileSync(join(work, "results.csv"), `${[header, ...rows].map((row) => row.join(",")).join("\n")}\n`);
