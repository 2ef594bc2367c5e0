/**
 * DiM-1 to DiM-6 (method section 6.2) on two weights, worked out by hand. All losses are quadratics around w = 0, where
 * the task's gradient is (3, 0) and that of λD is (0, 4), so that every ascent direction is one of its own.
 */
import { describe, expect, it } from "vitest";
import type { Evaluation, Objective, Optimizer, StepContext } from "../../src/optim/index.js";
import { perturbations } from "../../src/optim/index.js";
import { scope, type Tensor, tensor } from "../../src/torch/index.js";
import { contextAt, create, flat } from "./support.js";

const lambda = 0.5;
const rho = 0.1;
const constant = { rho, lambda, lambdaMode: "constant" };

/** offset + ⟨slope, w⟩ + ½⟨curvature, w²⟩: the gradient is slope + curvature·w. */
interface Quadratic {
  offset?: number;
  slope: [number, number];
  curvature: [number, number];
}

const quadratics = {
  task: { slope: [3, 0], curvature: [10, 20] },
  sup: { slope: [-4, 3], curvature: [1, 1] },
  divergence: { offset: 2, slope: [0, 8], curvature: [20, 40] },
} satisfies Record<string, Quadratic>;

function valueAt({ offset = 0, slope, curvature }: Quadratic, weight: Tensor): Tensor {
  const [first, second] = [slope, curvature].map((factors) => tensor(factors, { dtype: "float64" }));
  return weight.mul(first).sum().add(weight.square().mul(second).sum().mul(0.5)).add(offset);
}

/** Keeps the gradients it is given and leaves the weights where they are. */
class Watching implements Optimizer {
  readonly seen: number[] = [];

  step(gradients: readonly Tensor[]): void {
    this.seen.push(...flat(gradients));
  }

  momentum = () => null;
  state = () => new Map();
  loadState = () => {};
}

/** DiM over weights that start, and stay, at 0. */
class Bench {
  private readonly weight = tensor([0, 0], { dtype: "float64" }).requiresGrad_();
  private readonly base = new Watching();
  private readonly dim;

  constructor(options: Record<string, unknown>) {
    this.dim = create("dim-features", [["weight", this.weight]], this.base, options);
  }

  /** What one step reports, the perturbation of each pass, and the gradient for the base optimiser. */
  step(at: StepContext = contextAt(0), divergenceOffset = 2) {
    return scope(() => {
      const perturbed: number[][] = [];
      const objective: Objective<Evaluation> = {
        evaluate: () => {
          perturbed.push(flat([this.weight]));
          const { task, sup } = quadratics;
          return { task: valueAt(task, this.weight), terms: { sup: valueAt(sup, this.weight) } };
        },
        divergence: () => valueAt({ ...quadratics.divergence, offset: divergenceOffset }, this.weight),
      };
      const report = this.dim.step(objective, at);
      return { report, perturbed: perturbed.slice(1), gradient: this.base.seen.splice(0) };
    });
  }
}

function expectVector(got: number[], want: number[], what: string): void {
  expect(got, what).toHaveLength(want.length);
  for (const [i, value] of want.entries()) expect(got[i], `${what} ${i}`).toBeCloseTo(value, 10);
}

/** Settings, ε = ρG/‖G‖, and the gradient for the base optimiser. */
const table: [(typeof perturbations)[number], Record<string, unknown>, number[], number[]][] = [
  // G = (3, 4); ∇(task + λD)(w) = (3 + 20·w1, 4 + 40·w2) here and below.
  ["total", {}, [0.06, 0.08], [4.2, 7.2]],
  // G = (3, 0).
  ["task", {}, [0.1, 0], [5, 4]],
  // G = (3, 0); ∇task(w+ε) = (4, 0), and λ∇D(w) = (0, 4) is added.
  ["clean", {}, [0.1, 0], [4, 4]],
  // G = (−4, 3).
  ["source", {}, [-0.08, 0.06], [1.4, 6.4]],
  // The same, and G is added.
  ["source", { addClean: true }, [-0.08, 0.06], [-2.6, 9.4]],
  // G = (0, 4).
  ["div", {}, [0, 0.1], [3, 8]],
  // G = (3, −4).
  ["disam", {}, [0.06, -0.08], [4.2, 0.8]],
];

describe("the ascent and the update of each variant", () => {
  it.each(table)("%s %j", (perturbWith, options, perturbation, gradient) => {
    const step = new Bench({ ...constant, perturbWith, ...options }).step();
    expect(step.perturbed).toHaveLength(1);
    expectVector(step.perturbed[0], perturbation, "perturbation");
    expectVector(step.gradient, gradient, "update gradient");
    expect(step.report.perturbationNorm).toBeCloseTo(rho, 10);
    expect(step.report.updateNorm).toBeCloseTo(Math.hypot(...gradient), 10);
  });

  it.each(perturbations)("%s without rho is the gradient of task + λD at w", (perturbWith) => {
    const { perturbed, gradient } = new Bench({ ...constant, perturbWith, rho: 0 }).step();
    expect(perturbed).toEqual([]);
    expectVector(gradient, [3, 4], "update gradient");
  });

  it.each(perturbations)("%s without lambda is SAM on the task", (perturbWith) => {
    const { perturbed, gradient } = new Bench({ ...constant, perturbWith, lambda: 0 }).step();
    expectVector(perturbed[0], [0.1, 0], "perturbation");
    expectVector(gradient, [4, 0], "update gradient");
  });
});

describe("limits, which are not the short cuts that 0 takes", () => {
  /** Distance from `want`, in units of its length. */
  const relative = (got: number[], want: number[]) =>
    Math.hypot(...got.map((value, i) => value - want[i])) / Math.hypot(...want);

  it.each(table)("%s %j with a vanishing rho has the gradient of task + λD at w", (perturbWith, options) => {
    const { perturbed, gradient } = new Bench({ ...constant, perturbWith, ...options, rho: 1e-6 }).step();
    expect(perturbed).toHaveLength(1);
    const { slope } = quadratics.sup;
    const added = "addClean" in options ? slope : [0, 0];
    expect(relative(gradient, [3 + added[0], 4 + added[1]])).toBeLessThan(1e-4);
  });

  it.each([
    ["total", [0.1, 0], [4, 0]],
    ["task", [0.1, 0], [4, 0]],
    ["clean", [0.1, 0], [4, 0]],
    ["disam", [0.1, 0], [4, 0]],
    // These perturb with gradients that keep their direction.
    ["source", [-0.08, 0.06], [2.2, 1.2]],
    ["div", [0, 0.1], [3, 2]],
  ])("%s with a vanishing lambda has the gradient of the task at w+ε", (perturbWith, perturbation, want) => {
    const { perturbed, gradient } = new Bench({ ...constant, perturbWith, lambda: 1e-6 }).step();
    expect(relative(perturbed[0], perturbation)).toBeLessThan(1e-4);
    expect(relative(gradient, want)).toBeLessThan(1e-4);
  });
});

describe("the weight of the divergence", () => {
  /** The weight in iteration k of 10, which the update must follow: at ρ = 0 its second entry is 8λ. */
  function lambdaAt(iteration: number, options: Record<string, unknown>, rampUp = 1): number {
    const bench = new Bench({ lambda: 0.4, rho: 0, ...options });
    const { report, gradient } = bench.step(contextAt(iteration, { rampUp }));
    expectVector(gradient, [3, 8 * report.lambda], "update gradient");
    return report.lambda;
  }

  it("constant is lambda in every iteration, whatever the ramp", () => {
    const options = { lambdaMode: "constant" };
    expect([0, 3, 9].map((k) => lambdaAt(k, options, 0.25))).toEqual([0.4, 0.4, 0.4]);
  });

  it("ramp is lambda times the method's ramp, whatever the iteration", () => {
    const options = { lambdaMode: "ramp" };
    expect([0, 0.25, 1].map((rampUp) => lambdaAt(3, options, rampUp))).toEqual([0, 0.1, 0.4]);
    expect(lambdaAt(9, options, 0.25)).toBe(0.1);
  });

  it("linear is lambda times k/K, whatever the ramp", () => {
    const options = { lambdaMode: "linear" };
    const weights = [0, 1, 5, 9].map((k) => lambdaAt(k, options, 0.25));
    expectVector(weights, [0, 0.04, 0.2, 0.36], "lambda");
  });

  it.each([
    ["constant", 0.4],
    ["ramp", 0.3],
    ["linear", 0.2],
  ])("%s is 0 before startIteration and then what it would have been without", (lambdaMode, there) => {
    const options = { lambdaMode, startIteration: 5 };
    expect(lambdaAt(4, options, 0.75)).toBe(0);
    expect(lambdaAt(5, options, 0.75)).toBeCloseTo(there, 12);
  });

  it("leaves the steps before startIteration unperturbed", () => {
    const bench = new Bench({ ...constant, startIteration: 5 });
    expect([4, 5].map((k) => bench.step(contextAt(k)).perturbed.length)).toEqual([0, 1]);
  });
});

describe("the radius", () => {
  /** The radius of each step; D at w is the given number, and the perturbation must have that length. */
  function radii(options: Record<string, unknown>, steps: [at: Partial<StepContext>, divergence: number][]): number[] {
    const bench = new Bench({ ...constant, ...options });
    return steps.map(([at, divergence], k) => {
      const { report, perturbed } = bench.step(contextAt(k, at), divergence);
      expect(Math.hypot(...perturbed[0])).toBeCloseTo(report.rho, 10);
      return report.rho;
    });
  }

  it("constant follows neither the rate nor D", () => {
    const steps: [Partial<StepContext>, number][] = [
      [{}, 2],
      [{ rate: 0.05 }, 1],
    ];
    expect(radii({ rhoMode: "constant", rhoMin: 0.02, kappa: 3 }, steps)).toEqual([0.1, 0.1]);
  });

  it("rate goes from rho at the base rate to rhoMin at rate 0", () => {
    const rates = [0.1, 0.05, 0].map((rate): [Partial<StepContext>, number] => [{ rate }, 2]);
    expectVector(radii({ rhoMode: "rate", rhoMin: 0.02 }, rates), [0.1, 0.06, 0.02], "rho");
    expectVector(radii({ rhoMode: "rate" }, rates.slice(0, 2)), [0.1, 0.05], "rho");
  });

  it("divergence is rho(1 + kappa·D/D̄) with D̄ the running mean of D, 0.9 of it old", () => {
    const values = [2, 1, 4].map((divergence): [Partial<StepContext>, number] => [{}, divergence]);
    // D̄ is 2, then 0.9·2 + 0.1·1 = 1.9, then 0.9·1.9 + 0.1·4 = 2.11.
    const want = [1 + 0.5, 1 + 0.5 / 1.9, 1 + (0.5 * 4) / 2.11].map((factor) => rho * factor);
    expectVector(radii({ rhoMode: "divergence", kappa: 0.5 }, values), want, "rho");
    expectVector(radii({ rhoMode: "divergence", kappa: 0 }, values), [rho, rho, rho], "rho");
  });

  it("divergence is rho itself where D is 0", () => {
    expect(radii({ rhoMode: "divergence", kappa: 0.5 }, [[{}, 0]])).toEqual([rho]);
  });
});
