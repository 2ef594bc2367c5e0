/**
 * U-Net training steps of dimseg beside PyTorch's own modules: same weights, batch, loss, optimiser and threads.
 * Every program lives in a process of its own that runs one setting only; they take turns step by step, so that a
 * busy or throttled machine slows all of them alike.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import { UNet } from "../src/nn/index.js";
import * as torch from "../src/torch/index.js";
import { hasFastBfloat16 } from "../src/training/engine-settings.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import {
  comparedCells,
  median,
  missingPeer,
  noBfloat16Note,
  noPeerNote,
  type Side,
  startProgram,
  type Timing,
  takeTurns,
  timeCells,
} from "./side-by-side.js";

/** What one process is told to train; the names are those of the line protocol. */
export interface StepSettings {
  /** Safetensors file with the network's weights and the batch x, y. */
  file: string;
  width: number;
  precision: "fp32" | "bf16";
  channelsLast: boolean;
  /** dimseg only: keep freed memory, as its training does. */
  keepMemory: boolean;
  threads: number;
}

interface Size {
  width: number;
  batch: number;
  side: number;
}

interface Plan {
  sizes: Size[];
  warmUp: number;
  rounds: number;
  overheadCalls: number;
  overheadRounds: number;
}

const fullPlan: Plan = {
  sizes: [16, 32].flatMap((width) => [8, 4].map((batch) => ({ width, batch, side: 256 }))),
  warmUp: 2,
  rounds: 11,
  overheadCalls: 100_000,
  overheadRounds: 11,
};
const quickPlan: Plan = {
  sizes: [{ width: 16, batch: 2, side: 128 }],
  warmUp: 1,
  rounds: 3,
  overheadCalls: 10_000,
  overheadRounds: 3,
};

interface Setting extends Pick<StepSettings, "precision" | "channelsLast" | "keepMemory"> {
  side: Side;
}

/** Every program that takes part, by name. */
const settings = {
  dimsegFloat: { side: "dimseg", precision: "fp32", channelsLast: false, keepMemory: true },
  torchFloat: { side: "pytorch", precision: "fp32", channelsLast: false, keepMemory: false },
  dimsegBfloat: { side: "dimseg", precision: "bf16", channelsLast: true, keepMemory: true },
  torchBfloat: { side: "pytorch", precision: "bf16", channelsLast: true, keepMemory: false },
  dimsegPlain: { side: "dimseg", precision: "fp32", channelsLast: false, keepMemory: false },
} satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;

/** What is compared with what; memory is compared where the arithmetic is the same. */
const comparisons: { name: string; ours: SettingName; theirs: SettingName; target: number | null; memory: boolean }[] =
  [
    { name: "fp32 NCHW", ours: "dimsegFloat", theirs: "torchFloat", target: 1, memory: true },
    { name: "bf16 channels-last", ours: "dimsegBfloat", theirs: "torchBfloat", target: 1, memory: true },
    { name: "tuned vs PyTorch defaults", ours: "dimsegBfloat", theirs: "torchFloat", target: 0.5, memory: false },
    { name: "fp32 NCHW, system allocator", ours: "dimsegPlain", theirs: "torchFloat", target: null, memory: true },
  ];

const memoryTarget = 1.1;
const overheadTargetMicroseconds = 3;

/** Relative difference allowed between the first losses; bfloat16 carries eight significant bits. */
const lossTolerance = { fp32: 1e-5, bf16: 1e-2 };

interface Answer {
  seconds: number;
  loss: number;
}

interface Measured {
  timing: Timing<Answer>;
  peakBytes: number;
}

/** Writes the start of the experiment for all sides: PyTorch's initial weights for seed 0 and one random batch. */
function writeStart(path: string, { width, batch, side }: Size): void {
  torch.scope(() => {
    const generator = new torch.Generator(0);
    const network = new UNet({ inChannels: 3, outChannels: 2, width, generator });
    const x = torch.randn([batch, 3, side, side], { generator });
    const y = torch.rand([batch, side, side], { generator }).gt(0.5).to({ dtype: "int64" });
    writeFileAtomic(path, torch.serializeTensors([...network.stateDict(), ["x", x], ["y", y]]));
    network.dispose();
    generator.dispose();
  });
}

/** Runs all programs of one size turn by turn. */
async function measureSize(size: Size, names: SettingName[], plan: Plan, file: string): Promise<Map<string, Measured>> {
  const programs = new Map(names.map((name) => [name, startProgram(settings[name].side, "engine")]));
  try {
    for (const [name, program] of programs) {
      const { precision, channelsLast, keepMemory } = settings[name];
      const threads = availableParallelism();
      const task: StepSettings = { file, width: size.width, precision, channelsLast, keepMemory, threads };
      await program.ask({ do: "prepare", ...task });
    }
    const timings = await takeTurns<Answer>(programs, plan);
    const measured = new Map<string, Measured>();
    for (const [name, program] of programs) {
      const { bytes } = await program.ask<{ bytes: number }>({ do: "peak" });
      measured.set(name, { timing: timings.get(name) as Timing<Answer>, peakBytes: bytes });
    }
    return measured;
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

/** Refuses to compare times of different work. */
function requireSameWork(measured: ReadonlyMap<string, Measured>): void {
  const want = (measured.get("torchFloat") ?? measured.get("dimsegFloat"))?.timing.first.loss;
  if (want === undefined) return;
  for (const [name, { timing }] of measured) {
    const tolerance = lossTolerance[settings[name as SettingName].precision];
    const { loss } = timing.first;
    if (Math.abs(loss - want) <= tolerance * Math.abs(want)) continue;
    throw new Error(`the first losses differ: ${loss} (${name}) and ${want}; the programs do not do the same work`);
  }
}

function stepRows(size: Size, measured: ReadonlyMap<string, Measured>): Row[] {
  const made = comparisons.filter(({ ours }) => measured.has(ours));
  return made.flatMap(({ name, ours, theirs, target, memory }) => {
    const own = measured.get(ours) as Measured;
    const peer = measured.get(theirs);
    const common = { setting: name, width: size.width, batch: size.batch };
    const steps: Row = { measure: "s/step", ...common, ...timeCells(own.timing, peer?.timing, target) };
    if (!memory) return [steps];
    const [dimseg, pytorch = null] = [own, peer].map((side) => side && side.peakBytes / 2 ** 20);
    const bound = target === null ? null : memoryTarget;
    return [steps, { measure: "peak MiB", ...common, ...comparedCells(dimseg as number, pytorch, bound) }];
  });
}

async function overheadRow(plan: Plan, withPeer: boolean): Promise<Row> {
  const sides: Side[] = withPeer ? ["dimseg", "pytorch"] : ["dimseg"];
  const programs = sides.map((side) => ({ side, conversation: startProgram(side, "engine"), times: [] as number[] }));
  try {
    for (let round = 0; round <= plan.overheadRounds; round++) {
      for (const { conversation, times } of programs) {
        const { nanoseconds } = await conversation.ask<{ nanoseconds: number }>({
          do: "overhead",
          calls: plan.overheadCalls,
        });
        if (round > 0) times.push(nanoseconds / 1000);
      }
    }
  } finally {
    await Promise.all(programs.map(({ conversation }) => conversation.end()));
  }
  const [dimseg, pytorch = null] = programs.map(({ times }) => median(times));
  return {
    measure: "µs/call",
    setting: "add of two small tensors, result freed",
    width: null,
    batch: null,
    ...comparedCells(dimseg, pytorch, null),
    target: `<= ${overheadTargetMicroseconds} µs`,
    met: dimseg <= overheadTargetMicroseconds ? "yes" : "no",
  };
}

function notes(plan: Plan, missing: string | null, bfloat16: boolean): string[] {
  const { side } = plan.sizes[0];
  return [
    `U-Net 3 → 2 classes, images ${side}x${side}, cross-entropy + Dice, SGD momentum 0.9 and decay 1e-4; median of ${plan.rounds} steps after ${plan.warmUp}, one step of each program in turn, each round beginning with the next of them, ${availableParallelism()} threads each; the ratio of times is the median of the rounds' ratios.`,
    'dimseg keeps freed memory for the next step, as its training does; the row "system allocator" is without that. It also limits how long OpenMP waits by spinning; PyTorch runs as it comes.',
    "Peak memory is the process's own high-water mark of resident memory; each process ran one setting only.",
    ...(bfloat16 ? [] : [noBfloat16Note]),
    ...(missing === null
      ? ["All programs start from the same weights and batch; their first losses agree."]
      : [noPeerNote(missing)]),
  ];
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const missing = await missingPeer("engine");
    const bfloat16 = hasFastBfloat16();
    const names = Object.keys(settings) as SettingName[];
    const taking = names.filter(
      (name) =>
        (missing === null || settings[name].side === "dimseg") && (bfloat16 || settings[name].precision === "fp32"),
    );
    const rows: Row[] = [];
    for (const size of plan.sizes) {
      const file = join(folder, `w${size.width}b${size.batch}.safetensors`);
      writeStart(file, size);
      const measured = await measureSize(size, taking, plan, file);
      requireSameWork(measured);
      rows.push(...stepRows(size, measured));
    }
    rows.push(await overheadRow(plan, missing === null));
    return { title: "Training step of the engine", rows, notes: notes(plan, missing, bfloat16) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
