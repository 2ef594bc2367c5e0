/** `dimseg demo`: a complete small experiment on images it draws itself. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../core/errors.js";
import { shellWord } from "../core/shell-word.js";
import { createProgress } from "./progress.js";
import { formatTable } from "./table.js";
import { createTrainingDisplay } from "./training-display.js";

interface DemoOptions {
  out: string;
  iterations: number;
}

const imageSize = 96;
const labelled = { domain: "Domain1", count: 8, validation: 6 };

/** The two methods compared, as sections of a configuration. */
const contestants = [
  {
    name: "supervised only",
    folder: "supervised",
    sections: { method: { name: "supervised" }, optimizer: { name: "none" } },
  },
  { name: "DiM", folder: "dim", sections: { method: { name: "midss" }, optimizer: { name: "dim" } } },
];

async function drawPhantoms(out: string): Promise<string> {
  const { writePhantoms } = await import("../phantoms/write.js");
  const counts = { trainPerDomain: 40, testPerDomain: 16 };
  const progress = createProgress({
    label: "drawing phantoms",
    total: 4 * (counts.trainPerDomain + counts.testPerDomain),
  });
  const written = await writePhantoms({
    ...counts,
    out,
    kind: "fundus",
    size: imageSize,
    seed: 1,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  // Absolute, so that the runs can be evaluated from any folder.
  return resolve(written.dataset);
}

async function demo({ out, iterations }: DemoOptions): Promise<void> {
  if (existsSync(out)) throw new UsageError(`${out} exists already; choose another folder with --out, or remove it`);
  const started = Date.now();
  const { parseConfig } = await import("../config/config.js");
  const { startRun } = await import("../training/run.js");
  const { loadRun } = await import("../runs/load-run.js");
  const { writeDemoReport } = await import("../workflows/demo/demo-report.js");
  const dataset = await drawPhantoms(join(out, "data"));
  for (const { name, folder, sections } of contestants) {
    console.log(`\n${name}`);
    const config = parseConfig({
      preset: "small",
      dataset,
      imageSize,
      labelled,
      model: { width: 8 },
      training: { iterations },
      evaluation: { every: iterations },
      ...sections,
    });
    const display = createTrainingDisplay(() => false);
    try {
      await startRun(join(out, folder), config, display);
    } finally {
      display.finish();
    }
  }
  const runs = [];
  for (const { name, folder } of contestants) {
    runs.push({ name, run: await loadRun(join(out, folder), { checkpoint: "last" }) });
  }
  const intro =
    `Two U-Nets after ${iterations} steps with ${labelled.count} labelled images of ${labelled.domain} each; DiM also saw the ` +
    "unlabelled images of all four domains. The images are drawn, so this shows that everything runs, not what a clinic may expect.";
  const report = await writeDemoReport(out, runs, intro);
  console.log(`\n${intro}\n`);
  console.log(formatTable(report.header, report.rows, ["left", ...report.header.slice(1).map(() => "right" as const)]));
  console.log(`\nExamples: ${report.sheet}\nPage:     ${report.page}`);
  console.log(
    `Took ${Math.round((Date.now() - started) / 1000)} s. Next: dimseg evaluate ${shellWord(join(out, "dim"))}`,
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--iterations ${text}: give a whole number of at least 1`);
  return value;
}

export function register(program: Command): void {
  program
    .command("demo")
    .description("draw images of four domains, train supervised-only and DiM, and compare them (minutes on 2 cores)")
    .option("--out <folder>", "folder to make", join("runs", "demo"))
    .option("--iterations <number>", "training steps of each", positive, 400)
    .action(demo);
}
