/** How often a training step waits for the device: each read of a tensor's values does, wherever in the step it is. */
import { describe, expect, it } from "vitest";
import { mriProfile, planarAugmenter } from "../../src/augment/index.js";
import { createComparison, createObjective, methods, restyle } from "../../src/methods/index.js";
import { UNet } from "../../src/nn/index.js";
import { type DivergenceOptions, type MinimizerName, minimizers, Sgd } from "../../src/optim/index.js";
import { Generator, hostReads, scope } from "../../src/torch/index.js";
import { at, makeBatch } from "../methods/support.js";
import { create, names } from "./support.js";

const forward = { precision: "fp32", device: "cpu" } as const;

/** Reads of the second MiDSS step under an optimiser, after one that may be special: targets, passes, update, teacher. */
function readsOfStep(name: MinimizerName, options: Record<string, unknown> = {}, measure = false): number {
  using generator = new Generator(1);
  const createNetwork = () => new UNet({ inChannels: 1, outChannels: 2, width: 2, generator });
  const student = createNetwork();
  const context = { student, createNetwork, kind: "sigmoid", augmentation: mriProfile, ...forward } as const;
  const method = methods.midss.create(context, methods.midss.options.parse({}));
  const base = new Sgd(student.parameters(), { momentum: 0.9, weightDecay: 1e-4 });
  const minimizer = create(name, student.namedParameters(), base, options);
  const { divergence } = minimizers[name].options.parse(options) as { divergence?: DivergenceOptions };
  const comparison = divergence ? createComparison(divergence, "sigmoid") : null;
  const step = (iteration: number) =>
    scope(() => {
      const batch = makeBatch("sigmoid", iteration);
      const prepared = method.prepare(batch, at(iteration));
      const looks = comparison?.estimator.restyles;
      const restyled = looks ? restyle(batch, planarAugmenter(mriProfile), at(iteration)) : undefined;
      const objective = createObjective(prepared, student, comparison, forward, restyled);
      const { rampUp } = prepared;
      const where = { ...at(iteration), rate: 0.03, baseRate: 0.03, rampUp, measure };
      expect(minimizer.step(objective, where).nonFinite).toBeUndefined();
      method.afterUpdate(at(iteration));
    });
  step(5);
  const before = hostReads();
  step(6);
  return hostReads() - before;
}

describe("a step reads the device once", () => {
  it.each(names.filter((name) => name !== "esam"))("under %s", (name) => {
    expect(readsOfStep(name)).toBe(1);
  });

  it.each(["total", "task", "clean", "source", "div", "disam"])("under DiM with perturbWith: %s", (perturbWith) => {
    expect(readsOfStep("dim-features", { perturbWith })).toBe(1);
  });

  it("also when it is logged, or when radius and weight follow losses and gradients", () => {
    expect(readsOfStep("dim-features", {}, true)).toBe(1);
    expect(readsOfStep("dim-features", { rhoMode: "divergence" })).toBe(1);
    expect(readsOfStep("dim-features", { rhoMode: "loss", balance: 0.1, renormalise: true, perturb: "norm" })).toBe(1);
  });

  it("but for the losses by which ESAM chooses samples, before and after", () => {
    expect(readsOfStep("esam")).toBe(3);
    expect(readsOfStep("esam", { gamma: 1 })).toBe(1);
  });
});
