/** MiDSS worked out by hand on 4×4 pixels, and what one step fixes, repeats and leaves alone on a small U-Net. */
import { afterEach, describe, expect, vi } from "vitest";
import { drawTpRam, mriProfile } from "../../src/augment/index.js";
import type { TargetKind } from "../../src/core/target-kind.js";
import { midssRampUp } from "../../src/losses/index.js";
import type { Batch } from "../../src/methods/index.js";
import {
  evaluateViews,
  Midss,
  type MidssInputs,
  midss,
  midssOptions,
  studentViews,
  teacherTargets,
} from "../../src/methods/midss.js";
import { type NetworkOutput, SegmentationNetwork, UNet } from "../../src/nn/index.js";
import * as torch from "../../src/torch/index.js";
import { Generator, type Tensor, tensor } from "../../src/torch/index.js";
import { disturb, snapshot, wave } from "../nn/networks.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

const forward = { precision: "fp32", device: "cpu" } as const;
const options = { confidenceThreshold: 0.95, emaDecay: 0.99, diceMaskQuirk: true };
afterEach(() => void vi.restoreAllMocks());

/** Answers the images it is shown with the given logits in turn, whatever they are, and remembers them. */
class Scripted extends SegmentationNetwork {
  override readonly rank = 2;
  override readonly strides = [1, 1];
  override readonly width = 1;
  readonly seen: number[][] = [];

  constructor(private readonly answers: Tensor[]) {
    super();
  }

  override encode(images: Tensor): Tensor[] {
    this.seen.push(...images.split(1).map(numbers));
    return [images];
  }

  override decode([images]: readonly Tensor[]): NetworkOutput {
    const seen = this.seen.length;
    return { logits: torch.cat(this.answers.slice(seen - images.shape[0], seen)), feature: images };
  }
}

/** Rows of letters as logits of one class: A and B are sure of yes and no, a and b lean that way. */
function logitsOf(rows: string, kind: TargetKind): Tensor {
  const values = { A: 10, a: 1, b: -1, B: -10 };
  const plane = tensor(rows.split(" ").map((row) => [...row].map((letter) => values[letter as "A"]))).reshape([
    1, 1, 4, 4,
  ]);
  return kind === "sigmoid" ? plane : torch.cat([torch.zerosLike(plane), plane], 1);
}

/** Rows of digits as labels, or as a mask. */
const digits = (rows: string) => rows.split(" ").flatMap((row) => [...row].map(Number));
const box = () => tensor(digits("0000 0110 0110 0000"), { dtype: "bool" }).reshape([1, 1, 4, 4]);
/** Sixteen different pixels from `first` on. */
const pixels = (first: number) => torch.arange(first, first + 16, 1, { dtype: "float32" }).reshape([1, 1, 4, 4]);

function inputsOf(kind: TargetKind): MidssInputs {
  const y = tensor(digits("0011 0011 0101 1100"));
  return {
    x: pixels(0),
    y: kind === "sigmoid" ? y.reshape([1, 1, 4, 4]) : y.reshape([1, 4, 4]).to({ dtype: "int64" }),
    uWeak: pixels(100),
    uStrong: pixels(200),
    xTransferred: pixels(300),
    box: box(),
  };
}

const direct = "AAaB AbBB AAAA BBBB";
const outer = "ABAB AAAB AAAb BBBB";
const inner = "BBBB BbAB BAaB BBBB";

describe.each(["sigmoid", "softmax"] as const)("one image of 4×4 pixels, %s", (kind) => {
  const teacher = () => new Scripted([direct, outer, inner].map((rows) => logitsOf(rows, kind)));
  const targetsOf = (network: Scripted) => teacherTargets(network, inputsOf(kind), options, kind, forward);

  tensorTest("the teacher sees the weak view and both copy-paste images", () => {
    const network = teacher();
    const targets = targetsOf(network);
    const pasted = (outside: number, inside: number) =>
      digits("0000 0110 0110 0000").map((within, i) => (within ? inside : outside) + i);
    expect(network.seen).toEqual([numbers(pixels(100)), pasted(100, 0), pasted(0, 100)]);
    expect(numbers(targets.logits)).toEqual(numbers(logitsOf(direct, kind)));
    expect(targets.pastedLogits.map(numbers)).toEqual([outer, inner].map((rows) => numbers(logitsOf(rows, kind))));
  });

  tensorTest("its own answer gives labels and confidence", () => {
    const { labels, confident } = targetsOf(teacher());
    expect(numbers(labels)).toEqual(digits("1110 1000 1111 0000"));
    expect(numbers(confident)).toEqual(digits("1101 1011 1111 1111"));
  });

  tensorTest("symmetric guidance joins both images, and trusts where all are sure and agree", () => {
    const { symmetric } = targetsOf(teacher());
    expect(numbers(symmetric.labels)).toEqual(digits("1010 1010 1110 0000"));
    expect(numbers(symmetric.confident)).toEqual(digits("1001 1001 1100 1111"));
  });

  tensorTest("the student's four views paste images, labels and masks alike", () => {
    const inputs = inputsOf(kind);
    const [sup, ul, lu, s] = studentViews(inputs, teacherTargets(teacher(), inputs, options, kind, forward));
    expect([sup.name, ul.name, lu.name, s.name]).toEqual(["sup", "ul", "lu", "s"]);
    const pasted = (outside: number, inside: number) =>
      digits("0000 0110 0110 0000").map((within, i) => (within ? inside : outside) + i);

    expect([numbers(sup.images), numbers(sup.labels), sup.mask]).toEqual([
      numbers(pixels(0)),
      digits("0011 0011 0101 1100"),
      null,
    ]);
    expect([numbers(ul.images), numbers(ul.labels), numbers(ul.mask!)]).toEqual([
      pasted(200, 300),
      digits("1110 1010 1101 0000"),
      digits("1101 1111 1111 1111"),
    ]);
    expect([numbers(lu.images), numbers(lu.labels), numbers(lu.mask!)]).toEqual([
      pasted(300, 200),
      digits("0011 0001 0111 1100"),
      digits("1111 1011 1111 1111"),
    ]);
    expect([numbers(s.images), numbers(s.labels), numbers(s.mask!)]).toEqual([
      numbers(pixels(200)),
      digits("1010 1010 1110 0000"),
      digits("1001 1001 1100 1111"),
    ]);
  });
});

tensorTest("overlapping classes agree or disagree each on its own", () => {
  const answer = (first: string, second: string) =>
    torch.cat([logitsOf(first, "sigmoid"), logitsOf(second, "sigmoid")], 1);
  const allA = "AAAA AAAA AAAA AAAA";
  const allB = "BBBB BBBB BBBB BBBB";
  const network = new Scripted([answer(allA, allA), answer(allA, allB), answer(allA, allA)]);
  const inputs = { ...inputsOf("sigmoid"), y: torch.zeros([1, 2, 4, 4]) };
  const { symmetric } = teacherTargets(network, inputs, options, "sigmoid", forward);
  const [first, second] = symmetric.confident.unbind(1).map(numbers);
  expect(first).toEqual(digits("1111 1111 1111 1111"));
  // The second class is contradicted outside the box only.
  expect(second).toEqual(digits("0000 0110 0110 0000"));
});

tensorTest("the task is sup + γ(ul + lu + γ·s), from four views in that order", () => {
  const answers = [direct, outer, inner, direct].map((rows) => logitsOf(rows, "softmax"));
  const inputs = inputsOf("softmax");
  const views = studentViews(inputs, teacherTargets(new Scripted(answers), inputs, options, "softmax", forward));
  const student = new Scripted(answers);
  const settings = { kind: "softmax", diceMaskQuirk: true, compute: forward } as const;
  const { task, terms, shared, outputs } = evaluateViews(student, views, 0.3, true, settings);
  expect(student.seen).toEqual(views.map(({ images }) => numbers(images)));
  const [sup, ul, lu, s] = ["sup", "ul", "lu", "s"].map((name) => terms[name].item());
  expectRelative(task, [sup + 0.3 * (ul + lu + 0.3 * s)]);
  expect([shared?.source, shared?.target]).toEqual([outputs[0], outputs[3]]);
  for (const loss of [sup, ul, lu, s]) expect(loss).toBeGreaterThan(0);
});

/** Two labelled and two unlabelled grey images of 32×32. */
function batch(kind: TargetKind): Batch {
  const images = (shift: number) => wave([2, 1, 32, 32]).mul(shift).abs().mul(200).floor();
  const disc = wave([2, 2, 32, 32]).gt(0).to({ dtype: "float32" });
  const labels = kind === "sigmoid" ? disc : disc.select(1, 0).to({ dtype: "int64" });
  return { labelled: { images: images(0.9), labels }, unlabelled: { weak: images(0.7), strong: images(0.5) } };
}

function create(kind: TargetKind, seed = 1) {
  const network = () => {
    using generator = new Generator(seed++);
    return new UNet({ inChannels: 1, outChannels: 2, width: 2, generator });
  };
  const student = network();
  const context = { student, createNetwork: network, kind, augmentation: mriProfile, ...forward };
  const method = midss.create(context, midss.options.parse({}));
  const { teacher } = method.networks as { teacher: SegmentationNetwork };
  return {
    student,
    method,
    teacher,
    [Symbol.dispose]() {
      student.dispose();
      teacher.dispose();
    },
  };
}

const step = (iteration: number, seed = 7) => ({ seed, iteration, maxIterations: 100 });

describe.each(["sigmoid", "softmax"] as const)("one step, %s", (kind) => {
  /** Every number that a prepared step holds or computes. */
  function numbersOf(made: ReturnType<typeof create>, at: ReturnType<typeof step>) {
    const { domains, rampUp, measures, evaluate } = made.method.prepare(batch(kind), at);
    const { task, terms } = evaluate({ updateRunningStatistics: false });
    const { source, target, labels } = domains!;
    const tensors = [source, target.weak, target.strong, labels!.source, labels!.target, labels!.targetConfidence];
    return {
      tensors: tensors.map(numbers),
      terms: Object.values(terms).map((term) => term.item()),
      task: task.item(),
      rampUp,
      measures: { confidentShare: measures.confidentShare.item() },
    };
  }

  tensorTest("is fixed by seed and iteration", () => {
    using made = create(kind);
    using same = create(kind);
    const want = numbersOf(made, step(3));
    expect(numbersOf(same, step(3))).toEqual(want);
    // Statistics of the teacher have moved meanwhile; its answers use those of the batch.
    expect(numbersOf(made, step(3))).toEqual(want);
    expect(numbersOf(made, step(4)).terms).not.toEqual(want.terms);
    expect(numbersOf(made, step(3, 8)).terms).not.toEqual(want.terms);
  });

  tensorTest("asks the teacher about three batches, once for both evaluations, and its statistics move by each", () => {
    using made = create(kind);
    using twin = create(kind);
    const passes = vi.spyOn(made.teacher, "forward");
    const prepared = made.method.prepare(batch(kind), step(0));
    prepared.evaluate({ updateRunningStatistics: true });
    prepared.evaluate({ updateRunningStatistics: false });
    expect(passes).toHaveBeenCalledTimes(1);
    const [[images]] = passes.mock.calls;
    expect(images.shape[0]).toBe(3 * 2);
    torch.noGrad(() => {
      for (const batch of images.split(2)) twin.teacher.forward(batch);
    });
    const wanted = new Map(snapshot(twin.teacher));
    for (const [name, values] of snapshot(made.teacher)) {
      expectRelative(values, wanted.get(name)!, { absolute: 1e-5, relative: 1e-5 });
    }
  });

  tensorTest("moves the student's statistics in passes that may, and never its weights", () => {
    using made = create(kind);
    const before = snapshot(made.student);
    const prepared = made.method.prepare(batch(kind), step(0));
    prepared.evaluate({ updateRunningStatistics: false });
    expect(snapshot(made.student)).toEqual(before);
    prepared.evaluate({ updateRunningStatistics: true });
    const names = snapshot(made.student).flatMap(([name, values], i) =>
      String(values) === String(before[i][1]) ? [] : [name],
    );
    expect(names.length).toBeGreaterThan(0);
    expect(names.every((name) => /running_(mean|var)$/.test(name))).toBe(true);
  });

  tensorTest("ramps with the iteration and reports the share of confident pixels", () => {
    using made = create(kind);
    for (const iteration of [0, 50, 99]) {
      const { rampUp, measures } = made.method.prepare(batch(kind), step(iteration));
      expect(rampUp).toBe(midssRampUp(iteration, 100));
      const confidentShare = measures.confidentShare.item();
      expect(confidentShare).toBeGreaterThanOrEqual(0);
      expect(confidentShare).toBeLessThanOrEqual(1);
    }
  });

  tensorTest("shows the divergence network inputs between −1 and 1, unaugmented further", () => {
    using made = create(kind);
    const { domains } = made.method.prepare(batch(kind), step(0));
    expectRelative(
      domains!.source,
      numbers(batch(kind).labelled.images).map((v) => v / 127.5 - 1),
      { absolute: 1e-6 },
    );
    expectRelative(
      domains!.target.weak,
      numbers(batch(kind).unlabelled!.weak).map((v) => v / 127.5 - 1),
      {
        absolute: 1e-6,
      },
    );
  });
});

/**
 * How far each of 64 evenly grey labelled images took on the grey of its partner: only the mean moves at this size, so
 * that the pasted pixels are x + r(u − x). Every pair has greys of its own; the strong views are black.
 */
function mixingRatios(iteration: number, options: Record<string, unknown> = {}): number[] {
  using made = create("softmax");
  const context = { student: made.student, createNetwork: () => made.teacher, kind: "softmax", ...forward } as const;
  const method = new Midss({ ...context, augmentation: mriProfile }, midssOptions.parse(options));
  const greys = (values: number[]) => tensor(values).reshape([64, 1, 1, 1]).expand([64, 1, 16, 16]).contiguous();
  const [x, u] = [40, 250].map((first, sign) => Array.from({ length: 64 }, (_, i) => first + (sign ? -i : i)));
  const prepared = method.prepare(
    {
      labelled: { images: greys(x), labels: torch.zeros([64, 16, 16], { dtype: "int64" }) },
      unlabelled: { weak: greys(u), strong: greys(x.map(() => 0)) },
    },
    step(iteration),
  );
  const [ul] = prepared.views.filter(({ name }) => name === "ul");
  return ul.images.split(1).map((image, i) => {
    const pasted = Math.max(...numbers(image.add(1).mul(127.5)));
    return (pasted - x[i]) / (u[i] - x[i]);
  });
}

tensorTest("labelled images move towards their weak partners by ratios drawn from U(0, k/K)", () => {
  const ratios = mixingRatios(50);
  expect(Math.min(...ratios)).toBeGreaterThanOrEqual(-1e-6);
  expect(Math.max(...ratios)).toBeLessThan(0.5);
  expect(Math.max(...ratios)).toBeGreaterThan(0.45);
  expectRelative(ratios, drawTpRam({ seed: 7, iteration: 50, purpose: "midss" }, 64, 0.5), { absolute: 1e-5 });
  expectRelative(mixingRatios(0), Array(64).fill(0), { absolute: 1e-6 });
  expectRelative(mixingRatios(50, { tpRam: false }), Array(64).fill(0), { absolute: 1e-6 });
});

tensorTest("the teacher copies the student after the first step, then follows it, statistics of its own", () => {
  using made = create("sigmoid");
  const { student, teacher, method } = made;
  disturb(teacher);
  const buffers = () => teacher.namedBuffers().map(([, x]) => numbers(x));
  const before = buffers();
  method.afterUpdate(step(0));
  expect(teacher.parameters().map(numbers)).toEqual(student.parameters().map(numbers));
  const old = student.parameters().map(numbers);
  disturb(student);
  method.afterUpdate(step(3));
  teacher.parameters().forEach((x, i) => {
    const moved = numbers(student.parameters()[i]);
    expectRelative(
      x,
      old[i].map((v, j) => 0.75 * v + 0.25 * moved[j]),
      { absolute: 1e-7 },
    );
  });
  expect(buffers()).toEqual(before);
});

tensorTest("a batch without unlabelled images is a defect of the caller", () => {
  using made = create("softmax");
  expect(() => made.method.prepare({ ...batch("softmax"), unlabelled: null }, step(0))).toThrow(/^internal: /);
});
