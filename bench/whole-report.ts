/**
 * `dimseg report` of a trained run as a user starts it: evaluation, features, t-SNE, overlays, figures and the page,
 * with the start of the process, for 300 drawn test images.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { threads } from "../src/torch/index.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";

interface Plan {
  /** Test images of each of the four domains. */
  testPerDomain: number;
  side: number;
  width: number;
}

const fullPlan: Plan = { testPerDomain: 75, side: 256, width: 16 };
const quickPlan: Plan = { testPerDomain: 3, side: 64, width: 4 };
const targetSeconds = 60;
/** Enough for curves; the number of steps hardly changes what a report costs. */
const steps = 20;

/** Runs the command line and returns its seconds. @throws Error with what it said when it fails */
function dimseg(...args: string[]): number {
  const cli = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`dimseg ${args[0]} ended with ${status}: ${stderr.trim()}`);
  return (performance.now() - started) / 1000;
}

function trainOnPhantoms(folder: string, { testPerDomain, side, width }: Plan): string {
  const data = join(folder, "data");
  dimseg("data", "phantoms", data, "--size", `${side}`, "--train", "12", "--test", `${testPerDomain}`);
  const config = join(folder, "config.yaml");
  const sections = {
    preset: "small",
    dataset: join(data, "Fundus", "dataset.yaml"),
    imageSize: side,
    labelled: { domain: "Domain1", count: 4, validation: 4 },
    model: { width },
    method: { name: "midss" },
    optimizer: { name: "dim" },
    training: { iterations: steps },
    evaluation: { every: steps },
  };
  // JSON is YAML too.
  writeFileSync(config, JSON.stringify(sections));
  const run = join(folder, "run");
  dimseg("train", config, "--out", run);
  return run;
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const trained = trainOnPhantoms(folder, plan);
    const row = (setting: string, seconds: number): Row => ({
      measure: "s/report",
      setting,
      cases: 4 * plan.testPerDomain,
      images: `${plan.side}x${plan.side}`,
      width: plan.width,
      seconds,
      target: quick ? null : `< ${targetSeconds} s`,
      met: quick ? null : seconds < targetSeconds ? "yes" : "no",
    });
    const first = dimseg("report", trained);
    dimseg("evaluate", trained, "--checkpoint", "last", "--network", "student");
    return {
      title: "A whole report",
      rows: [row("run without evaluation", first), row("run with evaluation", dimseg("report", trained))],
      notes: [
        `A DiM run of ${steps} steps on phantoms; the report evaluates it if that was not done, passes every test image through the network, embeds the features and draws all figures as SVG and PNG. ${threads()} threads.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
