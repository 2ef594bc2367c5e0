/**
 * The iterations of bench/step.ts in this checkout beside those of another one, built before a change: the same start,
 * one iteration of each in turn. The other one runs twice: how far it is from itself is what this machine cannot tell.
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
 * Times that the processes of a row are started afresh: where a process finds its memory makes it a few per cent faster
 * or slower for its whole life, whatever its code.
 */
const starts = 4;
const sides = ["now", "before", "again"] as const;
type Name = (typeof sides)[number];

interface Answer {
  seconds: number;
  losses: Record<string, number>;
}

type Setting = Pick<StepSettings, "file" | "device" | "method"> & { size: Size; engine: EngineName };

/** A process of this checkout and two of the other, turn by turn and alone: nothing else shares the machine's caches. */
async function measure(
  { file, device, method, size, engine }: Setting,
  before: string,
  { rounds, warmUp, first }: { rounds: number; warmUp: number; first: number },
): Promise<Record<Name, Timing<Answer>>> {
  const order = [...sides.slice(first), ...sides.slice(0, first)];
  const programs = new Map<string, Conversation>(
    order.map((name) => [name, startWorker("step", name === "now" ? undefined : before)]),
  );
  const { name: _, ...arithmetic } = engines[engine];
  const { width, kind } = size;
  const task: StepSettings = {
    ...{ file, method, kind, width, ...arithmetic, device, schedule },
    threads: torch.threads(),
  };
  try {
    for (const program of programs.values()) await program.ask({ do: "prepare", ...task });
    const timings = await takeTurns<Answer>(programs, { warmUp, rounds });
    return Object.fromEntries(timings) as Record<Name, Timing<Answer>>;
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

/** Whether the first iterations had the same losses, bit for bit. */
function sameLosses(now: Answer, before: Answer): boolean {
  return Object.entries(before.losses).every(([name, loss]) => Object.is(now.losses[name], loss));
}

type Start = Awaited<ReturnType<typeof measure>>;

/** The median over the starts of a side's times beside those of "before", and the least and largest of them. */
function beside(starts: readonly Start[], side: Name): { ratio: number; range: string } {
  const ratios = starts.map((start) =>
    median(start[side].times.map((time, round) => time / start.before.times[round])),
  );
  return { ratio: median(ratios), range: `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}` };
}

function row({ method, size, engine }: Setting, measured: readonly Start[]): Row {
  const now = beside(measured, "now");
  const again = beside(measured, "again");
  return {
    measure: `s/iteration ${method}`,
    setting: engines[engine].name,
    ...sizeCells(size),
    before: median(measured.map(({ before }) => before.seconds)),
    now: median(measured.map(({ now }) => now.seconds)),
    ratio: now.ratio,
    "of starts": now.range,
    "before beside itself": again.ratio,
    "its starts": again.range,
    target: `<= ${target.toFixed(2)}`,
    met: now.ratio <= target ? "yes" : "no",
    losses: measured.every(({ now, before }) => sameLosses(now.first, before.first)) ? "equal" : "differ",
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
        for (const engine of enginesOf("dimseg", comparisonsOn(device, size)).filter((one) => one !== "captured")) {
          const setting = { file, device, method, size, engine };
          const measured: Start[] = [];
          const turns = { rounds: Math.ceil(rounds / 2), warmUp: plan.warmUp };
          for (let start = 0; start < starts; start++)
            measured.push(await measure(setting, before, { ...turns, first: start % sides.length }));
          rows.push(row(setting, measured));
        }
    }
    return {
      title: `MiDSS and DiM-1 iterations of ${commitOf(packageRoot)} beside ${commitOf(before)}`,
      rows,
      notes: [
        `An iteration of this checkout and of two processes of the other in turn, each round beginning with the next of them, ${torch.threads()} threads, ${starts} times in fresh processes; a start's ratio is the median of its rounds' ratios, the row's the median of the starts'. "before beside itself" is the same ratio of two processes of one checkout.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
