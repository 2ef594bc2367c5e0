/**
 * What each optimiser costs beside plain SGD on the same objective, and how much of that is not its passes: norms,
 * copies, combinations of gradients are the optimiser's own. Passes are timed and counted inside the very steps that
 * are measured. Two long passes differ by more than an optimiser's arithmetic takes, so timing them apart and
 * subtracting would drown it.
 */
import { fundusProfile, planarAugmenter } from "../src/augment/index.js";
import {
  type Batch,
  createComparison,
  createObjective,
  type MethodEntry,
  type MethodEvaluation,
  type MethodName,
  methods,
  restyle,
} from "../src/methods/index.js";
import { UNet } from "../src/nn/index.js";
import {
  type DivergenceOptions,
  type Evaluation,
  type MinimizerEntry,
  type MinimizerName,
  minimizers,
  type Objective,
  Sgd,
} from "../src/optim/index.js";
import * as torch from "../src/torch/index.js";
import { native } from "../src/torch/native.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import { median } from "./side-by-side.js";

/** What one optimiser is measured on. */
interface Subject {
  optimizer: MinimizerName;
  /** Shown beside the name. */
  setting: string;
  options: Record<string, unknown>;
  method: MethodName;
}

/** Optimisers whose passes depend on their settings are measured with each of these. */
const variants: Partial<Record<string, Record<string, Record<string, unknown>>>> = {
  dim: { DiM: { startFraction: 0 } },
  "dim-features": { "DiM-1": {}, "DiM-2": { perturbWith: "task" }, "DiM-3": { perturbWith: "clean" } },
};

const entryOf = (optimizer: MinimizerName): MinimizerEntry => minimizers[optimizer];

/** The cheapest method that gives what an optimiser needs. */
function methodFor(optimizer: MinimizerName): MethodName {
  const entry = entryOf(optimizer);
  const settings = entry.options.parse({});
  if (settings.divergence) return "midss";
  const need = entry.needs?.(settings) ?? null;
  const candidates: MethodName[] = ["supervised", "fixmatch"];
  const gives = (method: MethodEntry) => need === null || method.gives?.(method.options.parse({})).includes(need);
  return candidates.find((name) => gives(methods[name])) ?? "midss";
}

const names = Object.keys(minimizers) as MinimizerName[];
const subjects = names.flatMap((optimizer) =>
  Object.entries(variants[optimizer] ?? { "": {} }).map(
    ([setting, options]): Subject => ({ optimizer, setting, options, method: methodFor(optimizer) }),
  ),
);

const target = 1.05;

interface Size {
  width: number;
  side: number;
  batch: number;
  rounds: number;
  warmUp: number;
}
const fullSize: Size = { width: 16, side: 256, batch: 2, rounds: 5, warmUp: 1 };
const quickSize: Size = { width: 8, side: 64, batch: 2, rounds: 3, warmUp: 1 };

/** Half-way through training: every term has weight. */
const where = { seed: 0, iteration: 15000, maxIterations: 30000 };

/** Fundus images and labels by chance; noise is as much work as anything else. */
function drawBatch({ side, batch }: Size): Batch {
  using generator = new torch.Generator(0);
  const images = () => torch.rand([batch, 3, side, side], { generator }).mul(255);
  const labels = torch.rand([batch, 2, side, side], { generator }).gt(0.5).to({ dtype: "float32" });
  return { labelled: { images: images(), labels }, unlabelled: { weak: images(), strong: images() } };
}

/** What the passes of some steps took, and how many there were. */
interface Passes {
  seconds: number;
  evaluations: number;
  divergences: number;
}

/** Sums what evaluations, divergences and their gradients take while steps run. */
class PassClock {
  private passes: Passes = { seconds: 0, evaluations: 0, divergences: 0 };

  /** Runs `body` and adds its time. */
  time<T>(body: () => T): T {
    const started = performance.now();
    try {
      return body();
    } finally {
      this.passes.seconds += (performance.now() - started) / 1000;
    }
  }

  /** The same objective, timed. */
  watch<E extends Evaluation>({ evaluate, divergence }: Objective<E>): Objective<E> {
    return {
      evaluate: (pass) => {
        this.passes.evaluations++;
        return this.time(() => evaluate(pass));
      },
      divergence:
        divergence &&
        ((evaluation, pass) => {
          this.passes.divergences++;
          return this.time(() => divergence(evaluation, pass));
        }),
    };
  }

  /** What was seen since the last call. */
  read(): Passes {
    const seen = this.passes;
    this.passes = { seconds: 0, evaluations: 0, divergences: 0 };
    return seen;
  }
}

const clock = new PassClock();

/** Lets the clock see every backward pass: the optimisers call for them themselves, so it listens at the bridge. */
function watchGradients(): void {
  const bridge = native();
  const { gradient } = bridge;
  bridge.gradient = (...args) => clock.time(() => gradient(...args));
}

/** Steps of a student of its own. Tensors belong to the caller's scope or to the student. */
function trained({ optimizer, options, method: methodName }: Subject, size: Size) {
  const forward = { precision: "fp32", device: "cpu" } as const;
  let seed = 1;
  const createNetwork = () => {
    using generator = new torch.Generator(seed++);
    return new UNet({ inChannels: 3, outChannels: 2, width: size.width, generator });
  };
  const student = createNetwork();
  const context = { student, createNetwork, kind: "sigmoid", augmentation: fundusProfile, ...forward } as const;
  const entry: MethodEntry = methods[methodName];
  const method = entry.create(context, entry.options.parse({}));
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const chosen = entryOf(optimizer);
  const settings = chosen.options.parse(options);
  const minimizer = chosen.create(student.namedParameters(), base, settings);
  const { divergence } = settings as { divergence?: DivergenceOptions };
  const comparison = divergence ? createComparison(divergence, "sigmoid") : null;
  const given = drawBatch(size);
  const prepared = method.prepare(given, where);
  const looks = comparison?.estimator.restyles ?? false;
  const objectiveNow = () => {
    const restyled = looks ? clock.time(() => restyle(given, planarAugmenter(fundusProfile), where)) : undefined;
    return clock.watch<MethodEvaluation>(createObjective(prepared, student, comparison, forward, restyled));
  };
  let { iteration } = where;
  const step = () =>
    torch.scope(() => {
      const at = { ...where, iteration, rate: 1e-3, baseRate: 1e-3, rampUp: prepared.rampUp, measure: false };
      iteration++;
      const { nonFinite } = minimizer.step(objectiveNow(), at);
      if (nonFinite) throw new Error(`${optimizer}: ${nonFinite.quantity} is not finite; the times would mean nothing`);
    });
  return step;
}

/** Times `times` steps and their passes; per step. */
function timeSteps(step: () => void, times = 1): { whole: number } & Passes {
  clock.read();
  const started = performance.now();
  for (let i = 0; i < times; i++) step();
  const whole = (performance.now() - started) / 1000 / times;
  const { seconds, evaluations, divergences } = clock.read();
  return {
    whole,
    seconds: seconds / times,
    evaluations: evaluations / times,
    divergences: divergences / times,
  };
}

/** Refuses to compare a step with passes that its entry does not speak of. */
function requirePasses(optimizer: MinimizerName, { evaluations }: Passes): void {
  const { passes } = entryOf(optimizer);
  if (Math.abs(evaluations - passes) < 1e-9) return;
  throw new Error(`${optimizer} makes ${evaluations} passes, not ${passes}`);
}

/** One optimiser's row: medians over the rounds of what was seen within each round. */
function measure(subject: Subject, size: Size): Row {
  const { optimizer, setting, options, method } = subject;
  const { every: period = 1 } = entryOf(optimizer).options.parse(options) as { every?: number };
  const rounds = torch.scope(() => {
    const plain = trained({ ...subject, optimizer: "none", options: {} }, size);
    const watched = trained(subject, size);
    const round = () => {
      const sgd = timeSteps(plain);
      const own = timeSteps(watched, period);
      requirePasses(optimizer, own);
      const update = sgd.whole - sgd.seconds;
      const { evaluations, divergences } = own;
      return {
        passes: `${evaluations}${divergences > 0 ? ` + ${divergences} D` : ""}`,
        step: own.whole,
        cost: own.whole / sgd.whole,
        ratio: own.whole / (own.seconds + update),
      };
    };
    for (let i = 0; i < size.warmUp; i++) round();
    return Array.from({ length: size.rounds }, round);
  });
  const [step, cost, ratio] = (["step", "cost", "ratio"] as const).map((key) => median(rounds.map((one) => one[key])));
  return {
    optimizer,
    setting,
    objective: method,
    passes: rounds[0].passes,
    seconds: step,
    "x SGD": cost,
    "/ its passes": ratio,
    target: `<= ${target.toFixed(2)}`,
    met: ratio <= target ? "yes" : "no",
  };
}

export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  torch.keepFreedMemory();
  watchGradients();
  const size = quick ? quickSize : fullSize;
  const rows = subjects.map((subject) => measure(subject, size));
  const { width, side, batch, rounds } = size;
  return {
    title: "Steps of the optimisers beside plain SGD",
    rows,
    notes: [
      `U-Net of width ${width}, ${side}x${side} fundus images, batches of ${batch} (and ${batch} unlabelled ones), fp32, ${torch.threads()} threads; median of ${rounds} rounds.`,
      "Images, labels and the teacher's answers are fixed outside the timing.",
      "passes: evaluations with their gradient per step, and those of the divergence D, as counted in the steps.",
      "x SGD: the step beside one of plain SGD in the same round; it carries the noise of two long timings.",
      "/ its passes: the step beside the evaluations, divergences and gradients inside that same step plus SGD's own update, so that the rest is the optimiser's arithmetic.",
      "looksam is timed over a period of five steps, one of them with a second pass.",
    ],
  };
}
