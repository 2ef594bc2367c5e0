/** Pseudo-labels: the more probable side, and confidence on the right side of the threshold. */
import { describe, expect } from "vitest";
import { pseudoLabels } from "../../src/losses/index.js";
import { tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

/** The logit of a probability. */
const logit = (p: number) => Math.log(p / (1 - p));

describe("overlapping classes", () => {
  tensorTest("are labelled at one half, and trusted near either end", () => {
    const p = [0.99, 0.96, 0.94, 0.5, 0.49, 0.06, 0.04];
    const { labels, confident } = pseudoLabels(tensor([[[p.map(logit)]]]), { threshold: 0.95 }, "sigmoid");
    expect([labels.shape, confident.shape]).toEqual([
      [1, 1, 1, 7],
      [1, 1, 1, 7],
    ]);
    expect(numbers(labels)).toEqual([1, 1, 1, 1, 0, 0, 0]);
    expect(numbers(confident)).toEqual([1, 1, 0, 0, 0, 0, 1]);
    expect([labels.dtype, confident.dtype]).toEqual(["float32", "float32"]);
  });

  tensorTest("are trusted at the threshold itself", () => {
    const logits = tensor([[[[1.25, -1.25]]]]);
    const [high, low] = numbers(logits.sigmoid());
    expect(numbers(pseudoLabels(logits, { threshold: high }, "sigmoid").confident)[0]).toBe(1);
    expect(numbers(pseudoLabels(logits, { threshold: 1 - low }, "sigmoid").confident)[1]).toBe(1);
    expect(numbers(pseudoLabels(logits, { threshold: high + 1e-6 }, "sigmoid").confident)).toEqual([0, 0]);
  });

  tensorTest("are judged channel by channel", () => {
    const { confident } = pseudoLabels(tensor([[[[10]], [[0]]]]), { threshold: 0.95 }, "sigmoid");
    expect(confident.toArray()).toEqual([[[[1]], [[0]]]]);
  });
});

describe("exclusive classes", () => {
  tensorTest("are labelled by the largest score, and trusted above the threshold", () => {
    // Two pixels, one below the other: three classes at .96/.02/.02 and .2/.3/.5.
    const logits = tensor([
      [
        [[Math.log(0.96)], [Math.log(0.2)]],
        [[Math.log(0.02)], [Math.log(0.3)]],
        [[Math.log(0.02)], [Math.log(0.5)]],
      ],
    ]);
    const { labels, confident } = pseudoLabels(logits, { threshold: 0.95 }, "softmax");
    expect([labels.shape, labels.dtype, numbers(labels)]).toEqual([[1, 2, 1], "int64", [0, 2]]);
    expect([confident.shape, numbers(confident)]).toEqual([
      [1, 1, 2, 1],
      [1, 0],
    ]);
  });

  tensorTest("are not trusted at the threshold itself", () => {
    const logits = tensor([[[[0]], [[3]]]]);
    const p = logits.softmax(1).amax().item();
    expect(numbers(pseudoLabels(logits, { threshold: p }, "softmax").confident)).toEqual([0]);
    expect(numbers(pseudoLabels(logits, { threshold: p - 1e-6 }, "softmax").confident)).toEqual([1]);
  });

  tensorTest("that tie go to the first", () => {
    expect(numbers(pseudoLabels(tensor([[[[1]], [[1]], [[1]]]]), { threshold: 0.6 }, "softmax").labels)).toEqual([0]);
  });
});

describe("a threshold by class", () => {
  const byClass = { threshold: 0.95, byClass: true };

  tensorTest("is lower for a class of which the teacher is less sure on the whole", () => {
    // Four pixels: two of class 0 at .99 and .97, two of class 1 at .8 and .6. The means are .98 and .7, so the limits are
    // .95 and .95 * .7 / .98 = .679.
    const p = [0.99, 0.97, 0.2, 0.4];
    const logits = tensor([[[p.map(Math.log)], [p.map((one) => Math.log(1 - one))]]]);
    expect(numbers(pseudoLabels(logits, { threshold: 0.95 }, "softmax").confident)).toEqual([1, 1, 0, 0]);
    const { labels, confident } = pseudoLabels(logits, byClass, "softmax");
    expect([confident.shape, numbers(labels)]).toEqual([
      [1, 1, 1, 4],
      [0, 0, 1, 1],
    ]);
    expect(numbers(confident)).toEqual([1, 1, 1, 0]);
  });

  tensorTest("is that of the inside or the outside of each overlapping class", () => {
    const p = [0.01, 0.03, 0.8, 0.6];
    const logits = tensor([[[p.map(logit)], [p.map((one) => logit(1 - one))]]]);
    expect(numbers(pseudoLabels(logits, { threshold: 0.95 }, "sigmoid").confident)).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
    const { labels, confident } = pseudoLabels(logits, byClass, "sigmoid");
    expect(numbers(labels)).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
    expect(numbers(confident)).toEqual([1, 1, 1, 0, 1, 1, 1, 0]);
  });

  tensorTest("stays where a batch has one class alone", () => {
    const logits = tensor([[[[3, 1]], [[0, 0]]]]);
    const counting = (options: { threshold: number; byClass?: boolean }) =>
      numbers(pseudoLabels(logits, options, "softmax").confident);
    expect(counting(byClass)).toEqual(counting({ threshold: 0.95 }));
    expect(counting(byClass)).toEqual([1, 0]);
  });
});

tensorTest("pseudo-labels carry no gradient", () => {
  const logits = tensor([[[[2]], [[1]]]]).requiresGrad_();
  for (const kind of ["sigmoid", "softmax"] as const) {
    const { labels, confident } = pseudoLabels(logits, { threshold: 0.9 }, kind);
    expect([labels.requiresGrad, confident.requiresGrad]).toEqual([false, false]);
  }
});
