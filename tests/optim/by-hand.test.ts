/**
 * Single steps whose every number follows from the definition: losses with known gradients of two weights in float64,
 * SGD without momentum, and what the perturbed passes saw.
 */
import { describe, expect, it } from "vitest";
import {
  type Evaluation,
  type MinimizerEntry,
  type MinimizerName,
  minimizers,
  Sgd,
  type StepContext,
  type StepReport,
} from "../../src/optim/index.js";
import { scope, type Tensor, tensor } from "../../src/torch/index.js";
import { contextAt, create, meanOfChosen, names } from "./support.js";

type Vector = readonly number[];
type Losses = (weights: Tensor, step: number) => Evaluation & { distance?: Tensor };

const plus = (a: Vector, b: Vector, by = 1) => a.map((value, i) => value + by * b[i]);
const length = (a: Vector) => Math.hypot(...a);
/** The vector of that length along `a`. */
const along = (a: Vector, to: number) => a.map((value) => (to * value) / length(a));

/** What an optimiser does from some weights, called "fc.weight" and "fc.bias", in some steps at rate 0.1. */
function run(
  name: MinimizerName,
  options: Record<string, unknown>,
  losses: Losses,
  { from = [1, 0.5], steps = [{}] }: { from?: Vector; steps?: Partial<StepContext>[] } = {},
) {
  return scope(() => {
    const parts = from.map((value) => tensor([value], { dtype: "float64" }).requiresGrad_());
    const named = [["fc.weight", parts[0]] as const, ["fc.bias", parts[1]] as const];
    const minimizer = create(name, named, new Sgd(parts), options);
    const weights = () => parts.map((part) => part.item());
    /** Weights at each evaluation and each step's update, the change of the weights over the rate. */
    const seen: number[][] = [];
    const updates: number[][] = [];
    const reports: StepReport[] = [];
    steps.forEach((changes, step) => {
      const before = weights();
      const evaluate = () => {
        seen.push(weights());
        // One vector, so that losses read as on paper.
        return losses(parts[0].mul(tensor([1, 0], { dtype: "float64" })).add(parts[1].mul(unitB())), step);
      };
      const has = scope(() => evaluate().distance !== undefined);
      seen.pop();
      const divergence = has ? (evaluation: ReturnType<Losses>) => evaluation.distance as Tensor : null;
      reports.push(minimizer.step({ evaluate, divergence }, contextAt(step, changes)));
      updates.push(plus(before, weights(), -1).map((change) => change / 0.1));
    });
    const displacements = seen.map((one) => plus(one, seen[0], -1));
    return { seen, updates, reports, report: reports[0], update: updates[0], displacements };
  });
}
const unitB = () => tensor([0, 1], { dtype: "float64" });

function expectVector(got: Vector, want: Vector, relative = 1e-9): void {
  expect(length(plus(got, want, -1)), `got ${got}, want ${want}`).toBeLessThanOrEqual(relative * length(want));
}

/** Half the weighted squares of w − centre: the gradient is weight·(w − centre). */
const bowl = (w: Tensor, weight: Vector, centre: Vector) =>
  w
    .sub(tensor(centre, { dtype: "float64" }))
    .square()
    .mul(tensor(weight, { dtype: "float64" }))
    .sum()
    .mul(0.5);

const task = ([a, b]: Vector) => [a, 10 * b];
const labelled = ([a, b]: Vector) => [3 * a, b];
const distance = ([a, b]: Vector) => [a - 2, b + 1];
const threeBowls: Losses = (w) => ({
  task: bowl(w, [1, 10], [0, 0]),
  terms: { sup: bowl(w, [3, 1], [0, 0]) },
  distance: bowl(w, [1, 1], [2, -1]),
});
const withoutDistance: Losses = (w) => ({ ...threeBowls(w, 0), distance: undefined });
/** A loss with the gradient `slopes[step]` everywhere. */
const plane =
  (...slopes: Vector[]): Losses =>
  (w, step) => {
    const loss = w.mul(tensor(slopes[step % slopes.length], { dtype: "float64" })).sum();
    return { task: loss, terms: { sup: loss }, perDomain: [loss, loss], perSample: meanOfChosen(loss.unsqueeze(0)) };
  };

describe("DiM", () => {
  const w = [1, 0.5];
  const [rho, lambda] = [0.2, 0.5];
  const total = (at: Vector) => plus(task(at), distance(at), lambda);
  const fixed = { rho, lambda, lambdaMode: "constant" };
  const ascents: [string, Vector][] = [
    ["total", total(w)],
    ["task", task(w)],
    ["source", labelled(w)],
    ["div", distance(w)],
    ["disam", plus(task(w), distance(w), -lambda)],
  ];

  it.each(ascents)("%s: climbs its gradient by rho and descends task + lambda D from there", (perturbWith, ascent) => {
    const { update, displacements, report } = run("dim-features", { ...fixed, perturbWith }, threeBowls);
    const away = along(ascent, rho);
    expectVector(displacements[1], away);
    expectVector(update, total(plus(w, away)));
    expect(report).toMatchObject({ lambda, rho });
    expect(report.updateNorm).toBeCloseTo(length(update), 9);
    expect(report.perturbationNorm).toBeCloseTo(rho, 12);
  });

  it("clean: descends the task loss from there and the divergence from where it was", () => {
    const away = along(task(w), rho);
    const { update, displacements } = run("dim-features", { ...fixed, perturbWith: "clean" }, threeBowls);
    expectVector(displacements[1], away);
    expectVector(update, plus(task(plus(w, away)), distance(w), lambda));
  });

  it("addClean: joins the clean gradient of the labelled loss to source only", () => {
    const updateOf = (options: object) =>
      run("dim-features", { ...fixed, addClean: true, ...options }, threeBowls).update;
    const away = along(labelled(w), rho);
    expectVector(updateOf({ perturbWith: "source" }), plus(total(plus(w, away)), labelled(w)));
    expectVector(updateOf({ perturbWith: "task" }), total(plus(w, along(task(w), rho))));
    expectVector(updateOf({ perturbWith: "source", lambda: 0 }), task(plus(w, along(task(w), rho))));
  });

  it.each(["total", "task", "clean", "source", "div", "disam"])(
    "%s: is plain descent of task + lambda D without a radius, and SAM without a weight",
    (perturbWith) => {
      const plain = run("dim-features", { ...fixed, perturbWith, rho: 0 }, threeBowls);
      expectVector(plain.update, total(w));
      expect(plain.seen).toHaveLength(1);
      const sam = task(plus(w, along(task(w), rho)));
      expectVector(run("dim-features", { ...fixed, perturbWith, lambda: 0 }, threeBowls).update, sam);
    },
  );

  it("takes no weight for a divergence that the method does not give", () => {
    const { update, report } = run("dim-features", { ...fixed, perturbWith: "total" }, withoutDistance);
    expectVector(update, task(plus(w, along(task(w), rho))));
    expect(report.lambda).toBe(0);
    expect(report.divergence).toBeUndefined();
  });

  it("weighs the divergence by a constant, the ramp-up or the iteration, from startIteration on", () => {
    const weights = (options: object, changes: Partial<StepContext>) =>
      run("dim-features", { rho, lambda: 1, ...options }, threeBowls, { steps: [changes] }).report.lambda;
    const late = { iteration: 4, maxIterations: 10, rampUp: 0.3 };
    expect(weights({ lambdaMode: "constant" }, late)).toBe(1);
    expect(weights({ lambdaMode: "ramp" }, late)).toBe(0.3);
    expect(weights({}, late)).toBe(0.3);
    expect(weights({ lambdaMode: "linear" }, late)).toBeCloseTo(0.4, 12);
    expect(weights({ lambdaMode: "linear", lambda: 0.5 }, late)).toBeCloseTo(0.2, 12);
    expect(weights({ lambdaMode: "constant", startIteration: 5 }, late)).toBe(0);
    expect(weights({ lambdaMode: "constant", startIteration: 4 }, late)).toBe(1);
  });

  it("measures the divergence where the update does not need it, only for the log and only with a weight", () => {
    const report = (changes: Partial<StepContext>, options: object = {}) =>
      run("dim-features", { ...fixed, perturbWith: "task", ...options }, threeBowls, { steps: [changes] }).report;
    // D at (1, ½): ½(1 + 9/4).
    expect(report({ measure: true }).divergence).toBeCloseTo(1.625, 12);
    expect(report({ measure: false }).divergence).toBeUndefined();
    expect(report({ measure: true }, { lambda: 0 }).divergence).toBeUndefined();
    expect(report({ measure: true }, { lambda: 1 }).divergence).toBeCloseTo(1.625, 12);
    const { perturbedDivergence } = report({ measure: true }, { perturbWith: "clean" });
    const [a, b] = distance(plus(w, along(task(w), rho)));
    expect(perturbedDivergence).toBeCloseTo((a * a + b * b) / 2, 9);
  });

  it("keeps its radius where the divergence vanishes", () => {
    const none: Losses = (at) => ({ ...threeBowls(at, 0), distance: bowl(at, [0, 0], [0, 0]) });
    const { report } = run("dim-features", { ...fixed, rhoMode: "divergence", perturbWith: "task" }, none);
    expect(report).toMatchObject({ rho, divergence: 0 });
  });

  it("leaves the divergence of the objective to those who ask for it", () => {
    const away = along(task(w), 0.05);
    const { update, report } = run("sam", {}, threeBowls);
    expectVector(update, task(plus(w, away)));
    expect(report).toMatchObject({ lambda: 0, rho: 0.05 });
    expectVector(
      run("sdat", { lambda: 0.7 }, threeBowls).update,
      plus(task(plus(w, away)), distance(plus(w, away)), 0.7),
    );
  });
});

describe("a balanced DiM", () => {
  const w = [1, 0.5];
  const [rho, share] = [0.2, 0.3];
  const fixed = { rho, lambdaMode: "constant", balance: share };
  /** The divergence's gradient at a share of the task's length. */
  const pull = (at: Vector, by = share) => along(distance(at), by * length(task(at)));

  it.each([
    ["total", plus(task(w), pull(w))],
    ["task", task(w)],
    ["source", labelled(w)],
    ["div", distance(w)],
    ["disam", plus(task(w), pull(w), -1)],
  ] as [string, Vector][])("%s: weighs D's gradient to a share of the task's in each pass", (perturbWith, ascent) => {
    const { update, displacements, report } = run("dim-features", { ...fixed, perturbWith }, threeBowls);
    const at = plus(w, along(ascent, rho));
    expectVector(displacements[1], along(ascent, rho));
    expectVector(update, plus(task(at), pull(at)));
    expect(report.lambda).toBeCloseTo((share * length(task(at))) / length(distance(at)), 9);
  });

  it("clean: weighs it where it was", () => {
    const { update, report } = run("dim-features", { ...fixed, perturbWith: "clean" }, threeBowls);
    expectVector(update, plus(task(plus(w, along(task(w), rho))), pull(w)));
    expect(report.lambda).toBeCloseTo((share * length(task(w))) / length(distance(w)), 9);
  });

  it("follows lambdaMode, needs no perturbation, and is off where lambda is 0 or D has no slope", () => {
    const plain = { ...fixed, rho: 0, lambdaMode: "ramp" };
    const { update } = run("dim-features", plain, threeBowls, { steps: [{ rampUp: 0.5 }] });
    expectVector(update, plus(task(w), pull(w, share / 2)));
    expectVector(run("dim-features", { ...plain, lambda: 0 }, threeBowls).update, task(w));
    const flat: Losses = (at) => ({ ...threeBowls(at, 0), distance: bowl(at, [0, 0], [0, 0]) });
    expectVector(run("dim-features", plain, flat).update, task(w));
  });
});

describe("the report", () => {
  it("of a plain step has no perturbation", () => {
    const { report } = run("none", {}, withoutDistance, { steps: [{ measure: true }] });
    const norm = length(task([1, 0.5]));
    expect(report).toMatchObject({
      perturbationNorm: 0,
      lambda: 0,
      rho: 0,
      cosine: 1,
      task: 1.75,
      terms: { sup: 1.625 },
    });
    for (const value of [report.ascentNorm, report.perturbedNorm, report.updateNorm])
      expect(value).toBeCloseTo(norm, 12);
    expect(report.sharpness).toBeUndefined();
  });

  it("of a perturbed step compares both passes, the angle only where it measures", () => {
    const step = (measure: boolean) => run("sam", { rho: 0.2 }, withoutDistance, { steps: [{ measure }] }).report;
    const at = plus([1, 0.5], along([1, 5], 0.2));
    const perturbedTask = (at[0] ** 2 + 10 * at[1] ** 2) / 2;
    const report = step(true);
    expect(report.perturbedTask).toBeCloseTo(perturbedTask, 9);
    expect(report.sharpness).toBeCloseTo(perturbedTask - 1.75, 9);
    expect(report.ascentNorm).toBeCloseTo(length([1, 5]), 12);
    expect(report.perturbedNorm).toBeCloseTo(length(task(at)), 9);
    const cosine = (at[0] + 5 * 10 * at[1]) / (length([1, 5]) * length(task(at)));
    expect(report.cosine).toBeCloseTo(cosine, 9);
    expect(step(false).cosine).toBeUndefined();
    expect(run("none", {}, withoutDistance, { steps: [{ measure: false }] }).report.cosine).toBeUndefined();
  });

  it("has the cosine 0 where a gradient vanishes, and that of short ones", () => {
    const cosine = (slope: Vector) => run("sam", {}, plane(slope), { steps: [{ measure: true }] }).report.cosine;
    expect(cosine([0, 0])).toBe(0);
    expect(cosine([3e-4, 4e-4])).toBeCloseTo(1, 9);
  });
});

describe("a step's timing", () => {
  const passes = (options: object, iterations: number) =>
    Array.from({ length: iterations }, (_, iteration) => {
      return run("sam", { ...options }, withoutDistance, { steps: [{ iteration }] }).seen.length;
    });

  it("perturbs from startIteration on, and never without a radius", () => {
    expect(passes({ startIteration: 2 }, 4)).toEqual([1, 1, 2, 2]);
    expect(passes({ startIteration: 2, every: 2 }, 5)).toEqual([1, 1, 2, 1, 2]);
    expect(passes({ rho: 0 }, 2)).toEqual([1, 1]);
  });

  it("perturbs after startFraction of the training and startIteration, and from there in every n-th step", () => {
    expect(passes({ startFraction: 0.7 }, 10)).toEqual([1, 1, 1, 1, 1, 1, 1, 2, 2, 2]);
    expect(passes({ startFraction: 0.5, startIteration: 8 }, 10).indexOf(2)).toBe(8);
    expect(passes({ startFraction: 0.55, every: 3 }, 10)).toEqual([1, 1, 1, 1, 1, 1, 2, 1, 1, 2]);
    expect(passes({ startFraction: 1 }, 10)).not.toContain(2);
  });

  it("counts a fraction exactly where its product with the length is rounded up", () => {
    const at = (iteration: number) =>
      run("sam", { startFraction: 0.07 }, withoutDistance, { steps: [{ iteration, maxIterations: 100 }] }).seen.length;
    expect([at(6), at(7)]).toEqual([1, 2]);
  });

  it("of DiM leaves the divergence in the plain steps before startFraction", () => {
    const options = { rho: 0.2, lambda: 0.5, lambdaMode: "constant", startFraction: 0.5 };
    const { update, report, seen } = run("dim-features", options, threeBowls, { steps: [{ iteration: 4 }] });
    expectVector(update, plus(task([1, 0.5]), distance([1, 0.5]), 0.5));
    expect(seen).toHaveLength(1);
    expect(report.lambda).toBe(0.5);
  });
});

describe("the radius", () => {
  const w = [1, 0.5];
  const g = task(w);
  const loss = 1.75;

  it("follows the ramp-up from rhoMin to rho", () => {
    const rhoAt = (rampUp: number) =>
      run("sam", { rho: 0.1, rhoMin: 0.02, rhoMode: "ramp" }, withoutDistance, { steps: [{ rampUp }] }).report.rho;
    expect([0, 0.25, 1].map((rampUp) => Number(rhoAt(rampUp).toFixed(12)))).toEqual([0.02, 0.04, 0.1]);
  });

  it("under a loss budget lets the loss rise by that share of it to first order, and is rho at most", () => {
    const options = { rho: 0.5, rhoMode: "loss", lossBudget: 0.1 };
    const { displacements, report } = run("sam", options, withoutDistance);
    expectVector(displacements[1], along(g, (0.1 * loss) / length(g)));
    expect(report.rho).toBeCloseTo((0.1 * loss) / length(g), 12);
    expect(run("sam", { ...options, rho: 0.01 }, withoutDistance).report.rho).toBeCloseTo(0.01, 12);
  });

  it.each(["asam", "asamAdaptive", "fisher"] as const)("under a loss budget means the same under %s", (name) => {
    const [, away] = run(name, { rho: 2, rhoMode: "loss", lossBudget: 0.1 }, withoutDistance).displacements;
    expect(away[0] * g[0] + away[1] * g[1]).toBeCloseTo(0.1 * loss, 9);
  });

  it("under a loss budget falls by a cosine from the first perturbed step to the end", () => {
    const options = { rho: 0.5, rhoMode: "loss", lossBudget: 0.1, startFraction: 0.5 };
    const shares = [5, 6, 9].map((iteration) => {
      const { report } = run("sam", options, withoutDistance, { steps: [{ iteration }] });
      return (report.rho * length(g)) / (0.1 * loss);
    });
    expectVector(
      shares,
      [0, 1, 4].map((k) => (1 + Math.cos((Math.PI * k) / 5)) / 2),
    );
  });
});

describe("a renormalised step", () => {
  const w = [1, 0.5];
  const g = task(w);
  const perturbed = task(plus(w, along(g, 0.2)));

  it("has the direction of the perturbed gradient and the length of the clean one", () => {
    expectVector(run("sam", { rho: 0.2, renormalise: true }, withoutDistance).update, along(perturbed, length(g)));
    const mean = plus(g, task(plus(w, plus(along(g, 0.2), g, -0.01))));
    const sagm = run("sagm", { rho: 0.2, alpha: 0.01, renormalise: true }, withoutDistance);
    expectVector(sagm.update, along(mean, length(g)));
  });

  it("of DiM is joined by the divergence's clean gradient as that is", () => {
    const options = { rho: 0.2, lambda: 0.5, lambdaMode: "constant", perturbWith: "clean", renormalise: true };
    const { update } = run("dim-features", options, threeBowls);
    expectVector(update, plus(along(perturbed, length(g)), distance(w), 0.5));
  });

  it("is refused where another loss perturbs", () => {
    for (const perturbWith of ["source", "div", "disam"])
      expect(() => run("dim-features", { perturbWith, renormalise: true }, threeBowls)).toThrow(
        /of another loss; take perturbWith/,
      );
  });
});

describe("ascent rules", () => {
  const w = [1, 0.5];
  const g = task(w);

  it("ASAM scales weights by |w| + eta and leaves biases alone", () => {
    const { displacements } = run("asam", { rho: 0.5, eta: 0.2 }, withoutDistance, { from: [-1, 0.5] });
    const norm = length([-1 * 1.2, 5]);
    expectVector(displacements[1], [(0.5 * -1 * 1.2 ** 2) / norm, (0.5 * 5) / norm]);
  });

  it("ASAM adaptive scales every weight by its square", () => {
    const { displacements } = run("asamAdaptive", { rho: 0.5 }, withoutDistance);
    expectVector(
      displacements[1],
      along([g[0] * w[0], g[1] * w[1]], 0.5).map((value, i) => value * w[i]),
    );
  });

  it("Friendly SAM takes off the mean of the gradients before, which forgets", () => {
    const slopes = [
      [1, 0],
      [1, 1],
      [-1, 2],
    ];
    const settings = { rho: 0.5, sigma: 0.5, lambda: 0.75 };
    const { seen } = run("fsam", settings, plane(...slopes), { steps: [{}, {}, {}] });
    const away = (step: number) => plus(seen[2 * step + 1], seen[2 * step], -1);
    expectVector(away(0), [0.5, 0]);
    expectVector(away(1), along([0.5, 1], 0.5));
    // The mean is ¾·(1, 0) + ¼·(1, 1) = (1, ¼).
    expectVector(away(2), along([-1.5, 2 - 0.125], 0.5));
  });

  it("Fisher SAM divides by 1 + eta g², and stays where there is no slope", () => {
    const v = [1 / (1 + 0.3), 5 / (1 + 0.3 * 25)];
    const { displacements } = run("fisher", { rho: 0.2, eta: 0.3 }, withoutDistance);
    expectVector(
      displacements[1],
      v.map((value) => (0.2 * value) / Math.sqrt(g[0] * v[0] + g[1] * v[1])),
    );
  });

  it("SAGM steps back along the gradient and takes the mean of both", () => {
    const away = plus(along(g, 0.2), g, -0.01);
    const { displacements, update } = run("sagm", { rho: 0.2, alpha: 0.01 }, withoutDistance);
    expectVector(displacements[1], away);
    expectVector(
      update,
      plus(g, task(plus(w, away))).map((value) => value / 2),
    );
  });

  it("GSAM takes off alpha times the clean gradient's part at a right angle", () => {
    const perturbed = task(plus(w, along(g, 0.2)));
    const share = (g[0] * perturbed[0] + g[1] * perturbed[1]) / length(perturbed) ** 2;
    const across = plus(g, perturbed, -share);
    const { update } = run("gsam", { rho: 0.2, alpha: 0.7, rhoMode: "constant" }, withoutDistance);
    expectVector(update, plus(perturbed, across, -0.7));
  });

  it("GSAM's radius follows the learning rate between rhoMin and rho", () => {
    const rhoAt = (rate: number) =>
      run("gsam", { rho: 0.1, rhoMin: 0.02 }, withoutDistance, { steps: [{ rate, baseRate: 0.1 }] }).report.rho;
    expect([0, 0.025, 0.1].map((rate) => Number(rhoAt(rate).toFixed(12)))).toEqual([0.02, 0.04, 0.1]);
  });
});

describe("optimisers of their own", () => {
  const w = [1, 0.5];
  const g = task(w);

  it("FlatMatch climbs the labelled loss and adds its clean gradient", () => {
    const { update } = run("flatmatch", { rho: 0.2 }, withoutDistance);
    expectVector(update, plus(task(plus(w, along(labelled(w), 0.2))), labelled(w)));
  });

  it("WSAM adds the sharpness times gamma/(1 − gamma)", () => {
    const sharpness = plus(task(plus(w, along(g, 0.2))), g, -1);
    const { update } = run("wsam", { rho: 0.2, gamma: 0.8 }, withoutDistance);
    expectVector(update, plus(g, sharpness, 4));
  });

  it("LookSAM reuses the part of its last direction at a right angle", () => {
    const { seen, updates } = run("looksam", { rho: 0.2, alpha: 0.3, every: 2 }, withoutDistance, {
      steps: [{}, {}, {}],
    });
    const perturbed = task(plus(w, along(g, 0.2)));
    expectVector(updates[0], perturbed);
    const share = (g[0] * perturbed[0] + g[1] * perturbed[1]) / length(g) ** 2;
    const direction = along(plus(perturbed, g, -share), 1);
    const next = task(seen[2]);
    expectVector(updates[1], plus(next, direction, 0.3 * length(next)));
    expect(seen).toHaveLength(5);
  });

  it("GAM takes off the part of g0 + (1 − beta0) g2 at a right angle", () => {
    const settings = { rho: 0.3, gradRho: 0.1, beta0: 0.2, beta1: 0.7, gamma: 0.4 };
    const g1 = task(plus(w, along(g, 0.1)));
    const outer = along(plus(g1, g, -1), 0.3);
    const g2 = task(plus(w, outer));
    const last = plus(outer, along(g2, 0.1));
    const g3 = task(plus(w, last));
    const a = plus(g, g2, 0.8);
    const b = plus(
      g1.map((value) => 0.7 * value),
      g3,
      0.3,
    );
    const across = plus(a, b, -(a[0] * b[0] + a[1] * b[1]) / length(b) ** 2);
    const { update, displacements } = run("gam", settings, withoutDistance);
    for (const [i, want] of [along(g, 0.1), outer, last].entries()) expectVector(displacements[i + 1], want);
    expectVector(update, plus(b, across, -0.4));
  });

  it("ESAM updates with the share of samples whose loss rose most, at least one", () => {
    // At 0 the mean slope is −1; at −½ the losses of −4, 3 and 4 have moved from 8, 4.5, 8 to 6.125, 6.125, 10.125.
    const samples: Losses = (at) => {
      const losses = at
        .select(0, 0)
        .sub(tensor([-4, 3, 4], { dtype: "float64" }))
        .square()
        .mul(0.5);
      const mean = losses.mean();
      return { task: mean, terms: { sup: mean }, perSample: meanOfChosen(losses) };
    };
    const updateOf = (gamma: number) => run("esam", { rho: 0.5, beta: 1, gamma }, samples, { from: [0, 0] }).update[0];
    expect(updateOf(0.5)).toBeCloseTo(-4.5, 6);
    expect(updateOf(0.7)).toBeCloseTo(-4, 6);
    expect(updateOf(0.1)).toBeCloseTo(-4.5, 6);
    expect(updateOf(1)).toBeCloseTo(-1.5, 6);
  });

  it("ESAM goes ρ/β far along the gradient of what it drew", () => {
    for (const beta of [0.5, 0.8])
      for (const iteration of [0, 1, 2, 3, 4, 5]) {
        const { displacements } = run("esam", { rho: 0.2, beta, gamma: 1 }, withoutDistance, {
          steps: [{ iteration }],
        });
        const drawn = g.map((one, i) => (displacements[1][i] === 0 ? 0 : one));
        if (drawn.every((one) => one === 0)) continue;
        expectVector(displacements[1], along(drawn, 0.2 / beta), 1e-6);
      }
  });

  it("ESAM draws with seed 0 where none is given", () => {
    const drawn = (seed?: number) =>
      Array.from({ length: 12 }, (_, iteration) => {
        const steps = [seed === undefined ? { iteration } : { iteration, seed }];
        return run("esam", { gamma: 1 }, withoutDistance, { steps }).displacements[1].map((one) => one !== 0);
      });
    expect(drawn()).toEqual(drawn(0));
    expect(drawn()).not.toEqual(drawn(1));
  });

  it("DISAM and ESAM say which part of an evaluation they need, but not without a radius", () => {
    const needs = (name: MinimizerName, options: object) => {
      const entry = minimizers[name] as MinimizerEntry;
      return entry.needs?.(entry.options.parse(options)) ?? null;
    };
    expect(needs("disam", {})).toBe("perDomain");
    expect(needs("disam", { rho: 0 })).toBeNull();
    expect(needs("esam", { gamma: 0.999 })).toBe("perSample");
    expect(needs("esam", { gamma: 1 })).toBeNull();
    expect(needs("esam", { rho: 0 })).toBeNull();
    expect(needs("esam", { rho: 1e-3 })).toBe("perSample");
    expect(needs("wsam", {})).toBeNull();
  });

  it("DISAM refuses an empty list of domains and takes one of a single domain", () => {
    const withDomains = (count: number): Losses => {
      return (at) => {
        const evaluation = withoutDistance(at, 0);
        return { ...evaluation, perDomain: Array(count).fill(evaluation.task) };
      };
    };
    expect(() => run("disam", {}, withDomains(0))).toThrow(/no loss per domain/);
    expectVector(run("disam", { rho: 0.2 }, withDomains(1)).displacements[1], along(g, 0.2));
  });
});

describe("where gradients vanish", () => {
  const direction = [0.6, 0.8];
  const slope = (norm: number) => direction.map((one) => one * norm);
  const from = [1, 1];

  // MSAM needs momentum, which plain SGD has not.
  it.each(names.filter((name) => name !== "msam"))("%s stays put on a plain without a slope", (name) => {
    const { update, reports } = run(name, {}, plane([0, 0]), { from, steps: [{}, {}] });
    expect(reports.map((report) => report.nonFinite)).toEqual([undefined, undefined]);
    expect(update.map(Math.abs)).toEqual([0, 0]);
  });

  /** The constant beside a norm is as large as the norm itself, so the step is half as long. */
  it.each([
    ["sam", 1e-12, {}],
    ["asam", 1e-16, { eta: 0 }],
    ["asamAdaptive", 1e-12, {}],
    ["fsam", 1e-12, {}],
    ["gsam", 1e-12, {}],
    ["sagm", 1e-12, {}],
    ["disam", 1e-12, {}],
    ["flatmatch", 1e-12, {}],
    ["looksam", 1e-12, {}],
    ["wsam", 1e-12, {}],
    ["esam", 1e-7, { beta: 1 }],
    ["gam", 1e-12, { gradRho: 0.5 }],
  ] as const)("%s goes half as far along a gradient of %d", (name, norm, options) => {
    const { displacements } = run(name, { rho: 0.5, ...options }, plane(slope(norm)), { from });
    expectVector(displacements[1], along(direction, 0.25), 1e-6);
  });

  it("Friendly SAM goes half as far where little is new", () => {
    const slopes = [
      [1, 1],
      [1 + 6e-7, 1 + 8e-7],
    ];
    // With 1e-12 beside 1e-6 the new direction is all but of full length.
    const { seen } = run("fsam", { rho: 0.5 }, plane(...slopes), { from, steps: [{}, {}] });
    expectVector(plus(seen[3], seen[2], -1), along(direction, 0.5 / (1 + 1e-6)), 1e-7);
  });

  it("GSAM damps the cosine of short gradients", () => {
    const updateOf = (norm: number) => run("gsam", { alpha: 0.4 }, plane(slope(norm)), { from }).update;
    // ⟨g, g⟩/(10⁻¹² + 10⁻¹²) = ½ at a length of 10⁻⁶: half of the gradient counts as being at a right angle.
    expectVector(updateOf(1e-6), slope(1e-6 * (1 - 0.2)), 1e-5);
    expect(run("gsam", { alpha: 0.4 }, plane(slope(1e-12)), { from }).report.updateNorm).toBeCloseTo(0.6e-12, 15);
  });

  it("LookSAM damps the share of short gradients that is taken off", () => {
    const { reports } = run("looksam", { alpha: 0.5 }, plane(slope(1e-6)), { from, steps: [{}, {}] });
    // Half of the perturbed gradient is left, of length 5·10⁻⁷ beside 10⁻¹².
    expect(reports[1].updateNorm / 1e-6).toBeCloseTo(1 + 0.5 / (1 + 2e-6), 9);
  });

  it("GAM damps what it takes off and how far it looks", () => {
    const { displacements, report } = run("gam", { gradRho: 0.5, gamma: 0.4 }, plane(slope(1e-12)), { from });
    expectVector(displacements[2], [0, 0], 1);
    expectVector(displacements[3], along(direction, 0.25), 1e-6);
    // a = 1.5 g and b = g: ¾ of b along a instead of 1.5.
    expect(report.updateNorm / 1e-12).toBeCloseTo(1 - 0.4 * 0.75, 6);
  });
});
