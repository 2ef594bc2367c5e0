import { describe, expect, it } from "vitest";
import { Dependence, squaredCosine } from "../../src/methods/parts/dependence.js";
import { Conv2d, type SegmentationNetwork, Sequential } from "../../src/nn/index.js";
import { eye, Generator, scope, tensor } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";
import { at, makeBatch, Training, withTraining } from "./support.js";

describe("dependence", () => {
  tensorTest("is 1 for filters that can be combined from the other's, 0 for orthogonal ones", () => {
    const own = tensor([
      [2, 0, 0],
      [0, 3, 0],
    ]);
    const swapped = tensor([
      [0, 1, 0],
      [5, 0, 0],
    ]);
    expectClose(
      squaredCosine(
        own,
        swapped,
        tensor([
          [0, 1],
          [-1, 0],
        ]),
      ),
      [1],
    );
    expectClose(squaredCosine(own, swapped, eye(2)), [0]);
    expectClose(
      squaredCosine(
        own,
        tensor([
          [1, 1, 0],
          [0, 0, 4],
        ]),
        eye(2),
      ),
      [0.25],
    );
  });

  tensorTest("is made larger by the search, which continues where it stopped", () => {
    using generator = new Generator(3);
    const network = () => new Sequential(new Conv2d(1, 3, 3, { generator }), new Conv2d(3, 2, 1, { generator }));
    const [first, second] = [network(), network()];
    const values = (one: Dependence) => one.values().map((value) => value.item());
    const whole = new Dependence(first, second, 1, "cpu");
    const before = values(whole);
    expect(whole.ready).toBe(false);
    whole.maximise(40, 0.02);
    expect(whole.ready).toBe(true);
    values(whole).forEach((value, i) => {
      expect(value).toBeGreaterThan(before[i] + 0.1);
      expect(value).toBeLessThanOrEqual(1 + 1e-6);
    });
    const parts = new Dependence(first, second, 1, "cpu");
    parts.maximise(15, 0.02);
    const resumed = new Dependence(first, second, 2, "cpu");
    resumed.loadStateDict(parts.stateDict());
    resumed.maximise(25, 0.02);
    expect(values(resumed)).toEqual(values(whole));
    for (const module of [first, second, whole, parts, resumed]) module.dispose();
  });
});

it("searches and counts from its start on, in both networks' own filters", () => {
  const options = { dependenceStart: 0.3, coefficientEvery: 2, coefficientSteps: 3 };
  withTraining(new Training("caussl", "softmax", { options }), (training) => {
    const names = (k: number) =>
      scope(() =>
        Object.keys(
          training.method.prepare(makeBatch("softmax", k), at(k)).evaluate({ updateRunningStatistics: false }).terms,
        ),
      );
    expect(names(3)).toEqual(["sup", "pseudo1", "pseudo2"]);
    expect(names(5)).toEqual(["sup", "pseudo1", "pseudo2"]);
    expect(names(4)).toEqual(["sup", "pseudo1", "pseudo2", "dependence1", "dependence2"]);
    expect(names(5)).toHaveLength(5);
    scope(() => {
      const prepared = training.method.prepare(makeBatch("softmax", 5), at(5));
      const { task, terms } = prepared.evaluate({ updateRunningStatistics: false });
      const value = (name: string) => terms[name].item();
      const pseudo = value("pseudo1") + value("pseudo2");
      const dependence = value("dependence1") + value("dependence2");
      expectClose(task, [value("sup") + 0.03 * prepared.rampUp * pseudo + 3 * dependence], 5);
    });
    expect(Object.keys(training.method.networks)).toEqual(["second", "dependence"]);
    expect((training.method.networks.second as SegmentationNetwork).parameters()).toHaveLength(
      training.method.trainable?.length as number,
    );
  });
});

it("resumes with the same bits between two searches", () => {
  const options = { dependenceStart: 0, coefficientEvery: 2, coefficientSteps: 2 };
  const make = (seed: number) => new Training("caussl", "sigmoid", { options, seed });
  let [middle, wanted] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  withTraining(make(1), (training) => {
    training.run(0, 4);
    middle = training.save();
    training.run(4, 6);
    wanted = training.save();
  });
  withTraining(make(9), (training) => {
    training.load(middle);
    training.run(4, 6);
    for (const [file, bytes] of training.save()) {
      expect(Buffer.compare(bytes, wanted.get(file) as Uint8Array), file).toBe(0);
    }
  });
});
