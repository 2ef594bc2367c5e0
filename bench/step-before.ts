/**
 * The iterations of bench/step.ts in this checkout beside those of another one, built before a change: the same start,
 * one iteration of each in turn.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../src/core/errors.js";
import { packageRoot } from "../src/core/package-root.js";
import { gitState } from "../src/runs/environment.js";
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

/** A change that is not about speed may cost this much. */
const target = 1.02;
/**
 * Pairs of processes that are started afresh for a row: where a process finds its memory makes it a few per cent faster
 * or slower for its whole life, whatever its code. An even number, for each checkout is the first of a pair as often as
 * the other.
 */
const starts = 4;

interface Answer {
  seconds: number;
  losses: Record<string, number>;
}

type Setting = Pick<StepSettings, "file" | "device" | "method"> & { size: Size; engine: EngineName };

/** One pair of processes of the two checkouts, turn by turn and alone: nothing else shares the machine's caches. */
async function measure(
  { file, device, method, size, engine }: Setting,
  before: string,
  { rounds, warmUp, beforeFirst }: { rounds: number; warmUp: number; beforeFirst: boolean },
) {
  const sides = { now: undefined, before };
  const names = beforeFirst ? (["before", "now"] as const) : (["now", "before"] as const);
  const programs = new Map<string, Conversation>(names.map((name) => [name, startWorker("step", sides[name])]));
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

type Pair = Awaited<ReturnType<typeof measure>>;

function row({ method, size, engine }: Setting, pairs: readonly Pair[]): Row {
  const ratios = pairs.map(({ now, before }) => median(now.times.map((time, round) => time / before.times[round])));
  const ratio = median(ratios);
  return {
    measure: `s/iteration ${method}`,
    setting: engines[engine].name,
    ...sizeCells(size),
    before: median(pairs.map(({ before }) => before.seconds)),
    now: median(pairs.map(({ now }) => now.seconds)),
    ratio,
    "of starts": `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
    target: `<= ${target.toFixed(2)}`,
    met: ratio <= target ? "yes" : "no",
    losses: pairs.every(({ now, before }) => sameLosses(now.first, before.first)) ? "equal" : "differ",
  };
}

/** The commit of a checkout, with a plus when its tracked files are not the commit's. */
function commitOf(checkout: string): string {
  const state = gitState(checkout);
  return state === null ? checkout : state.commit.slice(0, 7) + (state.modified ? "+" : "");
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
          const pairs: Pair[] = [];
          const turns = { rounds: Math.ceil(rounds / 2), warmUp: plan.warmUp };
          for (let start = 0; start < starts; start++)
            pairs.push(await measure(setting, before, { ...turns, beforeFirst: start % 2 === 1 }));
          rows.push(row(setting, pairs));
        }
    }
    return {
      title: `MiDSS and DiM-1 iterations of ${commitOf(packageRoot)} beside ${commitOf(before)}`,
      rows,
      notes: [
        `An iteration of each checkout in turn, every other round in reverse, ${torch.threads()} threads, in ${starts} pairs of fresh processes, each checkout first in half of them; a pair's ratio is the median of its rounds' ratios, the row's the median of the pairs'.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
