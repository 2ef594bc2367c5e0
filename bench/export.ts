/**
 * An exported model's time an image in libtorch, ONNX Runtime for Node and ONNX Runtime for the web, and how much a
 * browser loads of the studio's page.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { type WrittenModel, writeModel } from "./export-model.js";
import { chromiumPath, missingWebRuntime, openProgram, servePage } from "./export-page/opened.js";
import { firstLoadBytes, pageBytes } from "./first-load.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import { median, type Program, startWorker, type Timing, takeTurns } from "./side-by-side.js";

/** Who is asked. */
const programNames = ["libtorch", "onnxruntime-node", "onnxruntime-web"] as const;
type ProgramName = (typeof programNames)[number];

/** What a program is told to answer; the names are those of the line protocol. */
export interface ModelSettings extends WrittenModel {
  program: ProgramName;
  threads: number;
}

interface Plan {
  widths: readonly number[];
  /** Side of the image. */
  side: number;
  threads: readonly number[];
  warmUp: number;
  rounds: number;
}

const fullPlan: Plan = { widths: [16, 32], side: 256, threads: [1, 2], warmUp: 1, rounds: 20 };
const quickPlan: Plan = { widths: [4], side: 64, threads: [1, 2], warmUp: 1, rounds: 2 };

/** Share of pixels in which two programs may differ, as when an export is verified. */
const tolerance = 1e-4;
/** Bound on the page's bytes without the runtime. */
const firstLoadTarget = 1e6;

/**
 * Refuses to compare times of different work.
 * @param labels of each program, one digit a pixel
 */
export function requireSameLabels(labels: ReadonlyMap<string, string>): void {
  const [[firstName, first], ...others] = labels;
  if (new Set(first).size < 2) throw new Error(`${firstName}: all labels are the same; they would compare nothing`);
  for (const [name, own] of others) {
    let different = Math.abs(own.length - first.length);
    for (let i = 0; i < first.length; i++) if (own[i] !== first[i]) different++;
    if (different > tolerance * first.length)
      throw new Error(`the label maps of ${firstName} and ${name} differ in ${different} of ${first.length} pixels`);
  }
}

const key = (program: ProgramName, threads: number) => `${program} of ${threads}`;

/** Where programs come from. */
interface Stage {
  readonly names: readonly ProgramName[];
  /** Starts one that answers `ask`. */
  start(name: ProgramName): Promise<Program> | Program;
}

/** The rows of one width: all programs and numbers of threads turn by turn. */
async function modelRows({ names, start }: Stage, plan: Plan, folder: string, width: number): Promise<Row[]> {
  const model = writeModel(folder, width, plan.side);
  const programs = new Map<string, Program>();
  try {
    const labels = new Map<string, string>();
    for (const threads of plan.threads) {
      for (const name of names) {
        const program = await start(name);
        programs.set(key(name, threads), program);
        const settings: ModelSettings = { program: name, ...model, threads };
        await program.ask({ do: "prepare", ...settings });
        labels.set(key(name, threads), (await program.ask<{ labels: string }>({ do: "labels" })).labels);
      }
    }
    requireSameLabels(labels);
    const timings = await takeTurns<{ seconds: number }>(programs, plan);
    return plan.threads.flatMap((threads) => {
      const libtorch = timings.get(key("libtorch", threads)) as Timing<unknown>;
      return names.map((name) => {
        const { seconds, times } = timings.get(key(name, threads)) as Timing<unknown>;
        return {
          ...{ measure: "ms/image", what: name, width, threads, value: 1000 * seconds },
          "times libtorch": median(times.map((time, round) => time / libtorch.times[round])),
          ...{ target: null, met: null },
        };
      });
    });
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

function bytesRow(what: string, value: number): Row {
  const [target, met] = [`< ${firstLoadTarget}`, value < firstLoadTarget ? "yes" : "no"];
  return { measure: "bytes", what, width: null, threads: null, value, "times libtorch": null, target, met };
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Why a program is not asked on this machine, or null. */
function missing(name: ProgramName): string | null {
  if (name === "libtorch") return null;
  if (name === "onnxruntime-web") return missingWebRuntime();
  return isInstalled(name) ? null : `the package ${name} is not installed`;
}

/** Times of all that is there, and how large the page is. */
async function measure(plan: Plan, folder: string, browser: Browser | null): Promise<Row[]> {
  const rows: Row[] = [];
  const names = programNames.filter((name) => missing(name) === null);
  const server = names.includes("onnxruntime-web") ? await servePage(folder) : null;
  const start = (name: ProgramName) =>
    name === "onnxruntime-web" && browser && server ? openProgram(browser, server.url) : startWorker("export");
  try {
    for (const width of plan.widths) rows.push(...(await modelRows({ names, start }, plan, folder, width)));
  } finally {
    await server?.close();
  }
  if (browser) rows.push(bytesRow("studio's page, first load", await firstLoadBytes(browser)));
  rows.push(bytesRow("studio's page, all files", pageBytes()));
  return rows;
}

/** Runs the bench. */
export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  const browser = existsSync(chromiumPath)
    ? await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] })
    : null;
  try {
    const absent = programNames.flatMap((name) => {
      const reason = missing(name);
      return reason === null ? [] : [`${name} is left out: ${reason}.`];
    });
    return {
      title: `Exported U-Net on ${plan.side} x ${plan.side} images, and the studio's page`,
      rows: await measure(plan, folder, browser),
      notes: [
        `One image: three planes of bytes in, probabilities of three classes and a label map out, float32 on the CPU, onnxruntime-web by wasm; a U-Net trained for a moment on that image. All label maps of a width agree but for at most ${tolerance * 1e4} pixel in 10,000.`,
        `Medians over ${plan.rounds} rounds after ${plan.warmUp}, all programs of a width in turn, each asked once more just before; a ratio is the median of the rounds' ratios to libtorch with as many threads.`,
        "The page's bytes are those that are sent, without the runtime's wasm.",
        ...(browser
          ? [`Chromium ${browser.version()}, headless.`]
          : [`What the browser loads first is left out: there is no ${chromiumPath}.`]),
        ...absent,
      ],
    };
  } finally {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
