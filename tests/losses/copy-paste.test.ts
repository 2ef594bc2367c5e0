/** The loss of bidirectional copy-paste: each region against its own target, weighted, averaged over itself. */
import { expect } from "vitest";
import { mixLoss, oneHot } from "../../src/losses/index.js";
import { type Tensor, tensor, zeros } from "../../src/torch/index.js";
import { expectRelative, tensorTest } from "../support/tensors.js";

const labels = (values: number[]) => tensor([[values]], { dtype: "int64" });
/** Four pixels in a row; the last is pasted. */
const outside = () => tensor([[[1, 1, 1, 0]]]);
const image = () => labels([0, 1, 1, 1]);
const patch = () => labels([1, 0, 0, 0]);
const both = { image: 1, patch: 1 };

/** Scores that name these classes beyond doubt. */
const sure = (target: Tensor) => oneHot(target, 2).mul(100);
const items = ({ dice, ce }: { dice: Tensor; ce: Tensor }) => [dice.item(), ce.item()];

tensorTest("a network that names each region's own classes loses nothing", () => {
  expectRelative(items(mixLoss(sure(labels([0, 1, 1, 0])), image(), patch(), outside(), both)), [0, 0], {
    absolute: 1e-6,
  });
});

tensorTest("cross-entropy of no opinion is ln 2 in each region, whatever its size, times its weight", () => {
  const logits = zeros([1, 2, 1, 4]);
  const ce = (imageWeight: number, patchWeight: number) =>
    mixLoss(logits, image(), patch(), outside(), { image: imageWeight, patch: patchWeight }).ce;
  expectRelative(ce(1, 1), [2 * Math.LN2]);
  expectRelative(ce(1, 0.5), [1.5 * Math.LN2]);
  expectRelative(ce(0, 0.5), [0.5 * Math.LN2]);
});

tensorTest("dice is taken per region and averaged over both classes", () => {
  // p = ½. Outside (0 1 1): background Σpt ½, Σp² ¾, Σt² 1; foreground 1, ¾, 2. Inside (0): ½, ¼, 1 and 0, ¼, 0.
  const { dice } = mixLoss(zeros([1, 2, 1, 4]), image(), patch(), outside(), { image: 1, patch: 0.5 });
  const outer = (1 - 1 / 1.75 + (1 - 2 / 2.75)) / 2;
  const inner = (1 - 1 / 1.25 + 1) / 2;
  expectRelative(dice, [outer + 0.5 * inner]);
});

tensorTest("overlapping classes: dice takes both channels together, cross-entropy averages them", () => {
  // Two channels of four pixels in a row, the last one pasted; p = ½ and ¾.
  const logits = tensor([[[[0, 0, 0, 0]], [[Math.log(3), Math.log(3), Math.log(3), Math.log(3)]]]]);
  const imageTarget = tensor([[[[1, 0, 0, 0]], [[1, 1, 0, 0]]]]);
  const patchTarget = tensor([[[[0, 0, 0, 1]], [[0, 0, 0, 0]]]]);
  const loss = mixLoss(logits, imageTarget, patchTarget, outside(), { image: 1, patch: 0.5 }, "sigmoid");
  // Outside: Σpt ½ + 2·¾, Σp² 3·(¼ + 9/16), Σt² 3. Inside: ½, ¼ + 9/16, 1.
  const dice = [1 - 4 / (39 / 16 + 3), 1 - 1 / (13 / 16 + 1)];
  // −ln p of the truth: ln 2 for the first channel; ln(4/3) where the second is 1, ln 4 where it is 0.
  const ce = [(3 * Math.LN2 + 2 * Math.log(4 / 3) + Math.log(4)) / 6, (Math.LN2 + Math.log(4)) / 2];
  expectRelative(items(loss), [dice[0] + 0.5 * dice[1], ce[0] + 0.5 * ce[1]]);
  expectRelative([loss.image.item(), loss.patch.item()], [dice[0] + ce[0], 0.5 * (dice[1] + ce[1])]);
});

tensorTest("every image has its own rectangle", () => {
  // p = ½. Three pixels of class 0 lie outside in the first image, one of class 1 in the second.
  const regions = tensor([
    [
      [1, 1],
      [1, 0],
    ],
    [
      [0, 1],
      [0, 0],
    ],
  ]);
  // Class 0: Σpt 3/2, Σp² 1, Σt² 3; class 1: ½, 1, 1. As overlapping classes of these planes: 2, 2, 4.
  const wanted = { softmax: (1 - 3 / 4 + (1 - 1 / 2)) / 2, sigmoid: 1 - 4 / 6 };
  for (const kind of ["softmax", "sigmoid"] as const) {
    const numbers = zeros([2, 2, 2], { dtype: "int64" });
    numbers.select(0, 1).fill_(1);
    const target = kind === "softmax" ? numbers : oneHot(numbers, 2);
    const { dice, ce } = mixLoss(zeros([2, 2, 2, 2]), target, target, regions, { image: 1, patch: 0 }, kind);
    expectRelative([dice.item(), ce.item()], [wanted[kind], Math.LN2]);
  }
});

tensorTest("a region without a pixel loses nothing", () => {
  for (const kind of ["softmax", "sigmoid"] as const) {
    const logits = zeros([1, 2, 1, 4]);
    const target = kind === "softmax" ? image() : zeros([1, 2, 1, 4]);
    const none = mixLoss(logits, target, target, zeros([1, 1, 4]), { image: 1, patch: 0 }, kind);
    expectRelative([none.image.item()], [0]);
  }
});

tensorTest("targets outside their own region do not matter", () => {
  const logits = tensor([[[[2, -1, 0, 1]], [[0, 1, 3, -2]]]]);
  const want = items(mixLoss(logits, image(), patch(), outside(), both));
  expect(items(mixLoss(logits, labels([0, 1, 1, 0]), labels([0, 1, 1, 0]), outside(), both))).toEqual(want);
});

tensorTest("nothing pasted leaves the loss of the image alone", () => {
  const logits = tensor([[[[2, -1, 0, 1]], [[0, 1, 3, -2]]]]);
  const whole = tensor([[[1, 1, 1, 1]]]);
  const [dice, ce] = items(mixLoss(logits, image(), patch(), whole, both));
  const alone = items(mixLoss(logits, image(), patch(), whole, { image: 1, patch: 0 }));
  expectRelative([dice, ce], alone);
});
