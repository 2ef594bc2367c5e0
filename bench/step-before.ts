/**
 * The iterations of bench/step.ts in this checkout beside those of another one, built before a change: the same start,
 * one iteration of each in turn.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../src/core/errors.js";
import { packageRoot } from "../src/core/package-root.js";
import * as torch from "../src/torch/index.js";
import type { Conversation } from "./conversation.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import { median, startWorker, type Timing, takeTurns } from "./side-by-side.js";
import {
  comparisonsOn,
  type EngineName,
  engines,
  enginesOf,
  methods,
  planOf,
  type Size,
  type StepSettings,
  schedule,
  sizeCells,
  writeStart,
} from "./step.js";

/** A change that is not about speed may cost this much: what two runs of one checkout differ by. */
const target = 1.02;

interface Answer {
  seconds: number;
  losses: Record<string, number>;
}

type Setting = Pick<StepSettings, "file" | "device" | "method"> & { size: Size; engine: EngineName };

/** The two checkouts at one setting, turn by turn and alone: nothing else shares the machine's caches. */
async function measure(
  { file, device, method, size, engine }: Setting,
  before: string,
  rounds: number,
  warmUp: number,
) {
  const programs = new Map<string, Conversation>([
    ["now", startWorker("step")],
    ["before", startWorker("step", before)],
  ]);
  const { name: _, ...arithmetic } = engines[engine];
  const { width, kind } = size;
  const task: StepSettings = {
    ...{ file, method, kind, width, ...arithmetic, device, schedule },
    threads: torch.threads(),
  };
  try {
    for (const program of programs.values()) await program.ask({ do: "prepare", ...task });
    const timings = await takeTurns<Answer>(programs, { warmUp, rounds });
    return { now: timings.get("now") as Timing<Answer>, before: timings.get("before") as Timing<Answer> };
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

/** Whether the first iterations had the same losses, bit for bit. */
function sameLosses(now: Answer, before: Answer): boolean {
  return Object.entries(before.losses).every(([name, loss]) => Object.is(now.losses[name], loss));
}

function row({ method, size, engine }: Setting, now: Timing<Answer>, before: Timing<Answer>): Row {
  const ratio = median(now.times.map((time, round) => time / before.times[round]));
  return {
    measure: `s/iteration ${method}`,
    setting: engines[engine].name,
    ...sizeCells(size),
    before: before.seconds,
    now: now.seconds,
    ratio,
    target: `<= ${target.toFixed(2)}`,
    met: ratio <= target ? "yes" : "no",
    losses: sameLosses(now.first, before.first) ? "equal" : "differ",
  };
}

/** The commit of a checkout, with a plus when its files are not the commit's. */
function commitOf(checkout: string): string {
  const git = (...args: string[]) => execFileSync("git", ["-C", checkout, ...args], { encoding: "utf8" }).trim();
  return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src", "native") === "" ? "" : "+");
}

export async function run(options: BenchOptions): Promise<BenchReport> {
  const { device, before } = options;
  if (before === null || !existsSync(join(before, "dist", "bench", "step-worker.js")))
    throw new UsageError(`--before ${before} is not a built checkout of dimseg; run npm run setup there`);
  const plan = planOf(options);
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const rows: Row[] = [];
    for (const [i, { rounds, ...size }] of plan.sizes.entries()) {
      const file = join(folder, `${i}.safetensors`);
      writeStart(file, size);
      for (const method of methods)
        for (const engine of enginesOf("dimseg", comparisonsOn(device))) {
          const setting = { file, device, method, size, engine };
          // Twice the rounds of the comparison with PyTorch: what is asked is smaller.
          const { now, before: then } = await measure(setting, before, 2 * rounds, plan.warmUp);
          rows.push(row(setting, now, then));
        }
    }
    return {
      title: `MiDSS and DiM-1 iterations of ${commitOf(packageRoot)} beside ${commitOf(before)}`,
      rows,
      notes: [
        `Median iteration of each checkout, in turn, every other round in reverse, ${torch.threads()} threads; the ratio is the median of the rounds' ratios.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
