/**
 * Whole MiDSS and DiM-1 iterations of dimseg beside the same iterations written in PyTorch: from drawn and augmented
 * inputs through teacher, four student views, losses, gradients and update to the moved teacher.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boxMask, drawBoxes } from "../src/augment/index.js";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import type { TargetKind } from "../src/core/target-kind.js";
import { UNet } from "../src/nn/index.js";
import * as torch from "../src/torch/index.js";
import { hasFastBfloat16 } from "../src/training/engine-settings.js";
import type { Conversation } from "./conversation.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import {
  comparedCells,
  missingPeer,
  noBfloat16Note,
  noPeerNote,
  type Side,
  startProgram,
  type Timing,
  takeTurns,
  timeCells,
} from "./side-by-side.js";

export const methods = ["MiDSS", "DiM-1"] as const;
type MethodName = (typeof methods)[number];

/** What one process is told to run; the names are those of the line protocol. */
export interface StepSettings {
  /** Safetensors file with the weights of student and teacher and the inputs of an iteration. */
  file: string;
  method: MethodName;
  kind: TargetKind;
  width: number;
  precision: "fp32" | "bf16";
  channelsLast: boolean;
  /** PyTorch only, on CUDA: TensorFloat-32 in convolutions, which PyTorch takes unless told otherwise. */
  tensorFloat32: boolean;
  /** PyTorch only: networks through torch.compile, which is done before the first iteration. */
  compile: boolean;
  /** dimseg only: iterations after the first are captured and repeated as a graph. Default: no. */
  captured?: boolean;
  device: string;
  threads: number;
  schedule: { baseRate: number; firstIteration: number; maxIterations: number };
}

/** Half-way through training: every term has weight. */
export const schedule = { baseRate: 0.03, firstIteration: 15000, maxIterations: 30000 };

export interface Size {
  width: number;
  side: number;
  /** Labelled images, and as many unlabelled ones. */
  batch: number;
  channels: number;
  kind: TargetKind;
}

export interface Plan {
  /** Compiled networks take a minute or more to make, and take part where a size says so. */
  sizes: (Size & { rounds: number; compiled?: boolean })[];
  warmUp: number;
}

/** Fundus images (two overlapping classes) and prostate slices (one class and background) as training meets them. */
const fundus = { channels: 3, kind: "sigmoid" } as const;
const prostate = { channels: 1, kind: "softmax" } as const;

const fullPlan: Plan = {
  sizes: [
    { width: 16, side: 128, batch: 4, ...fundus, rounds: 12 },
    { width: 8, side: 96, batch: 4, ...prostate, rounds: 20 },
    { width: 16, side: 256, batch: 2, ...fundus, rounds: 12 },
  ],
  warmUp: 2,
};
/** The paper's network on its Fundus images, half of it, and a small one that waits for the processor's calls. */
const cudaPlan: Plan = {
  sizes: [
    { width: 64, side: 256, batch: 4, ...fundus, rounds: 10 },
    { width: 32, side: 256, batch: 4, ...fundus, rounds: 10, compiled: true },
    { width: 16, side: 128, batch: 4, ...fundus, rounds: 20 },
  ],
  warmUp: 3,
};
const quickPlan: Plan = {
  sizes: [
    { width: 8, side: 96, batch: 2, ...fundus, rounds: 3 },
    { width: 8, side: 64, batch: 2, ...prostate, rounds: 3 },
  ],
  warmUp: 1,
};

type Engine = { name: string } & Pick<
  StepSettings,
  "precision" | "channelsLast" | "tensorFloat32" | "compile" | "captured"
>;

export const engines = {
  float: { name: "fp32 NCHW", precision: "fp32", channelsLast: false, tensorFloat32: false, compile: false },
  floatLast: {
    name: "fp32 channels-last",
    precision: "fp32",
    channelsLast: true,
    tensorFloat32: false,
    compile: false,
  },
  tensorFloat: { name: "TF32 NCHW", precision: "fp32", channelsLast: false, tensorFloat32: true, compile: false },
  bfloat: { name: "bf16 channels-last", precision: "bf16", channelsLast: true, tensorFloat32: false, compile: false },
  compiled: { name: "bf16, torch.compile", precision: "bf16", channelsLast: true, tensorFloat32: false, compile: true },
  captured: {
    name: "bf16, captured as a graph",
    precision: "bf16",
    channelsLast: true,
    tensorFloat32: false,
    compile: false,
    captured: true,
  },
} as const satisfies Record<string, Engine>;
export type EngineName = keyof typeof engines;

interface Comparison {
  name: string;
  ours: EngineName;
  theirs: EngineName;
  /** Bound on dimseg/PyTorch. */
  target: number;
}

/**
 * What is compared on a device. In float32 on a processor the layouts are those that each side trains in by itself, and
 * planes on both sides besides.
 * @param size.compiled whether PyTorch's compiled networks take part
 */
export function comparisonsOn(
  device: string,
  { width, compiled = false }: Pick<Plan["sizes"][number], "width" | "compiled">,
): Comparison[] {
  const wide = width >= 64;
  const equal: Comparison[] = [
    { name: engines.float.name, ours: "float", theirs: "float", target: 1 },
    { name: engines.bfloat.name, ours: "bfloat", theirs: "bfloat", target: 1 },
  ];
  const tuned = { name: "tuned vs PyTorch defaults", ours: "bfloat", target: 0.5 } as const;
  if (device !== "cpu") {
    const captured = { name: "bf16, captured vs eager", ours: "captured", theirs: "bfloat" } as const;
    const beside: Comparison = { name: "bf16 vs torch.compile", ours: "bfloat", theirs: "compiled", target: 1 };
    return [
      ...equal,
      { ...tuned, theirs: "tensorFloat" },
      // A wide network keeps the GPU busy by itself; a narrow one waits for the processor's calls.
      { ...captured, target: wide ? 1 / 1.1 : 1 / 1.5 },
      ...(compiled ? [beside] : []),
    ];
  }
  const all: Comparison[] = [
    { name: "fp32, each in its own layout", ours: "floatLast", theirs: "float", target: 1 },
    ...equal,
    { ...tuned, theirs: "float" },
  ];
  return all.filter(({ ours }) => engines[ours].precision === "fp32" || hasFastBfloat16());
}

/** The engines of a side that take part in a comparison. */
export const enginesOf = (side: Side, comparisons: readonly Comparison[]) =>
  (Object.keys(engines) as EngineName[]).filter((name) =>
    comparisons.some(({ ours, theirs }) => name === (side === "dimseg" ? ours : theirs)),
  );

const costTarget = 2.2;

/**
 * Relative difference allowed between the losses of the first iterations. The step along a normalised gradient
 * multiplies the rounding in perturbed ones; bfloat16 carries eight significant bits.
 */
const lossTolerance = { fp32: 1e-4, bf16: 3e-2 };
const perturbedTolerance = { fp32: 1e-3, bf16: 3e-2 };

interface Answer {
  seconds: number;
  losses: Record<string, number>;
}

/** Where a bench runs, and what it compares there. */
interface Machine {
  device: string;
  comparisons: readonly Comparison[];
}

/** A program's place in the table of timings. */
const key = (side: Side, engine: EngineName, method: MethodName) => `${side} ${engine} ${method}`;

/**
 * Writes the start of the experiment for all sides. The heads' weights are enlarged so that the teacher is sure of some
 * pixels and not of others.
 */
export function writeStart(path: string, { width, side, batch, channels, kind }: Size): void {
  torch.scope(() => {
    const generator = new torch.Generator(0);
    const weights = ["student.", "teacher."].flatMap((prefix) => {
      const network = new UNet({ inChannels: channels, outChannels: 2, width, generator });
      return [...network.stateDict()].map(([name, tensor]): [string, torch.Tensor] => [
        prefix + name,
        name === "outc.conv.weight" ? torch.noGrad(() => tensor.mul(8)) : tensor,
      ]);
    });
    const images = () => torch.rand([batch, channels, side, side], { generator }).mul(2).sub(1);
    const labelShape = kind === "sigmoid" ? [batch, 2, side, side] : [batch, side, side];
    const y = torch.rand(labelShape, { generator }).gt(0.5);
    const shape = [side, side];
    const inputs: [string, torch.Tensor][] = [
      ["x", images()],
      ["y", y.to({ dtype: kind === "sigmoid" ? "float32" : "int64" })],
      ["u_w", images()],
      ["u_s", images()],
      ["xt", images()],
      ["box", boxMask(drawBoxes({ seed: 0, iteration: 0, purpose: "bench" }, batch, shape), shape)],
    ];
    writeFileAtomic(path, torch.serializeTensors([...weights, ...inputs]));
    generator.dispose();
  });
}

/** Runs all programs of one size turn by turn, those that are compared next to each other. */
async function measureSize(size: Size & { rounds: number }, sides: Side[], warmUp: number, file: string, on: Machine) {
  const { device, comparisons } = on;
  const programs = new Map<string, Conversation>();
  const prepared: Promise<unknown>[] = [];
  try {
    for (const method of methods) {
      for (const engine of Object.keys(engines) as EngineName[]) {
        for (const side of sides.filter((one) => enginesOf(one, comparisons).includes(engine))) {
          const program = startProgram(side, "step");
          programs.set(key(side, engine, method), program);
          const { name: _, ...arithmetic }: Engine = engines[engine];
          const { width, kind } = size;
          const threads = torch.threads();
          const task: StepSettings = { file, method, kind, width, ...arithmetic, device, threads, schedule };
          prepared.push(program.ask({ do: "prepare", ...task }));
        }
      }
    }
    await Promise.all(prepared);
    return await takeTurns<Answer>(programs, { warmUp, rounds: size.rounds });
  } finally {
    await Promise.all([...programs.values()].map((program) => program.end()));
  }
}

type Timings = ReadonlyMap<string, Timing<Answer>>;

/**
 * Refuses to compare times of different work.
 * @throws Error when a loss of the first iteration differs from PyTorch's in the same arithmetic
 */
function requireSameWork(timings: Timings, { comparisons }: Machine): void {
  for (const { name: setting, ours, theirs } of comparisons) {
    if (engines[ours].precision !== engines[theirs].precision || engines[theirs].tensorFloat32) continue;
    const { precision } = engines[ours];
    for (const method of methods) {
      const got = timings.get(key("dimseg", ours, method))?.first.losses ?? {};
      const wanted = timings.get(key("pytorch", theirs, method))?.first.losses ?? {};
      for (const [name, want] of Object.entries(wanted)) {
        const tolerance = (name.startsWith("perturbed") ? perturbedTolerance : lossTolerance)[precision];
        if (Math.abs(got[name] - want) <= tolerance * Math.abs(want)) continue;
        throw new Error(
          `the first ${method} iterations differ (${setting}): ${name} is ${got[name]} in dimseg and ${want} in PyTorch; they do not do the same work`,
        );
      }
    }
  }
}

export function sizeCells({ width, side, batch, kind }: Size): Row {
  return { width, images: `${side}x${side}, ${batch}+${batch}, ${kind}` };
}

function iterationRows(size: Size, timings: Timings, { comparisons }: Machine): Row[] {
  const timing = (...of: Parameters<typeof key>) => timings.get(key(...of));
  return methods.flatMap((method) =>
    comparisons.map(({ name, ours, theirs, target }) => ({
      measure: `s/iteration ${method}`,
      setting: name,
      ...sizeCells(size),
      ...timeCells(timing("dimseg", ours, method) as Timing<Answer>, timing("pytorch", theirs, method), target),
    })),
  );
}

/** What DiM-1 costs in units of MiDSS, on each side by itself. */
function costRows(size: Size, timings: Timings, { comparisons }: Machine): Row[] {
  return enginesOf("dimseg", comparisons).map((engine) => {
    const cost = (side: Side) => {
      const [plain, dim] = methods.map((method) => timings.get(key(side, engine, method))?.seconds);
      return plain === undefined || dim === undefined ? null : dim / plain;
    };
    const [dimseg, pytorch] = [cost("dimseg") as number, cost("pytorch")];
    return {
      measure: "DiM-1 / MiDSS",
      setting: engines[engine].name,
      ...sizeCells(size),
      ...comparedCells(dimseg, pytorch, null),
      target: `dimseg <= ${costTarget.toFixed(2)}`,
      met: dimseg <= costTarget ? "yes" : "no",
    };
  });
}

function notes(plan: Plan, missing: string | null, { device, comparisons }: Machine): string[] {
  const rounds = plan.sizes.map((size) => size.rounds).join(", ");
  const bfloat16 = comparisons.some(({ ours }) => ours === "bfloat");
  const ofDevice =
    device === "cpu"
      ? [
          `dimseg trains float32 in channels last here, as "auto" does with AVX-512 and for widths below 32; PyTorch's own layout is NCHW.`,
          "dimseg keeps freed memory for the next step, as its training does.",
        ]
      : [
          "Captured, an iteration after the first ones is repeated as one CUDA graph, its numbers of the host those of the capture.",
          "dimseg refuses operators that are not deterministic, as its training does; PyTorch is as it comes. PyTorch's defaults are float32 with TensorFloat-32 in convolutions; fp32 is without, on both sides.",
        ];
  return [
    `One iteration: three teacher passes, pseudo-labels, four student passes, losses, gradients, SGD, EMA; DiM-1 adds the joint encoder pass of its divergence and does everything of the student twice. Augmentation is outside on both sides.`,
    `Median of ${rounds} iterations (by size) after ${plan.warmUp}, one iteration of each program in turn, each round beginning with the next of them, ${torch.threads()} threads each; a ratio of times is the median of the rounds' ratios.`,
    ...ofDevice,
    ...(bfloat16 ? [] : [noBfloat16Note]),
    missing === null
      ? "All programs start from the same weights and inputs; the losses of their first iterations agree."
      : noPeerNote(missing),
  ];
}

/** The sizes and rounds of a measurement. */
export function planOf({ quick, device }: BenchOptions): Plan {
  if (quick) return quickPlan;
  return device === "cpu" ? fullPlan : cudaPlan;
}

export async function run(options: BenchOptions): Promise<BenchReport> {
  const { device } = options;
  const plan = planOf(options);
  const onFor = (size: Plan["sizes"][number]) => ({ device, comparisons: comparisonsOn(device, size) });
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-"));
  try {
    const missing = await missingPeer("step");
    const sides: Side[] = missing === null ? ["dimseg", "pytorch"] : ["dimseg"];
    const rows: Row[] = [];
    for (const [i, size] of plan.sizes.entries()) {
      const file = join(folder, `${i}.safetensors`);
      writeStart(file, size);
      const here = onFor(size);
      const timings = await measureSize(size, sides, plan.warmUp, file, here);
      if (missing === null) requireSameWork(timings, here);
      rows.push(...iterationRows(size, timings, here), ...costRows(size, timings, here));
    }
    return {
      title: `MiDSS and DiM-1 iterations on ${device === "cpu" ? "the CPU" : device}`,
      rows,
      notes: notes(plan, missing, onFor(plan.sizes[0])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
