/**
 * Volumes: a training step of the 3-D U-Net beside the same step in PyTorch, the metrics of a pair of masks, and the
 * label map of a large volume by sliding windows.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import { RandomStream } from "../src/core/random.js";
import { evaluateMask } from "../src/evaluation/evaluate-mask.js";
import { UNet3d } from "../src/nn/index.js";
import * as torch from "../src/torch/index.js";
import { hasFastBfloat16 } from "../src/training/engine-settings.js";
import type { Conversation } from "./conversation.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import {
  comparedCells,
  median,
  missingPeer,
  noBfloat16Note,
  noPeerNote,
  type Side,
  startProgram,
  startWorker,
  type Timing,
  takeTurns,
  timeCells,
} from "./side-by-side.js";

/** What a process is told to train; the names are those of the line protocol. */
export interface VolumeSettings {
  /** Safetensors file with weights, patches `x` and class numbers `y`. */
  file: string;
  width: number;
  precision: "fp32" | "bf16";
  channelsLast: boolean;
  threads: number;
}

/** What a process is told to ask by sliding windows. */
export interface WindowSettings {
  shape: readonly number[];
  patch: readonly number[];
  classes: number;
  width: number;
  precision: "fp32" | "bf16";
  threads: number;
}

interface Plan {
  width: number;
  batch: number;
  /** Sides of the patches that are trained on, and how often each is timed. */
  patches: readonly { side: number; rounds: number }[];
  warmUp: number;
  masks: { shape: readonly number[]; pairs: number; repeats: number };
  windows: readonly Pick<WindowSettings, "shape" | "patch" | "classes">[];
}

const fullPlan: Plan = {
  width: 16,
  batch: 2,
  patches: [
    { side: 64, rounds: 8 },
    { side: 96, rounds: 4 },
  ],
  warmUp: 1,
  masks: { shape: [96, 112, 112], pairs: 20, repeats: 5 },
  windows: [
    { shape: [300, 512, 512], patch: [96, 96, 96], classes: 2 },
    { shape: [96, 512, 512], patch: [64, 96, 96], classes: 100 },
  ],
};
const quickPlan: Plan = {
  width: 4,
  batch: 2,
  patches: [{ side: 32, rounds: 2 }],
  warmUp: 1,
  masks: { shape: [32, 40, 40], pairs: 3, repeats: 2 },
  windows: [{ shape: [48, 64, 64], patch: [32, 32, 32], classes: 5 }],
};

const engines = {
  float: { name: "fp32 planes", precision: "fp32", channelsLast: false },
  floatLast: { name: "fp32 channels-last", precision: "fp32", channelsLast: true },
  bfloat: { name: "bf16 channels-last", precision: "bf16", channelsLast: true },
} as const;
type EngineName = keyof typeof engines;

interface Comparison {
  name: string;
  ours: EngineName;
  theirs: EngineName;
  /** Bound on dimseg/PyTorch. */
  target: number;
}

function comparisons(): Comparison[] {
  const all: Comparison[] = [
    ...(["float", "floatLast", "bfloat"] as const).map((engine) => ({
      ...{ name: engines[engine].name, ours: engine, theirs: engine, target: 1 },
    })),
    {
      name: "tuned vs PyTorch defaults",
      ours: hasFastBfloat16() ? "bfloat" : "floatLast",
      theirs: "float",
      target: 0.6,
    },
  ];
  return all.filter(({ ours }) => engines[ours].precision === "fp32" || hasFastBfloat16());
}

interface Answer {
  seconds: number;
  loss: number;
}

/** Relative difference allowed between the first losses; bfloat16 carries eight significant bits. */
const lossTolerance = { fp32: 1e-4, bf16: 3e-2 };

const key = (side: Side, engine: EngineName) => `${side} ${engine}`;

function writeStart(path: string, { width, batch }: Plan, side: number): void {
  torch.scope(() => {
    using generator = new torch.Generator(0);
    const network = new UNet3d({ inChannels: 1, outChannels: 2, width, generator });
    const x = torch.rand([batch, 1, side, side, side], { generator }).mul(2).sub(1);
    const y = torch.rand([batch, side, side, side], { generator }).gt(0.5).to({ dtype: "int64" });
    writeFileAtomic(path, torch.serializeTensors([...network.stateDict(), ["x", x], ["y", y]]));
    network.dispose();
  });
}

/** The rows of one patch size: all programs turn by turn. */
async function stepRows(
  plan: Plan,
  { side, rounds }: Plan["patches"][number],
  sides: readonly Side[],
  file: string,
): Promise<Row[]> {
  writeStart(file, plan, side);
  const programs = new Map<string, Conversation>();
  try {
    for (const engine of Object.keys(engines) as EngineName[]) {
      for (const one of sides) {
        const used = comparisons().some(({ ours, theirs }) => engine === (one === "dimseg" ? ours : theirs));
        if (!used) continue;
        const program = startProgram(one, "volumes");
        programs.set(key(one, engine), program);
        const { name: _, ...arithmetic } = engines[engine];
        const task: VolumeSettings = { file, width: plan.width, ...arithmetic, threads: torch.threads() };
        await program.ask({ do: "prepare", ...task });
      }
    }
    const timings = await takeTurns<Answer>(programs, { warmUp: plan.warmUp, rounds });
    return comparisons().map(({ name, ours, theirs, target }) => {
      const mine = timings.get(key("dimseg", ours)) as Timing<Answer>;
      const peer = timings.get(key("pytorch", theirs));
      requireSameLoss(name, ours, theirs, mine, peer);
      return {
        measure: "s/step",
        setting: name,
        size: `${side}^3, batch ${plan.batch}`,
        ...timeCells(mine, peer, target),
      };
    });
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

/** Refuses to compare times of different work. */
function requireSameLoss(
  name: string,
  ours: EngineName,
  theirs: EngineName,
  mine: Timing<Answer>,
  peer: Timing<Answer> | undefined,
): void {
  const { precision } = engines[ours];
  if (!peer || precision !== engines[theirs].precision) return;
  const [got, want] = [mine.first.loss, peer.first.loss];
  if (Math.abs(got - want) <= lossTolerance[precision] * Math.abs(want)) return;
  throw new Error(`the first steps differ (${name}): the loss is ${got} in dimseg and ${want} in PyTorch`);
}

/** A ball whose surface wobbles. */
function blob(shape: readonly number[], stream: RandomStream, radius: number, shift: number): Uint8Array {
  const [depth, height, width] = shape;
  const phase = stream.uniform(0, 2 * Math.PI);
  const [cz, cy, cx] = shape.map((side) => side / 2 + stream.normal(0, shift));
  const mask = new Uint8Array(depth * height * width);
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const wobble = 1 + 0.15 * Math.cos(3 * Math.atan2(y - cy, x - cx) + phase) + 0.1 * Math.sin(z / 4);
        if (Math.hypot(z - cz, y - cy, x - cx) < radius * wobble) mask[i] = 1;
      }
    }
  }
  return mask;
}

/** Milliseconds of processor time a pair of masks, by what is asked for. */
function metricRows({ masks: { shape, pairs, repeats } }: Plan): Row[] {
  const stream = new RandomStream(2024, "bench.volumes", 0, 0);
  const least = Math.min(...shape);
  const all = Array.from({ length: pairs }, () => {
    const radius = least * stream.uniform(0.15, 0.35);
    return [blob(shape, stream, radius, 1), blob(shape, stream, radius, 1)] as const;
  });
  const asked = {
    "Dice, HD95, ASD": {},
    "with surface Dice": { surfaceDiceTolerances: [1, 2] },
    "with lesions": { lesions: { leastOverlap: 0.1 } },
  };
  return Object.entries(asked).map(([setting, options]) => {
    const times = Array.from({ length: repeats + 1 }, () =>
      all.map(([prediction, reference]) => {
        const before = process.cpuUsage();
        evaluateMask(prediction, reference, { shape, spacing: [2, 0.8, 0.8], convention: "medpy", ...options });
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      }),
    );
    const milliseconds = median(times.slice(1).flat());
    return {
      ...{ measure: "CPU ms/volume", setting, size: shape.join("x") },
      ...comparedCells(milliseconds, null, null),
      target: "dimseg <= 20",
      met: milliseconds <= 20 ? "yes" : "no",
    };
  });
}

/** Seconds and memory of label maps by sliding windows, each in a process of its own. */
async function windowRows(plan: Plan): Promise<Row[]> {
  const rows: Row[] = [];
  for (const windows of plan.windows) {
    const program = startWorker("volumes");
    try {
      const precision = hasFastBfloat16() ? "bf16" : "fp32";
      const task: WindowSettings = { ...windows, width: plan.width, precision, threads: torch.threads() };
      const { seconds, megabytes } = await program.ask<{ seconds: number; megabytes: number }>({
        ...{ do: "windows", ...task },
      });
      const setting = `${windows.classes} classes, windows of ${windows.patch.join("x")}`;
      const size = windows.shape.join("x");
      rows.push({ measure: "s/volume", setting, size, ...comparedCells(seconds, null, null) });
      rows.push({ measure: "peak MB", setting, size, ...comparedCells(megabytes, null, null) });
    } finally {
      await program.end();
    }
  }
  return rows;
}

/** Runs the bench. */
export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const plan = quick ? quickPlan : fullPlan;
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const missing = await missingPeer("volumes");
    const sides: Side[] = missing === null ? ["dimseg", "pytorch"] : ["dimseg"];
    const rows: Row[] = [];
    for (const patch of plan.patches) {
      rows.push(...(await stepRows(plan, patch, sides, join(folder, `${patch.side}.safetensors`))));
    }
    rows.push(...metricRows(plan), ...(await windowRows(plan)));
    return {
      title: "Volumes: training steps of the 3-D U-Net, metrics and sliding windows",
      rows,
      notes: [
        `One step: forward, cross-entropy, gradients and SGD of the 3-D U-Net of width ${plan.width} with instance normalisation, without dropout.`,
        `Steps are medians after ${plan.warmUp} of each program in turn, each round beginning with the next of them, ${torch.threads()} threads each; a ratio is the median of the rounds' ratios.`,
        "Metrics are medians over pairs of wobbling balls, spacing 2 x 0.8 x 0.8; sliding windows are one volume, their memory that of the whole process; each further slice adds two bytes a pixel, 474 MB from 96 to 1000 slices of 512 x 512.",
        ...(hasFastBfloat16() ? [] : [noBfloat16Note]),
        missing === null ? "The losses of the first steps agree." : noPeerNote(missing),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
