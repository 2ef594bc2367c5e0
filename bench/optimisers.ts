/**
 * What each optimiser costs beside plain SGD on the same objective, and what its passes alone would cost: everything
 * beyond (norms, copies, combinations of gradients) is the optimiser's own. A round times SGD, one bare pass, the
 * divergence where it is used, and the optimiser, one after the other, so that a busy machine slows all of them.
 */
import { fundusProfile } from "../src/data/augment/index.js";
import { percentileInPlace } from "../src/evaluation/percentile.js";
import {
  type Batch,
  createComparison,
  createObjective,
  type MethodEvaluation,
  type MethodName,
  methods,
} from "../src/methods/index.js";
import { UNet } from "../src/nn/index.js";
import {
  type DivergenceOptions,
  type MinimizerEntry,
  type MinimizerName,
  minimizers,
  type Objective,
  Sgd,
} from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";

/** What one optimiser is measured on, and what it must not exceed. */
interface Subject {
  optimizer: MinimizerName;
  /** Shown beside the name. */
  setting?: string;
  options?: Record<string, unknown>;
  method: MethodName;
  /** Forward and backward passes per step, on average. */
  passes: number;
  /** Passes of the divergence, forward and backward, per step. */
  divergences?: number;
  /** Steps after which it begins anew. */
  period?: number;
}

/** Every registered optimiser has a line; the compiler says which one is missing. */
const plan: Record<MinimizerName, Omit<Subject, "optimizer">[]> = {
  none: [{ method: "supervised", passes: 1 }],
  sam: [{ method: "supervised", passes: 2 }],
  asam: [{ method: "supervised", passes: 2 }],
  asamAdaptive: [{ method: "supervised", passes: 2 }],
  fsam: [{ method: "supervised", passes: 2 }],
  fisher: [{ method: "supervised", passes: 2 }],
  gsam: [{ method: "supervised", passes: 2 }],
  sagm: [{ method: "supervised", passes: 2 }],
  disam: [{ method: "fixmatch", passes: 2 }],
  looksam: [{ method: "supervised", passes: 1.2, period: 5 }],
  esam: [{ method: "supervised", passes: 2 }],
  msam: [{ method: "supervised", passes: 1 }],
  gam: [{ method: "supervised", passes: 4 }],
  wsam: [{ method: "supervised", passes: 2 }],
  flatmatch: [{ method: "supervised", passes: 2 }],
  sdat: [{ method: "midss", passes: 2, divergences: 1 }],
  dim: [
    { method: "midss", setting: "DiM-1", passes: 2, divergences: 2 },
    { method: "midss", setting: "DiM-2", options: { perturbWith: "task" }, passes: 2, divergences: 1 },
    { method: "midss", setting: "DiM-3", options: { perturbWith: "clean" }, passes: 2, divergences: 1 },
  ],
};
const subjects = Object.entries(plan).flatMap(([optimizer, lines]) =>
  lines.map((line): Subject => ({ optimizer: optimizer as MinimizerName, ...line })),
);

const target = 1.05;

interface Size {
  width: number;
  side: number;
  batch: number;
  rounds: number;
  /** Of MiDSS, whose step is four times as long. */
  midssRounds: number;
  warmUp: number;
}
const fullSize: Size = { width: 16, side: 256, batch: 2, rounds: 5, midssRounds: 3, warmUp: 1 };
const quickSize: Size = { width: 8, side: 64, batch: 2, rounds: 3, midssRounds: 3, warmUp: 1 };

/** Half-way through training: every term has weight. */
const where = { seed: 0, iteration: 15000, maxIterations: 30000 };

/** Fundus images and labels by chance; noise is as much work as anything else. */
function drawBatch({ side, batch }: Size): Batch {
  using generator = new torch.Generator(0);
  const images = () => torch.rand([batch, 3, side, side], { generator }).mul(255);
  const labels = torch.rand([batch, 2, side, side], { generator }).gt(0.5).to({ dtype: "float32" });
  return { labelled: { images: images(), labels }, unlabelled: { weak: images(), strong: images() } };
}

/** The programs that take turns; each does one step, or what is timed as a part of one. */
interface Programs {
  sgd(): void;
  pass(): void;
  divergence(): void;
  optimizer(): void;
}

/** A student with its objective and an optimiser. Tensors belong to the caller's scope or to the student. */
function trained({ optimizer, options, method: methodName }: Subject, size: Size) {
  const forward = { precision: "fp32", device: "cpu" } as const;
  let seed = 1;
  const createNetwork = () => {
    using generator = new torch.Generator(seed++);
    return new UNet({ inChannels: 3, outChannels: 2, width: size.width, generator });
  };
  const student = createNetwork();
  const context = { student, createNetwork, kind: "sigmoid", augmentation: fundusProfile, ...forward } as const;
  const entry = methods[methodName];
  const method = entry.create(context, entry.options.parse({}) as never);
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const chosen: MinimizerEntry = minimizers[optimizer] as never;
  const settings = chosen.options.parse(options ?? {});
  const minimizer = chosen.create(student.namedParameters(), base, settings);
  const { divergence } = settings as { divergence?: DivergenceOptions };
  const comparison = divergence ? createComparison(divergence, "sigmoid") : null;
  const prepared = method.prepare(drawBatch(size), where);
  const objective = createObjective(prepared, student, comparison, forward);
  let { iteration } = where;
  const step = () => {
    const at = { ...where, iteration, rate: 1e-3, baseRate: 1e-3, rampUp: prepared.rampUp, measure: false };
    iteration++;
    const { nonFinite } = minimizer.step(objective, at);
    if (nonFinite) throw new Error(`${optimizer}: ${nonFinite.quantity} is not finite; the times would mean nothing`);
  };
  return { student, objective, step };
}

/** One bare evaluation and its gradient, or the divergence's alone. */
function bareParts(objective: Objective<MethodEvaluation>, parameters: torch.Tensor[]) {
  const evaluate = () => objective.evaluate({ updateRunningStatistics: false });
  const unused = torch.noGrad(evaluate);
  return {
    pass: () => torch.scope(() => torch.grad(evaluate().task, parameters)),
    divergence: () =>
      torch.scope(() => {
        const value = objective.divergence?.(unused, { updateRunningMeans: false });
        if (value) torch.grad(value, parameters, { allowUnused: true });
      }),
  };
}

function programsOf(subject: Subject, size: Size): Programs {
  const plain = trained({ ...subject, optimizer: "none", options: {} }, size);
  const { student, objective, step } = trained(subject, size);
  return { sgd: plain.step, optimizer: step, ...bareParts(objective, student.parameters()) };
}

function seconds(run: () => void, times = 1): number {
  const started = performance.now();
  for (let i = 0; i < times; i++) run();
  return (performance.now() - started) / 1000 / times;
}

const median = (values: readonly number[]) => percentileInPlace(Float64Array.from(values), 50);

/** One optimiser's row: medians over the rounds of ratios taken within each round. */
function measure(subject: Subject, size: Size): Row {
  const { passes, divergences = 0, period = 1 } = subject;
  const rounds = torch.scope(() => {
    const { sgd, pass, divergence, optimizer } = programsOf(subject, size);
    const round = () => {
      const step = seconds(sgd);
      const bare = seconds(pass);
      const between = divergences > 0 ? seconds(divergence) : 0;
      const whole = seconds(optimizer, period);
      const allowed = step + (passes - 1) * bare + divergences * between;
      return { step: whole, cost: whole / step, allowed: allowed / step, ratio: whole / allowed };
    };
    for (let i = 0; i < size.warmUp; i++) round();
    return Array.from({ length: subject.method === "midss" ? size.midssRounds : size.rounds }, round);
  });
  const [step, cost, allowed, ratio] = (["step", "cost", "allowed", "ratio"] as const).map((key) =>
    median(rounds.map((one) => one[key])),
  );
  return {
    optimizer: subject.optimizer,
    setting: subject.setting ?? "",
    objective: subject.method,
    passes: `${passes}${divergences > 0 ? ` + ${divergences} D` : ""}`,
    seconds: step,
    "x SGD": cost,
    "its passes x SGD": allowed,
    ratio,
    target: `<= ${target.toFixed(2)}`,
    met: ratio <= target ? "yes" : "no",
  };
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  torch.keepFreedMemory();
  const size = quick ? quickSize : fullSize;
  const rows = subjects.map((subject) => measure(subject, size));
  const { width, side, batch, rounds, midssRounds } = size;
  return {
    title: "Steps of the optimisers beside plain SGD",
    rows,
    notes: [
      `U-Net of width ${width}, ${side}x${side} fundus images, batches of ${batch} (and ${batch} unlabelled ones), fp32, ${torch.threads()} threads; median of ${rounds} rounds (${midssRounds} of midss).`,
      "Images, labels and the teacher's answers are fixed outside the timing.",
      "What its passes cost: one SGD step, and for each further pass a bare evaluation with its gradient, for each D the divergence's own forward and backward pass; all timed in the same round.",
      "looksam is timed over a period of five steps, one of them with a second pass.",
    ],
  };
}
