/** What holds for every registered optimiser, whichever it is; a new one is tested by being registered. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { type MinimizerName, minimizers } from "../../src/optim/index.js";
import { liveTensors, rawFromTensor, scope, type Tensor, tensorFromRaw } from "../../src/torch/index.js";
import { Bench, baseOptimizers, contextAt, everything, flat, names, ToyObjective } from "./support.js";

/** Passes of a step of the optimiser that comes after k others. */
const passesAfter = (name: MinimizerName, k: number) => new Bench(name).run(0, k).step(k).passes.length;
/** Steps after which an optimiser that perturbs now and then begins anew. */
const periodOf = (name: MinimizerName) => (minimizers[name].options.parse({}) as { every?: number }).every ?? 1;
const settings = (name: MinimizerName, options: Record<string, unknown>) => (name === "none" ? {} : options);

const bases = fc.constantFrom(...Object.keys(baseOptimizers));

/** Seven steps, and seven of which the last four follow a saved state in another process's network. */
function expectSameAfterResume(name: MinimizerName, base: string, options: Record<string, unknown> = {}): void {
  const whole = new Bench(name, base, options).run(0, 7, true);
  const first = new Bench(name, base, options).run(0, 3, true);
  const rest = new Bench(name, base, options, 99);
  scope(() => {
    const stored = (state: Map<string, Tensor>) =>
      new Map([...state].map(([key, value]) => [key, tensorFromRaw(rawFromTensor(value))]));
    rest.network.loadStateDict(stored(first.network.stateDict()));
    rest.minimizer.loadState(stored(first.minimizer.state()));
  });
  rest.run(3, 7, true);
  expect(everything(rest.network)).toEqual(everything(whole.network));
}

it("DiM continues from a saved mean of the divergence, which sets its radius", () => {
  expectSameAfterResume("dim-features", "sgd", { rhoMode: "divergence", lambdaMode: "constant" });
});

it("Friendly SAM over the normalisation layers continues from a saved mean of their gradients", () => {
  expectSameAfterResume("fsam", "sgd", { perturb: "norm", rho: 0.5 });
});

describe.each(names)("%s", (name) => {
  it("with rho = 0 is its base optimiser bit for bit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), bases, (seed, base) => {
        const plain = new Bench("none", base, {}, seed).run(0, 4);
        const off = new Bench(name, base, settings(name, { rho: 0 }), seed).run(0, 4);
        expect(everything(off.network)).toEqual(everything(plain.network));
      }),
      { numRuns: 6 },
    );
  });

  it.each(Object.keys(baseOptimizers))("returns to the same weights to the bit before %s moves them", (base) => {
    const bench = new Bench(name, base);
    const seen: number[][] = [];
    const step = bench.base.step.bind(bench.base);
    bench.base.step = (gradients, rate, decayAt) => {
      seen.push(flat(bench.network.parameters()));
      step(gradients, rate, decayAt);
    };
    for (let k = 0; k < 3; k++) {
      const before = flat(bench.network.parameters());
      bench.step(k);
      expect(seen[k]).toEqual(before);
    }
    const before = flat(bench.network.parameters());
    bench.step(3, false, { rate: 0 });
    expect(flat(bench.network.parameters()), "after a step of rate 0").toEqual(before);
  });

  it("evaluates as often as its entry says", () => {
    const bench = new Bench(name, "sgd", name === "dim" ? { startFraction: 0 } : {});
    const period = periodOf(name);
    const passes = Array.from({ length: period }, (_, k) => bench.step(k).passes.length);
    expect(passes.reduce((sum, count) => sum + count) / period).toBeCloseTo(minimizers[name].passes, 10);
  });

  it("moves BatchNorm's running statistics as one clean pass would", () => {
    const bench = new Bench(name);
    const reference = new Bench("none");
    for (let k = 0; k < 2; k++) {
      const before = flat(bench.network.parameters());
      scope(() => reference.network.loadStateDict(bench.network.stateDict()));
      const { passes } = bench.step(k);
      expect(passes.map((pass) => pass.updateRunningStatistics)).toEqual(passes.map((_, i) => i === 0));
      if (k === 0) reference.step(k);
      if (name !== "msam") expect(passes[0].weights, "weights of the clean pass").toEqual(before);
      const buffers = (of: Bench) => flat(of.network.namedBuffers().map(([, buffer]) => buffer));
      if (k === 0) expect(buffers(bench)).toEqual(buffers(reference));
    }
  });

  it.each(Object.keys(baseOptimizers))("continues from a saved state bit for bit over %s", (base) => {
    expectSameAfterResume(name, base);
  });

  it("stays finite and does not move where the gradient vanishes", () => {
    const bench = new Bench(name);
    bench.base.step = () => {};
    scope(() => {
      const before = flat(bench.network.parameters());
      const objective = new ToyObjective(bench.network, 0, false, (task) => task.mul(0));
      objective.evaluate = withoutSlope(objective);
      const report = bench.minimizer.step(objective, contextAt(0));
      expect(report.nonFinite).toBeUndefined();
      expect(Object.values(report).filter((value) => typeof value === "number" && !Number.isFinite(value))).toEqual([]);
      expect(flat(bench.network.parameters())).toEqual(before);
    });
  });

  it("leaves weights and state as before when any pass is not finite, and names the loss of the first such", () => {
    const count = passesAfter(name, 1);
    for (let spoilt = 0; spoilt < count; spoilt++) {
      const bench = new Bench(name).run(0, 1);
      const state = () => [...bench.minimizer.state()].map(([key, value]) => [key, [...value.toNumbers()]]);
      scope(() => {
        const [weights, before] = [flat(bench.network.parameters()), state()];
        const spoil = (task: Tensor, pass: number) => (pass === spoilt ? task.mul(Number.NaN) : task);
        const report = bench.minimizer.step(new ToyObjective(bench.network, 1, false, spoil), contextAt(1));
        expect(report.nonFinite).toEqual({ pass: spoilt === 0 ? "clean" : "perturbed", quantity: "task loss" });
        expect(flat(bench.network.parameters())).toEqual(weights);
        expect(state()).toEqual(before);
      });
      const after = bench.step(2).report;
      expect(after.nonFinite, "the next step").toBeUndefined();
    }
  });

  it("keeps the number of live tensors constant", () => {
    const bench = new Bench(name).run(0, 6, true);
    const before = liveTensors();
    bench.run(6, 12, true);
    expect(liveTensors()).toBe(before);
  });

  it("lowers the loss", () => {
    const bench = new Bench(name);
    const losses = Array.from({ length: 25 }, () => bench.step(0, false, { rate: 0.05, baseRate: 0.05 }).report.task);
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.05);
  });

  it("refuses a state that belongs to another optimiser", () => {
    const bench = new Bench(name);
    scope(() => {
      const foreign = new Map([["tomorrow.0", bench.network.parameters()[0].detach()]]);
      expect(() => bench.minimizer.loadState(foreign)).toThrow(CheckpointError);
    });
  });
});

describe.each(names.filter((name) => !["dim", "dim-features", "sdat"].includes(name)))("%s", (name) => {
  it("ignores a divergence that others use", () => {
    const without = new Bench(name).run(0, 3);
    const bench = new Bench(name);
    for (let k = 0; k < 3; k++) expect(bench.step(k, true, { measure: true }).divergences).toEqual([]);
    expect(everything(bench.network)).toEqual(everything(without.network));
  });
});

/** The same losses times zero: finite, and with a gradient that is exactly zero. */
function withoutSlope(objective: ToyObjective): ToyObjective["evaluate"] {
  const evaluate = ToyObjective.prototype.evaluate.bind(objective);
  return (pass) => {
    const { task, terms, perSample, perDomain, features } = evaluate(pass);
    return {
      task,
      terms: { sup: terms.sup.mul(0), ul: terms.ul.mul(0) },
      perSample: { ...perSample, loss: (chosen: readonly number[]) => perSample.loss(chosen).mul(0) },
      perDomain: perDomain.map((loss) => loss.mul(0)),
      features,
    };
  };
}
