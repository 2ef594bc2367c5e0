/** The baseline looks at labelled images only. */
import { describe, expect } from "vitest";
import { mriProfile } from "../../src/augment/index.js";
import { segmentationLoss } from "../../src/losses/index.js";
import type { Batch } from "../../src/methods/index.js";
import { supervised } from "../../src/methods/supervised.js";
import { UNet } from "../../src/nn/index.js";
import { full, Generator, manualSeed, type Tensor } from "../../src/torch/index.js";
import { snapshot, wave } from "../nn/networks.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

function create() {
  using generator = new Generator(1);
  const student = new UNet({ inChannels: 1, outChannels: 2, width: 2, generator });
  const never = () => {
    throw new Error("the baseline needs no second network");
  };
  const context = { student, createNetwork: never, kind: "softmax", augmentation: mriProfile } as const;
  const method = supervised.create({ ...context, precision: "fp32", device: "cpu" }, {});
  return { student, method, [Symbol.dispose]: () => student.dispose() };
}

const labelled = () => ({
  images: wave([2, 1, 16, 16]).abs().mul(255).floor(),
  labels: wave([2, 16, 16]).gt(0).to({ dtype: "int64" }),
});
const unlabelled = (value: number): Batch["unlabelled"] => ({
  weak: full([2, 1, 16, 16], value, { dtype: "float32" }),
  strong: full([2, 1, 16, 16], value, { dtype: "float32" }),
});

describe("supervised", () => {
  const lossWith = (views: Batch["unlabelled"], iteration = 0) => {
    using made = create();
    manualSeed(iteration);
    const { evaluate } = made.method.prepare(
      { labelled: labelled(), unlabelled: views },
      { seed: 1, iteration, maxIterations: 10 },
    );
    const { task, terms, shared } = evaluate({ updateRunningStatistics: true });
    expect([Object.keys(terms), terms.sup, shared]).toEqual([["sup"], task, null]);
    return task.item();
  };

  tensorTest("gives the same loss whatever the unlabelled images, and whenever", () => {
    const want = lossWith(null);
    expect([lossWith(unlabelled(0)), lossWith(unlabelled(255)), lossWith(null, 9)]).toEqual([want, want, want]);
  });

  tensorTest("is the segmentation loss of the student on inputs in −1 to 1", () => {
    using made = create();
    const { images, labels } = labelled();
    const logits: Tensor = made.student.forward(images.div(127.5).sub(1));
    expectRelative([lossWith(null)], [segmentationLoss(logits, labels, null, { kind: "softmax" }).loss.item()]);
  });

  tensorTest("shows both domains to a divergence where there are two", () => {
    using made = create();
    const step = { seed: 1, iteration: 0, maxIterations: 10 };
    expect(made.method.prepare({ labelled: labelled(), unlabelled: null }, step).domains).toBeNull();
    const prepared = made.method.prepare({ labelled: labelled(), unlabelled: unlabelled(255) }, step);
    expect(prepared.domains?.labels).toBeNull();
    expect(new Set(numbers(prepared.domains!.target.weak))).toEqual(new Set([1]));
    expect([prepared.rampUp, prepared.measures]).toEqual([1, {}]);
  });

  tensorTest("keeps no network and changes nothing after a step", () => {
    using made = create();
    const before = snapshot(made.student);
    made.method.afterUpdate({ seed: 1, iteration: 0, maxIterations: 10 });
    expect([snapshot(made.student), made.method.networks]).toEqual([before, {}]);
  });
});
