/** A complete small experiment on images that it draws itself: two methods trained, judged and shown. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import { writePhantoms } from "../phantoms/write.js";
import { loadRun } from "../runs/load-run.js";
import { type RunObserver, startRun } from "../training/run.js";
import { type DemoReport, type NamedRun, writeDemoReport } from "./demo/demo-report.js";
import type { Observer } from "./observer.js";

/** What the demo is told. */
export interface DemoInput {
  /** Folder to make. */
  readonly out: string;
  /** Training steps of each method. */
  readonly iterations: number;
}

/** What the demo shows at its end. */
export interface Demonstrated extends DemoReport {
  /** What was done, and what it means. */
  readonly intro: string;
  /** The run that is worth a second look. */
  readonly run: string;
}

/** Watches the drawing, and gives the observer of each training. */
export interface DemoObserver extends Observer {
  /** @returns who watches the training of that method */
  training(method: string): RunObserver & { finish(): void };
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

async function drawPhantoms(out: string, { progress }: Observer): Promise<string> {
  const counts = { trainPerDomain: 40, testPerDomain: 16 };
  const total = 4 * (counts.trainPerDomain + counts.testPerDomain);
  const onProgress = (done: number) => progress("drawing phantoms", done, total);
  const written = await writePhantoms({ ...counts, out, kind: "fundus", size: imageSize, seed: 1, onProgress });
  // Absolute, so that the runs can be evaluated from any folder.
  return resolve(written.dataset);
}

/** Trains both methods below `out`, judges them and writes a page. @throws UsageError when the folder is there already */
export async function runDemo({ out, iterations }: DemoInput, observer: DemoObserver): Promise<Demonstrated> {
  if (existsSync(out)) throw new UsageError(`${out} exists already; choose another folder with --out, or remove it`);
  const dataset = await drawPhantoms(join(out, "data"), observer);
  const runs: NamedRun[] = [];
  for (const { name, folder, sections } of contestants) {
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
    const watcher = observer.training(name);
    try {
      await startRun(join(out, folder), config, watcher);
    } finally {
      watcher.finish();
    }
  }
  for (const { name, folder } of contestants) {
    runs.push({ name, run: await loadRun(join(out, folder), { checkpoint: "last" }) });
  }
  const intro =
    `Two U-Nets after ${iterations} steps with ${labelled.count} labelled images of ${labelled.domain} each; DiM also saw the ` +
    "unlabelled images of all four domains. The images are drawn, so this shows that everything runs, not what a clinic may expect.";
  return { ...(await writeDemoReport(out, runs, intro)), intro, run: join(out, "dim") };
}
