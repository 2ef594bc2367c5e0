import { expect } from "vitest";
import { consistency, maskedConsistency, predictiveUncertainty } from "../../src/losses/index.js";
import { stack, type Tensor, tensor, zeros, zerosLike } from "../../src/torch/index.js";
import { expectClose, tensorTest } from "../support/tensors.js";

/** The two-class softmax logits that say the same as one sigmoid channel, [B, 1, H, W] → [B, 2, H, W]. */
const asSoftmax = (logits: Tensor) => stack([zerosLike(logits), logits], 1).squeeze(2);

const student = () => tensor([[[[0.3, -1.2, 2.5, 0]]], [[[1, -4, 0.2, 3]]]]);
const teacher = () => tensor([[[[0.1, -2, 1.5, 1]]], [[[-1, -3, 0.4, 0.5]]]]);

tensorTest("consistency is the mean squared difference of probabilities", () => {
  const [zero, certain] = [tensor([[[[0]]]]), tensor([[[[Math.log(3)]]]])];
  expectClose(consistency(zero, certain, "sigmoid"), [0.0625]);
  expectClose(consistency(zero, zero, "sigmoid"), [0]);
});

tensorTest("one sigmoid channel counts as the two-class softmax it is equivalent to", () => {
  const [s, t] = [student(), teacher()];
  expectClose(consistency(s, t, "sigmoid"), [consistency(asSoftmax(s), asSoftmax(t), "softmax").item()]);
  const passes = stack([s, t]);
  const softmaxPasses = stack([asSoftmax(s), asSoftmax(t)]);
  const entropy = predictiveUncertainty(passes, "sigmoid");
  expectClose(entropy, [...predictiveUncertainty(softmaxPasses, "softmax").toNumbers()]);
  const certain = entropy.lt(0.5).to({ dtype: "float32" });
  const wanted = maskedConsistency(asSoftmax(s), asSoftmax(t), certain, "softmax").item();
  expectClose(maskedConsistency(s, t, certain, "sigmoid"), [wanted]);
});

tensorTest("uncertainty is ln 2 at p = ½ and almost 0 at sure predictions", () => {
  const entropy = predictiveUncertainty(tensor([[[[[0, 30]]]]]), "sigmoid").toNumbers();
  expect(entropy[0]).toBeCloseTo(Math.LN2, 5);
  expect(entropy[1]).toBeCloseTo(0, 5);
});

tensorTest("uncertainty adds 1e-6 inside the logarithm, as the references do", () => {
  // p = ½ of each class: −2·½·ln(½ + 10⁻⁶).
  const want = [-Math.log(0.5 + 1e-6)];
  const logits = (channels: number) => tensor([[Array(channels).fill([[0]])]], { dtype: "float64" });
  for (const [kind, channels] of [
    ["sigmoid", 1],
    ["softmax", 2],
  ] as const)
    expectClose(predictiveUncertainty(logits(channels), kind), want, 12);
});

tensorTest("uncertainty is one map for exclusive classes, and one per channel for overlapping ones", () => {
  const logits = zeros([3, 2, 4, 5, 6]);
  expect(predictiveUncertainty(logits, "softmax").shape).toEqual([2, 1, 5, 6]);
  expect(predictiveUncertainty(logits, "sigmoid").shape).toEqual([2, 4, 5, 6]);
});

tensorTest("consistency of the certain pixels is taken over twice their number", () => {
  // Probabilities (½, ½) and (¾, ¼) in four pixels, of which three are certain: 3·(1/16 + 1/16) over 6.
  const [even, sure] = [zeros([1, 2, 2, 2]), zeros([1, 2, 2, 2])];
  sure.select(1, 0).fill_(Math.log(3));
  const certain = tensor([
    [
      [
        [1, 1],
        [1, 0],
      ],
    ],
  ]);
  expectClose(maskedConsistency(even, sure, certain, "softmax"), [1 / 16]);
});

tensorTest("no certain pixel gives no loss", () => {
  const certain = zerosLike(student());
  expectClose(maskedConsistency(student(), teacher(), certain, "sigmoid"), [0]);
});
