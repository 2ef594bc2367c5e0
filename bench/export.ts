/**
 * An exported model's time an image in libtorch, ONNX Runtime for Node and ONNX Runtime for the web, and how much a
 * browser loads of the studio's page.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { chromiumPath, hasBrowser, launch } from "./browser.js";
import { type WrittenModel, writeModel } from "./export-model.js";
import { missingWebRuntime, openProgram, servePage } from "./export-page/opened.js";
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
  /** File of the graph in {@link WrittenModel.folder}. */
  model: string;
}

type PrecisionName = "fp32" | "int8";

/** One program with one kind of graph. */
interface Contestant {
  readonly program: ProgramName;
  readonly precision: PrecisionName;
  readonly threads: number;
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

/**
 * Share of pixels in which two programs may differ, as when an export is verified. In 8 bits the programs' last digits decide
 * how a value is rounded.
 */
const tolerance: Readonly<Record<PrecisionName, number>> = { fp32: 1e-4, int8: 1e-2 };
/** Bound on the page's bytes without the runtime. */
const firstLoadTarget = 1e6;

/**
 * Refuses to compare times of different work.
 * @param labels of each program, one digit a pixel
 * @param share  of pixels that may differ
 */
export function requireSameLabels(labels: ReadonlyMap<string, string>, share: number): void {
  const [[firstName, first] = ["", ""], ...others] = labels;
  if (labels.size === 0) return;
  if (new Set(first).size < 2) throw new Error(`${firstName}: all labels are the same; they would compare nothing`);
  for (const [name, own] of others) {
    let different = Math.abs(own.length - first.length);
    for (let i = 0; i < first.length; i++) if (own[i] !== first[i]) different++;
    if (different > share * first.length)
      throw new Error(`the label maps of ${firstName} and ${name} differ in ${different} of ${first.length} pixels`);
  }
}

const key = ({ program, precision, threads }: Contestant) => `${program} in ${precision} of ${threads}`;

/** Where programs come from. */
interface Stage {
  readonly names: readonly ProgramName[];
  /** Starts one that answers `ask`. */
  start(name: ProgramName): Promise<Program> | Program;
}

/** libtorch has no graph of 8 bits; the others have where ranges could be measured. */
function contestantsOf(names: readonly ProgramName[], { models }: WrittenModel, threads: number): Contestant[] {
  const precisions = (program: ProgramName): PrecisionName[] =>
    program === "libtorch" || models.int8 === undefined ? ["fp32"] : ["fp32", "int8"];
  return names.flatMap((program) => precisions(program).map((precision) => ({ program, precision, threads })));
}

/** The rows of one width: all programs and numbers of threads turn by turn. */
async function modelRows({ names, start }: Stage, plan: Plan, folder: string, width: number): Promise<Row[]> {
  const model = await writeModel(folder, width, plan.side, names.includes("onnxruntime-node"));
  const contestants = plan.threads.flatMap((threads) => contestantsOf(names, model, threads));
  const programs = new Map<string, Program>();
  try {
    const labels: Record<PrecisionName, Map<string, string>> = { fp32: new Map(), int8: new Map() };
    for (const one of contestants) {
      const program = await start(one.program);
      programs.set(key(one), program);
      const settings: ModelSettings = { ...model, ...one, model: model.models[one.precision] as string };
      await program.ask({ do: "prepare", ...settings });
      labels[one.precision].set(key(one), (await program.ask<{ labels: string }>({ do: "labels" })).labels);
    }
    for (const precision of ["fp32", "int8"] as const) requireSameLabels(labels[precision], tolerance[precision]);
    const timings = await takeTurns<{ seconds: number }>(programs, plan);
    return contestants.map((one) => {
      const { program, precision, threads } = one;
      const libtorch = timings.get(key({ program: "libtorch", precision: "fp32", threads })) as Timing<unknown>;
      const { seconds, times } = timings.get(key(one)) as Timing<unknown>;
      return {
        ...{ measure: "ms/image", what: program, precision, width, threads, value: 1000 * seconds },
        bytes: program === "libtorch" ? null : statSync(join(folder, model.models[precision] as string)).size,
        "times libtorch": median(times.map((time, round) => time / libtorch.times[round])),
        ...{ target: null, met: null },
      };
    });
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

function bytesRow(what: string, value: number): Row {
  const [target, met] = [`< ${firstLoadTarget}`, value < firstLoadTarget ? "yes" : "no"];
  const none = { precision: null, width: null, threads: null, bytes: null, "times libtorch": null };
  return { measure: "bytes", what, value, ...none, target, met };
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
  const browser = hasBrowser ? await launch() : null;
  try {
    const absent = programNames.flatMap((name) => {
      const reason = missing(name);
      return reason === null ? [] : [`${name} is left out: ${reason}.`];
    });
    return {
      title: `Exported U-Net on ${plan.side} x ${plan.side} images, and the studio's page`,
      rows: await measure(plan, folder, browser),
      notes: [
        `One image: three planes of bytes in, probabilities of three classes and a label map out, on the CPU, onnxruntime-web by wasm; a U-Net trained for a moment on that image. All label maps of a width agree but for at most ${tolerance.fp32 * 1e4} pixel in 10,000 in fp32, and ${tolerance.int8 * 1e2} in 100 in int8 (as export --precision int8 writes it, its ranges from that image).`,
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
