/** What is particular to single optimisers: identities between them, refusals, choices and schedules. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import {
  type AscentName,
  ascentRules,
  domainVariance,
  type Evaluation,
  globalNorm,
  type MinimizerName,
  minimizers,
  type Objective,
  perturb,
  Sgd,
} from "../../src/optim/index.js";
import { ofLength } from "../../src/optim/rules/ascent-rule.js";
import { hostReads, scope, type Tensor, tensor } from "../../src/torch/index.js";
import { Bench, contextAt, create, everything, flat, meanOfChosen, SmallNetwork, ToyObjective } from "./support.js";

const trained = (name: MinimizerName, options: Record<string, unknown> = {}, base = "sgd", divergence = false) =>
  everything(new Bench(name, base, options).run(0, 4, divergence).network);

function expectClose(got: number[], want: number[], tolerance: number): void {
  const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i])), 0);
  expect(worst).toBeLessThan(tolerance);
}

describe("settings at which one optimiser becomes another", () => {
  it("GSAM without alpha, Friendly SAM without sigma and LookSAM in every step are SAM bit for bit", () => {
    const sam = trained("sam");
    expect(trained("gsam", { alpha: 0, rhoMode: "constant" })).toEqual(sam);
    expect(trained("fsam", { sigma: 0 })).toEqual(sam);
    expect(trained("looksam", { every: 1 })).toEqual(sam);
  });

  it("Fisher SAM without eta and ESAM without any choice are SAM up to rounding", () => {
    const sam = trained("sam");
    expectClose(trained("fisher", { eta: 0, rho: 0.05 }), sam, 1e-6);
    expectClose(trained("esam", { beta: 1, gamma: 1 }), sam, 1e-6);
  });

  it("WSAM without gamma is its base optimiser bit for bit", () => {
    expect(trained("wsam", { gamma: 0 })).toEqual(trained("none"));
  });

  it("DISAM without the variance is SAM bit for bit", () => {
    expect(trained("disam", { lambda: 0 })).toEqual(trained("sam"));
  });

  it("SDAT is DiM-2 with a constant weight", () => {
    const dim2 = trained("dim-features", { perturbWith: "task", lambda: 0.7, lambdaMode: "constant" }, "sgd", true);
    expect(trained("sdat", { lambda: 0.7 }, "sgd", true)).toEqual(dim2);
  });

  it("FlatMatch is DiM-4 with addClean at a vanishing weight of the divergence", () => {
    const options = { perturbWith: "source", addClean: true, lambda: 1e-12, lambdaMode: "constant" };
    expectClose(trained("flatmatch"), trained("dim-features", options, "sgd", true), 1e-6);
  });
});

describe("DiM over each inner rule", () => {
  it.each(Object.keys(ascentRules) as AscentName[])("%s: without divergence it is that optimiser", (inner) => {
    const falling = (name: MinimizerName, options: Record<string, unknown> = {}) => {
      const bench = new Bench(name, "sgd", options);
      for (let k = 0; k < 4; k++) bench.step(k, false, { rate: 0.1 - 0.02 * k });
      return everything(bench.network);
    };
    expect(falling("dim-features", { inner, lambda: 0 })).toEqual(falling(inner));
  });

  it.each(Object.keys(ascentRules) as AscentName[])("%s: runs every variant with a divergence", (inner) => {
    for (const perturbWith of ["total", "task", "clean", "source", "div", "disam"]) {
      const bench = new Bench("dim-features", "sgd", { inner, perturbWith, lambdaMode: "constant" });
      for (let k = 0; k < 3; k++) expect(bench.step(k, true).report.nonFinite).toBeUndefined();
    }
  });

  it("takes the rule's radius and settings, unless it is given others", () => {
    const rhoOf = (options: Record<string, unknown>) => new Bench("dim-features", "sgd", options).step(0).report.rho;
    expect(rhoOf({})).toBe(0.05);
    expect(rhoOf({ inner: "asam" })).toBe(0.5);
    expect(rhoOf({ inner: { name: "asam", eta: 0.1 }, rho: 0.3 })).toBe(0.3);
    const { options } = minimizers["dim-features"];
    expect(options.parse({ inner: "fsam" }).inner).toEqual({ name: "fsam", sigma: 1, lambda: 0.9 });
    expect(options.parse({ inner: { name: "asam", eta: 0.1 } }).inner).toEqual({ name: "asam", eta: 0.1 });
    expect(() => options.parse({ inner: "asma" })).toThrow(/asamAdaptive/);
    expect(() => options.parse({ inner: { name: "asam", alpha: 1 } })).toThrow(/alpha/);
  });
});

describe("radius", () => {
  it("of GSAM falls with the learning rate from rho to rhoMin", () => {
    const bench = new Bench("gsam", "sgd", { rho: 0.1, rhoMin: 0.02 });
    expect(bench.step(0).report.rho).toBeCloseTo(0.1, 12);
    expect(bench.step(1, false, { rate: 0.05 }).report.rho).toBeCloseTo(0.06, 12);
    expect(bench.step(2, false, { rate: 0 }).report.rho).toBeCloseTo(0.02, 12);
  });

  it("of DiM follows the divergence over its running mean, also when only the perturbed pass differentiates it", () => {
    const options = { rhoMode: "divergence", kappa: 2, perturbWith: "task", lambdaMode: "constant" };
    const bench = new Bench("dim-features", "sgd", options);
    const first = bench.step(0, true).report;
    expect(first.rho).toBeCloseTo(0.05 * 3, 10);
    const { divergence, rho } = bench.step(1, true).report;
    const mean = 0.9 * (first.divergence as number) + 0.1 * (divergence as number);
    expect(rho).toBeCloseTo(0.05 * (1 + (2 * (divergence as number)) / mean), 10);
  });

  it("is not used before startIteration and between every n-th step", () => {
    const bench = new Bench("sam", "sgd", { startIteration: 2, every: 3 });
    const passes = Array.from({ length: 9 }, (_, k) => bench.step(k).passes.length);
    expect(passes).toEqual([1, 1, 2, 1, 1, 2, 1, 1, 2]);
  });
});

describe("DiM's divergence", () => {
  it.each(["total", "task", "clean", "source", "div", "disam"])(
    "of %s enters the running means once per step, whether or not it is measured for the log",
    (perturbWith) => {
      const run = (measure: boolean) => {
        const bench = new Bench("dim-features", "sgd", { perturbWith, lambdaMode: "constant" });
        const flags = [0, 1, 2].flatMap((k) => bench.step(k, true, { measure }).divergences);
        expect(flags.filter(Boolean)).toHaveLength(3);
        return everything(bench.network);
      };
      expect(run(true)).toEqual(run(false));
    },
  );

  it("enters the running means in the pass at w where that uses it, else in the perturbed one", () => {
    const learns = (perturbWith: string) =>
      new Bench("dim-features", "sgd", { perturbWith, lambdaMode: "constant" }).step(0, true, { measure: true })
        .divergences;
    expect(["total", "clean", "div", "disam"].map(learns)).toEqual(Array(4).fill([true, false]));
    expect(["task", "source"].map(learns)).toEqual(Array(2).fill([false, true]));
  });

  it("costs one evaluation where only one pass differentiates it", () => {
    const count = (perturbWith: string) =>
      new Bench("dim-features", "sgd", { perturbWith, lambdaMode: "constant" }).step(0, true, { measure: false })
        .divergences.length;
    expect(["total", "task", "clean", "source", "div", "disam"].map(count)).toEqual([2, 1, 1, 1, 2, 2]);
  });
});

describe("LookSAM", () => {
  it("makes a second pass in every n-th iteration only", () => {
    const bench = new Bench("looksam", "sgd", { every: 3 });
    expect(Array.from({ length: 7 }, (_, k) => bench.step(k).passes.length)).toEqual([2, 1, 1, 2, 1, 1, 2]);
  });
});

describe("MSAM", () => {
  it("looks at the weights from rho before the momentum's end", () => {
    const bench = new Bench("msam", "sgd", { rho: 0.3 }).run(0, 2);
    const [before, momentum] = [flat(bench.network.parameters()), flat(bench.base.momentum() as Tensor[])];
    const length = Math.hypot(...momentum);
    const { passes, report } = bench.step(2);
    expectClose(
      passes[0].weights,
      before.map((weight, i) => weight - (0.3 * momentum[i]) / length),
      1e-6,
    );
    expect(report.perturbationNorm).toBeCloseTo(0.3, 6);
  });

  it("moves BatchNorm's running statistics in its only pass, at those weights", () => {
    const bench = new Bench("msam", "sgd", { rho: 0.3 }).run(0, 2);
    const there = new Bench("none");
    const buffers = (of: Bench) => flat(of.network.namedBuffers().map(([, buffer]) => buffer));
    scope(() => {
      const momentum = bench.base.momentum() as Tensor[];
      there.network.loadStateDict(bench.network.stateDict());
      perturb(there.network.parameters(), ofLength(-0.3, momentum, globalNorm(momentum)));
      there.step(2);
    });
    const before = buffers(bench);
    bench.step(2);
    expect(buffers(bench)).toEqual(buffers(there));
    expect(buffers(bench)).not.toEqual(before);
  });

  it("refuses a base optimiser without momentum", () => {
    const network = new SmallNetwork();
    const base = new Sgd(network.parameters(), { momentum: 0 });
    expect(() => create("msam", network.namedParameters(), base)).toThrow(/base\.momentum is 0; set it above 0/);
    expect(() => create("msam", network.namedParameters(), base, { rho: 0 })).not.toThrow();
  });
});

/** Two losses (w − a)²/2 of one weight, as a batch of two samples or domains. */
function pair(targets: [number, number]) {
  const weight = tensor([0], { dtype: "float64" }).requiresGrad_();
  const base = new Sgd([weight]);
  const objective = {
    divergence: null,
    evaluate: (): Evaluation => {
      const losses = weight
        .sub(tensor(targets, { dtype: "float64" }))
        .square()
        .mul(0.5);
      const task = losses.mean();
      return { task, terms: { sup: task }, perSample: meanOfChosen(losses), perDomain: losses.unbind() };
    },
  };
  return { weight, base, objective, parameters: [["weight", weight] as const] };
}

describe("ESAM", () => {
  it("updates with the samples whose loss rose most", () => {
    scope(() => {
      // At 0 the mean gradient is −1.5, so the ascent to −0.5 raises the loss of the target 4 most.
      const { weight, base, objective, parameters } = pair([-1, 4]);
      const esam = create("esam", parameters, base, { rho: 0.5, beta: 1, gamma: 0.5 });
      const report = esam.step(objective, contextAt(0));
      expect(weight.item()).toBeCloseTo(0.1 * 4.5, 6);
      expect(report.updateNorm).toBeCloseTo(4.5, 6);
    });
  });

  it("perturbs tensors drawn by seed and iteration, 1/beta further", () => {
    const moved = (seed: number, iteration: number) => {
      const [clean, perturbed] = new Bench("esam", "sgd", { gamma: 1 }).step(iteration, false, { seed }).passes;
      return clean.weights.map((weight, i) => weight !== perturbed.weights[i]);
    };
    const patterns = Array.from({ length: 12 }, (_, k) => moved(3, k).join());
    expect(new Set(patterns).size).toBeGreaterThan(3);
    expect(moved(3, 5)).toEqual(moved(3, 5));
    expect(Array.from({ length: 12 }, (_, k) => moved(4, k).join())).not.toEqual(patterns);
    const { perturbationNorm } = new Bench("esam", "sgd", { beta: 0.25 }).step(2).report;
    expect([0, 0.05 / 0.25].some((length) => Math.abs(length - perturbationNorm) < 1e-6)).toBe(true);
  });

  it("refuses a method without a loss per sample, but not when it needs none", () => {
    scope(() => {
      const { base, objective, parameters } = pair([-1, 4]);
      const evaluate = () => ({ ...objective.evaluate(), perSample: undefined });
      const step = (options: Record<string, unknown>) =>
        create("esam", parameters, base, options).step({ evaluate, divergence: null }, contextAt(0));
      expect(() => step({})).toThrow(UsageError);
      expect(() => step({})).toThrow(/no loss per sample, .* set optimizer\.gamma: 1/);
      expect(() => step({ gamma: 1 })).not.toThrow();
    });
  });
});

describe("DISAM", () => {
  it("climbs the loss minus the variance of the domains' losses", () => {
    scope(() => {
      // At 0: mean loss slope −1.5; the losses are 0.5 and 8, the slope of their variance −18.75.
      const { base, objective, parameters } = pair([-1, 4]);
      const seen: number[] = [];
      const evaluate = () => {
        seen.push(parameters[0][1].item());
        return objective.evaluate();
      };
      const minimizer = (lambda: number) => create("disam", parameters, base, { rho: 0.5, lambda });
      expect(domainVariance(objective.evaluate().perDomain as Tensor[]).item()).toBeCloseTo(3.75 ** 2, 10);
      minimizer(0).step({ evaluate, divergence: null }, contextAt(0, { rate: 0 }));
      minimizer(1).step({ evaluate, divergence: null }, contextAt(0, { rate: 0 }));
      expect(seen[1]).toBeCloseTo(-0.5, 9);
      expect(seen[3], "−1.5 + 18.75 > 0 turns the ascent around").toBeCloseTo(0.5, 9);
    });
  });

  it("refuses a method without a loss per domain", () => {
    scope(() => {
      const { base, objective, parameters } = pair([-1, 4]);
      const evaluate = () => ({ ...objective.evaluate(), perDomain: undefined });
      const disam = create("disam", parameters, base);
      expect(() => disam.step({ evaluate, divergence: null }, contextAt(0))).toThrow(/no loss per domain/);
    });
  });
});

describe("a step that is not finite", () => {
  it("names the loss term or the parameter whose gradient it was", () => {
    const bench = new Bench("sam");
    scope(() => {
      const objective = new ToyObjective(bench.network, 0);
      const evaluate: ToyObjective["evaluate"] = (pass) => {
        const evaluation = objective.evaluate(pass);
        return { ...evaluation, task: evaluation.task.mul(Number.NaN), terms: { ul: evaluation.task.div(0) } as never };
      };
      const report = bench.minimizer.step({ evaluate, divergence: null }, contextAt(0));
      expect(report.nonFinite).toEqual({ pass: "clean", quantity: "loss term ul" });

      const bias = bench.network.namedParameters().find(([name]) => name === "fc.bias") as [string, Tensor];
      const steep = (task: Tensor) => task.add(bias[1].mul(0).sqrt().sum());
      const steepReport = bench.minimizer.step(new ToyObjective(bench.network, 0, false, steep), contextAt(0));
      expect(steepReport.nonFinite).toEqual({ pass: "clean", quantity: "gradient of fc.bias" });
    });
  });

  it("is named by what was not finite first, when a later pass cannot work with it", () => {
    const bench = new Bench("dim-features", "sgd", { lambdaMode: "constant" });
    scope(() => {
      const bias = bench.network.namedParameters().find(([name]) => name === "fc.bias") as [string, Tensor];
      const steep = (task: Tensor) => task.add(bias[1].mul(0).sqrt().sum());
      const objective = new ToyObjective(bench.network, 0, true, steep);
      const refusing = (evaluation: { features: Tensor }, pass: { learn: boolean }) => {
        if (!Number.isFinite(evaluation.features.sum().item())) throw new Error("the matrix is not finite");
        return objective.divergence!(evaluation, pass);
      };
      const before = flat(bench.network.parameters());
      const evaluate: ToyObjective["evaluate"] = (pass) => objective.evaluate(pass);
      const report = bench.minimizer.step({ evaluate, divergence: refusing }, contextAt(0));
      expect(report.nonFinite).toEqual({ pass: "clean", quantity: "gradient of fc.bias" });
      expect(flat(bench.network.parameters())).toEqual(before);
    });
  });

  it("is not blamed for an error in a step whose numbers are finite", () => {
    const bench = new Bench("dim-features", "sgd", { lambdaMode: "constant" });
    scope(() => {
      const objective = new ToyObjective(bench.network, 0, true);
      const divergence = () => {
        if (objective.passes.length > 1) throw new UsageError("the second pass is refused");
        return tensor(1);
      };
      const before = flat(bench.network.parameters());
      const step = () =>
        bench.minimizer.step({ evaluate: objective.evaluate.bind(objective), divergence }, contextAt(0));
      expect(step).toThrow(/the second pass is refused/);
      expect(flat(bench.network.parameters())).toEqual(before);
    });
  });

  it("names the divergence", () => {
    const bench = new Bench("dim-features", "sgd", { lambdaMode: "constant" });
    scope(() => {
      const objective = new ToyObjective(bench.network, 0, true);
      const broken = { evaluate: objective.evaluate.bind(objective), divergence: () => tensor(Number.NaN) };
      const before = flat(bench.network.parameters());
      const report = bench.minimizer.step(broken, contextAt(0));
      expect(report.nonFinite).toEqual({ pass: "clean", quantity: "divergence" });
      expect(flat(bench.network.parameters())).toEqual(before);
    });
  });
});

describe("what a step reads back from the device", () => {
  /** Pulls all weights to 0; reads nothing itself. */
  const pullToZero = (network: SmallNetwork): Objective => ({
    evaluate: () => {
      const squares = network.parameters().map((weight) => weight.square().sum());
      const task = squares.reduce((sum, one) => sum.add(one));
      return { task, terms: { sup: squares[0], ul: squares[1] } };
    },
    divergence: () => network.parameters()[0].sum(),
  });

  it.each([
    "none",
    "dim-features",
    "sam",
    "asam",
    "fsam",
    "fisher",
    "gsam",
    "sagm",
    "gam",
    "looksam",
    "msam",
    "wsam",
  ] as const)("by %s is one value, whether or not the step is logged", (name) => {
    const bench = new Bench(name);
    for (const measure of [true, false, true, false]) {
      const before = hostReads();
      const report = scope(() => bench.minimizer.step(pullToZero(bench.network), contextAt(1, { measure })));
      expect(hostReads() - before).toBe(1);
      expect(Number.isNaN(report.task)).toBe(!measure);
      expect(report.nonFinite).toBeUndefined();
    }
  });
});
