/** The order of one training step, on one weight whose loss is ½w², where every number can be worked out. */
import { expect } from "vitest";
import type { Batch, Method, MethodStep } from "../../src/methods/index.js";
import type { SegmentationNetwork } from "../../src/nn/index.js";
import { type Minimizer, minimizers, Sgd, type StepContext } from "../../src/optim/index.js";
import { rand, tensor } from "../../src/torch/index.js";
import { trainStep } from "../../src/training/steps/step.js";
import { tensorTest } from "../support/tensors.js";

const batch = {} as Batch;

/** One step from w = 4 by SGD at a base rate of 0.5 with the loss times `factor`, and what each part was told. */
function stepOf(iteration: number, { factor = 1, seed = 5, measure = false } = {}) {
  const weight = tensor([4], { dtype: "float64" }).requiresGrad_();
  const seen = { batches: [] as Batch[], prepared: [] as MethodStep[], updated: [] as MethodStep[] };
  const contexts: StepContext[] = [];
  let [drawn, followed] = [Number.NaN, Number.NaN];
  const method: Method = {
    networks: {},
    prepare(given, step) {
      seen.batches.push(given);
      seen.prepared.push(step);
      drawn = rand([1]).item();
      const evaluate = () => {
        const task = weight.square().sum().mul(0.5).mul(factor);
        return { task, terms: { sup: task }, shared: null };
      };
      return { evaluate, domains: null, rampUp: 0.25, measures: {} };
    },
    afterUpdate(step) {
      seen.updated.push(step);
      followed = weight.item();
    },
  };
  const { none } = minimizers;
  const plain: Minimizer = none.create([["weight", weight]], new Sgd([weight]), {});
  const minimizer = Object.assign(Object.create(plain) as Minimizer, {
    step: ((objective, at) => {
      contexts.push(at);
      return plain.step(objective, at);
    }) as Minimizer["step"],
  });
  const parts = { student: {} as SegmentationNetwork, method, minimizer, comparison: null };
  const place = { seed, iteration, maxIterations: 10, baseRate: 0.5, measure };
  const result = trainStep({ ...parts, precision: "fp32", device: "cpu" }, batch, place);
  return { ...result, seen, contexts, drawn, followed, weight: weight.item() };
}

tensorTest("the method follows the weight as the update left it", () => {
  const { weight, followed } = stepOf(0);
  expect(weight).toBe(2);
  expect(followed).toBe(2);
});

tensorTest("the rate is the one set after the step before, and the base rate in the first", () => {
  // 0.5·(1 − (k−1)/10)^0.9
  for (const [iteration, rate] of [
    [0, 0.5],
    [1, 0.5],
    [2, 0.4547663],
    [6, 0.2679434],
    [9, 0.1174619],
  ]) {
    const step = stepOf(iteration);
    expect(step.rate).toBeCloseTo(rate, 6);
    expect(step.weight).toBeCloseTo(4 - 4 * rate, 5);
  }
});

tensorTest("method and minimiser are told where the step stands", () => {
  const at = { seed: 5, iteration: 6, maxIterations: 10 };
  const { seen, contexts, rate, prepared } = stepOf(6, { measure: true });
  expect(seen).toEqual({ batches: [batch], prepared: [at], updated: [at] });
  expect(contexts).toEqual([{ ...at, rate, baseRate: 0.5, rampUp: 0.25, measure: true }]);
  expect(prepared.rampUp).toBe(0.25);
  expect(stepOf(6).contexts[0].measure).toBe(false);
});

tensorTest("after a step that was skipped the method does not follow", () => {
  const { report, seen, weight } = stepOf(3, { factor: Number.NaN });
  expect(report.nonFinite).toEqual({ pass: "clean", quantity: "loss term sup" });
  expect(seen.updated).toEqual([]);
  expect(weight).toBe(4);
});

tensorTest("what draws without a generator of its own draws by seed and iteration", () => {
  const { drawn } = stepOf(3);
  expect(stepOf(3).drawn).toBe(drawn);
  expect(stepOf(4).drawn).not.toBe(drawn);
  expect(stepOf(3, { seed: 6 }).drawn).not.toBe(drawn);
});
