/** Perturbing the normalisation layers alone (SAM-ON). */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { networkNames, networks } from "../../src/nn/index.js";
import { BatchNorm } from "../../src/nn/layers.js";
import { GroupNorm } from "../../src/nn/norms.js";
import { ascentRules, Sgd } from "../../src/optim/index.js";
import { perturbedPart } from "../../src/optim/sharpness/perturbed-part.js";
import { Generator, scope, tensor } from "../../src/torch/index.js";
import { Bench, create } from "./support.js";

const rules = Object.keys(ascentRules) as (keyof typeof ascentRules)[];

describe("perturb: norm", () => {
  it.each([...rules, "dim", "dim-features", "sdat"] as const)(
    "moves scale and shift of BatchNorm only, under %s",
    (name) => {
      const bench = new Bench(name, "sgd", { perturb: "norm", rho: 0.5, startFraction: 0 });
      const owners = bench.network.namedParameters().flatMap(([of, { numel }]) => Array<string>(numel).fill(of));
      const { passes, report } = bench.step(0, true);
      const [before, after] = passes.map(({ weights }) => weights);
      const moved = new Set(owners.filter((_, i) => before[i] !== after[i]));
      expect([...moved].filter((owner) => !owner.startsWith("bn."))).toEqual([]);
      expect(moved.has("bn.weight")).toBe(true);
      expect(Math.hypot(...after.map((weight, i) => weight - before[i]))).toBeCloseTo(report.perturbationNorm, 5);
      if (name === "sam") expect(report.perturbationNorm).toBeCloseTo(0.5, 6);
    },
  );

  it("updates all weights all the same", () => {
    const bench = new Bench("sam", "sgd", { perturb: "norm", rho: 0.5 });
    const { report } = bench.step(0);
    expect(report.updateNorm).toBeGreaterThan(0);
    const [before, after] = [0, 1].map((k) => bench.step(k).passes[0].weights);
    expect(after.filter((weight, i) => weight !== before[i]).length).toBe(after.length);
  });

  it.each(networkNames)("finds the normalisation layers of %s", (name) => {
    using generator = new Generator(1);
    scope(() => {
      const network = networks[name].create({ inChannels: 1, outChannels: 2, width: 4, generator });
      const wanted = network
        .namedModules()
        .filter(([, module]) => module instanceof BatchNorm || module instanceof GroupNorm)
        .flatMap(([path, module]) => module.namedParameters().map(([own]) => `${path}.${own}`));
      const part = () => perturbedPart(network.namedParameters(), "norm").map(([own]) => own);
      if (wanted.length > 0) expect(part().toSorted()).toEqual(wanted.toSorted());
      else expect(part).toThrow(UsageError);
    });
  });

  it("is refused for a network that does not normalise with weights of its own", () => {
    scope(() => {
      const weight = tensor([[1, 2]]).requiresGrad_();
      const bias = tensor([1]).requiresGrad_();
      const parameters = [["fc.weight", weight] as const, ["fc.bias", bias] as const];
      const make = () => create("sam", parameters, new Sgd([weight, bias]), { perturb: "norm" });
      expect(make).toThrow(UsageError);
      expect(make).toThrow(/no normalisation layer with a scale of its own; set optimizer\.perturb: all/);
    });
  });
});
