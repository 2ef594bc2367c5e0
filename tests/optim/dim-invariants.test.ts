/** The ten invariants of DiM (method section 6.5), on a width-4 U-Net under the whole of MiDSS. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { fundusProfile } from "../../src/augment/index.js";
import { discreteDivergence, divergence, divergenceIds } from "../../src/divergence/index.js";
import { createComparison, createObjective, type DomainComparison, methods } from "../../src/methods/index.js";
import { BatchNorm2d, UNet } from "../../src/nn/index.js";
import {
  divergenceOptions,
  globalNorm,
  type Objective,
  perturb,
  perturbations,
  restore,
  Sgd,
  type StepContext,
  save,
} from "../../src/optim/index.js";
import {
  foreachMul,
  Generator,
  grad,
  liveTensors,
  rand,
  scope,
  setThreads,
  type Tensor,
  tensor,
} from "../../src/torch/index.js";
import { expectRelative } from "../support/tensors.js";
import { create, flat } from "./support.js";

setThreads(1);
afterEach(() => {
  vi.restoreAllMocks();
});

const forward = { precision: "fp32", device: "cpu" } as const;
const maxIterations = 40;
/** Where the ramp is well above 0, so that every term counts. */
const first = 20;
const size = 32;

const networks: UNet[] = [];
function createUNet(): UNet {
  using generator = new Generator(7 + networks.length);
  const network = new UNet({ inChannels: 3, outChannels: 2, width: 4, generator });
  networks.push(network);
  return network;
}

/** Student, teacher and SGD of one run; the same seeds each time. */
function setUp(options: Record<string, unknown> = {}) {
  networks.length = 0;
  const student = createUNet();
  const context = {
    student,
    createNetwork: createUNet,
    kind: "sigmoid",
    augmentation: fundusProfile,
    ...forward,
  } as const;
  const { midss } = methods;
  const method = midss.create(context, midss.options.parse({ confidenceThreshold: 0.55 }));
  const teacher = networks[1];
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const dim = create("dim-features", student.namedParameters(), base, options);
  return { student, teacher, method, base, dim };
}
type Run = ReturnType<typeof setUp>;

/** Two labelled and two unlabelled images; with `same`, both views of the unlabelled ones are the labelled images. */
function drawBatch(iteration: number, same = false) {
  using generator = new Generator(iteration);
  const images = () => rand([2, 3, size, size], { generator }).mul(255);
  const labelled = {
    images: images(),
    labels: rand([2, 2, size, size], { generator }).gt(0.5).to({ dtype: "float32" }),
  };
  const unlabelled = same ? { weak: labelled.images, strong: labelled.images } : { weak: images(), strong: images() };
  return { labelled, unlabelled };
}

const comparisonOf = (options: Record<string, unknown> = {}): DomainComparison =>
  createComparison(divergenceOptions("js", "featSoftmax").parse(options), "sigmoid");

/** The step's objective, its context and what the method is told. */
function prepare({ student, method }: Run, iteration: number, comparison: DomainComparison | null, same = false) {
  const where = { seed: 5, iteration, maxIterations };
  const prepared = method.prepare(drawBatch(iteration, same), where);
  const objective = createObjective(prepared, student, comparison, forward);
  const { rampUp } = prepared;
  const at: StepContext = { iteration, maxIterations, rate: 0.03, baseRate: 0.03, rampUp, measure: true };
  return { objective, at, where };
}

/** Two iterations of DiM; all tensors of student and teacher after each. */
function runDim(options: Record<string, unknown>, comparison: DomainComparison | null = comparisonOf()): number[][] {
  const run = setUp(options);
  return [first, first + 1].map((iteration) =>
    scope(() => {
      const { objective, at, where } = prepare(run, iteration, comparison);
      expect(run.dim.step(objective, at).nonFinite).toBeUndefined();
      run.method.afterUpdate(where);
      return stateOf(run);
    }),
  );
}

/** Two iterations of a loop written here, from `gradientOf` to SGD. */
function runLoop(gradientOf: (objective: Objective, tensors: Tensor[], at: StepContext) => Tensor[]): number[][] {
  const run = setUp();
  return [first, first + 1].map((iteration) =>
    scope(() => {
      const { objective, at, where } = prepare(run, iteration, comparisonOf());
      run.base.step(gradientOf(objective as never, run.student.parameters(), at), at.rate);
      run.method.afterUpdate(where);
      return stateOf(run);
    }),
  );
}

function stateOf({ student, teacher }: Run): number[] {
  return flat([...student.stateDict().values(), ...teacher.stateDict().values()]);
}

/** The loops are the same for every variant: each runs once. */
function once(run: () => number[][]): () => number[][] {
  let result: number[][] | null = null;
  return () => {
    result ??= run();
    return result;
  };
}

const midssLoop = once(() =>
  runLoop((objective, tensors) => grad(objective.evaluate({ updateRunningStatistics: true }).task, tensors)),
);

/** SAM as davda54/sam does it, ρ = 0.05. */
const samLoop = once(() =>
  runLoop((objective, tensors) => {
    const clean = grad(objective.evaluate({ updateRunningStatistics: true }).task, tensors);
    const saved = save(tensors);
    perturb(tensors, foreachMul(clean, 0.05 / (globalNorm(clean).item() + 1e-12)));
    const perturbed = grad(objective.evaluate({ updateRunningStatistics: false }).task, tensors);
    restore(tensors, saved);
    return perturbed;
  }),
);

/** The task loss plus 0.3 times the ramped divergence, without perturbation. */
const divergenceLoop = once(() =>
  runLoop((objective, tensors, { rampUp }) => {
    const evaluation = objective.evaluate({ updateRunningStatistics: true });
    const distance = objective.divergence!(evaluation, { learn: true });
    return grad(evaluation.task.add(distance.mul(0.3 * rampUp)), tensors);
  }),
);

/** How far the student's weights lie from where they should have got to, in units of the way there. */
function apart(got: number[][], want: number[][]): number {
  const run = setUp();
  const isWeight = [...run.student.stateDict()].flatMap(([name, { numel }]) =>
    Array<boolean>(numel).fill(!/running_(mean|var)$/.test(name)),
  );
  const distance = (a: number[], b: number[]) =>
    Math.sqrt(isWeight.reduce((sum, counts, i) => sum + (counts ? (a[i] - b[i]) ** 2 : 0), 0));
  return distance(got[1], want[1]) / distance(want[1], stateOf(run));
}

/** One step, with everything that the invariants ask about noted on the way. */
function watchedStep(options: Record<string, unknown> = {}) {
  const run = setUp(options);
  const weights = () => flat(run.student.parameters());
  return scope(() => {
    const { objective, at, where } = prepare(run, first, comparisonOf());
    const before = weights();
    const passes: number[][] = [];
    const evaluate: typeof objective.evaluate = (pass) => {
      passes.push(weights());
      return objective.evaluate(pass);
    };
    const baseSees: number[][] = [];
    const baseStep = run.base.step.bind(run.base);
    run.base.step = (gradients, rate) => {
      baseSees.push(weights());
      baseStep(gradients, rate);
      baseSees.push(weights());
    };
    const report = run.dim.step({ ...objective, evaluate }, at);
    return { run, report, before, after: weights(), passes, baseSees, at, where };
  });
}

const withLambda = { lambda: 0.3, lambdaMode: "ramp" };

describe("invariants of DiM", () => {
  it.each(perturbations)("1. rho = 0 and lambda = 0 is MiDSS bit for bit (%s)", (perturbWith) => {
    expect(runDim({ perturbWith, rho: 0, lambda: 0 })).toEqual(midssLoop());
  });

  it.each(perturbations)("2. lambda = 0 is SAM (%s)", (perturbWith) => {
    expect(runDim({ perturbWith, rho: 0.05, lambda: 0 })).toEqual(samLoop());
  });

  it.each(perturbations)(
    "3. rho = 0 is the task loss plus the divergence, without perturbation (%s)",
    (perturbWith) => {
      expect(runDim({ perturbWith, rho: 0, ...withLambda })).toEqual(divergenceLoop());
    },
  );

  // At 0 exactly all variants take the same way out; close to it each takes its own. A ReLU or maximum that switches
  // under the perturbation moves the weights by up to 5 in 1,000, a wrong gradient by a tenth and more.
  it.each(perturbations)("1 and 3. a vanishing rho is none (%s)", (perturbWith) => {
    const [bare, withDivergence] = [{ lambda: 0 }, withLambda].map((options) =>
      runDim({ perturbWith, rho: 1e-6, ...options }),
    );
    expect(apart(bare, midssLoop())).toBeLessThan(0.01);
    expect(apart(withDivergence, divergenceLoop())).toBeLessThan(0.01);
  });

  // DiM-4 and DiM-5 perturb with gradients that keep their direction.
  it.each(["total", "task", "clean", "disam"])("2. a vanishing lambda is none (%s)", (perturbWith) => {
    const options = { perturbWith, rho: 0.05, lambda: 1e-6, lambdaMode: "constant" };
    expect(apart(runDim(options), samLoop())).toBeLessThan(0.01);
  });

  it.each(perturbations)(
    "4. a step ends at w0 − lr·buf up to one rounding, without a trace of ε (%s)",
    (perturbWith) => {
      const { run, before, after, at } = watchedStep({ perturbWith, ...withLambda });
      const momentum = flat(run.base.momentum() as Tensor[]);
      const outside = after.filter((weight, i) => {
        const exact = before[i] - at.rate * momentum[i];
        const scale = Math.max(Math.abs(before[i]), Math.abs(exact), Math.abs(at.rate * momentum[i]));
        return Math.abs(weight - exact) > 2 ** -23 * scale;
      });
      expect(outside).toEqual([]);
    },
  );

  it("5. running statistics move once per clean student forward (4) and teacher forward (3), never elsewhere", () => {
    const run = setUp(withLambda);
    const ofStudent = new Set(run.student.namedModules().map(([, part]) => part));
    const moved = { student: 0, teacher: 0 };
    const original = BatchNorm2d.prototype.forward;
    vi.spyOn(BatchNorm2d.prototype, "forward").mockImplementation(function (this: BatchNorm2d, input: Tensor) {
      const before = flat([this.runningMean, this.runningVar]);
      const mean = flat([this.runningMean]);
      const batches = input.split(this.parts ?? [input.shape[0]]).map((batch) => flat([batch.mean([0, 2, 3])]));
      const output = original.call(this, input);
      if (String(flat([this.runningMean, this.runningVar])) === String(before)) return output;
      // Each batch moves it by a tenth of the way, one after another.
      const want = batches.reduce((at, own) => at.map((value, i) => 0.9 * value + 0.1 * own[i]), mean);
      expectRelative(this.runningMean, want, { absolute: 1e-5, relative: 1e-5 });
      moved[ofStudent.has(this) ? "student" : "teacher"] += batches.length;
      return output;
    });
    scope(() => {
      const { objective, at } = prepare(run, first, comparisonOf());
      run.dim.step(objective, at);
    });
    const layers = run.student.namedModules().filter(([, part]) => part instanceof BatchNorm2d).length;
    expect(moved).toEqual({ student: 4 * layers, teacher: 3 * layers });
  });

  it("6. the perturbation has length rho", () => {
    const { report, before, passes } = watchedStep({ rho: 0.05, ...withLambda });
    expect(passes).toHaveLength(2);
    const length = Math.hypot(...passes[1].map((weight, i) => weight - before[i]));
    expect(Math.abs(length - 0.05) / 0.05).toBeLessThan(1e-5);
    expect(Math.abs(report.perturbationNorm - 0.05) / 0.05).toBeLessThan(1e-5);
  });

  it.each([
    { estimator: "featSoftmax", forward: "joint" },
    { estimator: "predMarginal", forward: "joint" },
    { estimator: "predMarginal", forward: "shared" },
  ])("7. D and its gradient vanish between the same images ($estimator, $forward)", (choice) => {
    const run = setUp();
    for (const f of divergenceIds) {
      scope(() => {
        const { objective } = prepare(run, first, comparisonOf({ f, scale: 1, ...choice }), true);
        const evaluation = objective.evaluate({ updateRunningStatistics: false });
        const distance = objective.divergence!(evaluation, { learn: true });
        const least = f === "gan" ? -2 * Math.LN2 : 0;
        expect(Math.abs(distance.item() - least), `value of ${f}`).toBeLessThan(1e-6);
        const slope = globalNorm(grad(distance, run.student.parameters(), { allowUnused: true }));
        expect(slope.item(), `gradient of ${f}`).toBeLessThan(1e-5);
      });
    }
  });

  it("8. the divergences have the values of method section 8", () => {
    scope(() => {
      const [p, q] = [
        [0.5, 0.3, 0.2],
        [0.2, 0.3, 0.5],
      ].map((values) => tensor(values, { dtype: "float64" }));
      const value = (f: string, alpha?: number) =>
        discreteDivergence(divergence(f, alpha === undefined ? {} : { alpha }), p, q, { floor: 0 }).item();
      const expected: Record<string, number> = { kl: 0.274887, rkl: 0.274887, js: 0.132829, h2: 0.135089, tv: 0.3 };
      Object.assign(expected, { pearson: 0.63, neyman: 0.63, jeffreys: 0.549774, lecam: 0.128571 });
      for (const [f, want] of Object.entries(expected)) expect(value(f), f).toBeCloseTo(want, 6);
      expect(value("alpha", 0.5)).toBeCloseTo(0.270178, 6);
    });
  });

  it("9. the teacher answers once per step, for both passes", () => {
    const run = setUp(withLambda);
    const forwardOf = vi.spyOn(run.teacher, "forward");
    scope(() => {
      const { objective, at } = prepare(run, first, comparisonOf());
      expect(forwardOf).toHaveBeenCalledTimes(1);
      run.dim.step(objective, at);
      expect(forwardOf).toHaveBeenCalledTimes(1);
    });
  });

  it.each(perturbations)(
    "10. the update, the teacher's average and all that follows see the returned weights (%s)",
    (perturbWith) => {
      const { run, before, after, passes, baseSees } = watchedStep({ perturbWith, ...withLambda });
      expect(passes[1]).not.toEqual(before);
      expect(baseSees[0]).toEqual(before);
      expect(after).toEqual(baseSees[1]);
      // At iteration 0 the average is a copy of the student.
      run.method.afterUpdate({ seed: 5, iteration: 0, maxIterations });
      expect(flat(run.teacher.parameters())).toEqual(after);
    },
  );

  it("keeps the number of live tensors constant", () => {
    const run = setUp(withLambda);
    const comparison = comparisonOf({ runningMean: 0.9 });
    const step = (iteration: number) =>
      scope(() => {
        const { objective, at } = prepare(run, iteration, comparison);
        run.dim.step(objective, at);
      });
    step(first);
    const before = liveTensors();
    step(first + 1);
    expect(liveTensors()).toBe(before);
  });
});
