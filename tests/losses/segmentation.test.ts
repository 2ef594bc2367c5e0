/** Cross-entropy and Dice: answers that follow from the formula, the specification's values, masks and their quirk. */
import { describe, expect } from "vitest";
import type { TargetKind } from "../../src/core/target-kind.js";
import {
  crossEntropy,
  diceLoss,
  oneHot,
  type SegmentationLossOptions,
  segmentationLoss,
  softDiceDistance,
  ssl4misLoss,
} from "../../src/losses/index.js";
import * as torch from "../../src/torch/index.js";
import { Generator, ShapeError, type Tensor, tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

const kinds = ["sigmoid", "softmax"] as const;
const classes = (values: number[][][]) => tensor(values, { dtype: "int64" });

/** Random targets of two images of 6×5 pixels with three classes, and logits that are right (or wrong) beyond doubt. */
function sure(kind: TargetKind, sign: 1 | -1) {
  using generator = new Generator(4);
  const draw = torch.rand([2, 3, 6, 5], { generator });
  const target = kind === "sigmoid" ? draw.gt(0.5).to({ dtype: "float32" }) : draw.argmax(1);
  const planes = kind === "sigmoid" ? target : oneHot(target, 3);
  return { target, logits: planes.sub(0.5).mul(sign * 200) };
}

function fullMask(kind: TargetKind, value: number): Tensor {
  return torch.full([2, kind === "sigmoid" ? 3 : 1, 6, 5], value, { dtype: "float32" });
}

function items({ ce, dice, loss }: ReturnType<typeof segmentationLoss>): number[] {
  return [ce.item(), dice.item(), loss.item()];
}

describe("the specification's example of two classes and four pixels", () => {
  const logits = () =>
    tensor([
      [
        [
          [2, -1],
          [0.5, 0],
        ],
        [
          [0, 1],
          [0.5, 3],
        ],
      ],
    ]);
  const target = () =>
    classes([
      [
        [0, 1],
        [1, 1],
      ],
    ]);
  const mask = () =>
    tensor([
      [
        [
          [1, 0],
          [1, 1],
        ],
      ],
    ]);
  const check = (masked: boolean, options: Partial<SegmentationLossOptions>, ce: number, dice: number) => {
    const loss = segmentationLoss(logits(), target(), masked ? mask() : null, { kind: "softmax", ...options });
    expectRelative(items(loss), [ce, dice, ce + dice]);
  };

  tensorTest("without a mask", () => check(false, {}, 0.2488976386, 0.0970800859));
  tensorTest("with a mask that background Dice ignores, as the reference does and by default", () => {
    check(true, {}, 0.2171656358, 0.1107218246);
    check(true, { diceMaskQuirk: true }, 0.2171656358, 0.1107218246);
  });
  tensorTest("with a mask for every class", () => check(true, { diceMaskQuirk: false }, 0.2171656358, 0.1077000716));
  tensorTest("without a mask the quirk changes nothing", () =>
    check(false, { diceMaskQuirk: false }, 0.2488976386, 0.0970800859),
  );
});

for (const kind of kinds) {
  describe(kind, () => {
    tensorTest("a perfect prediction loses nothing, under any mask", () => {
      const { target, logits } = sure(kind, 1);
      for (const mask of [null, fullMask(kind, 1), fullMask(kind, 0.3), fullMask(kind, 0)])
        expectRelative(items(segmentationLoss(logits, target, mask, { kind })), [0, 0, 0], { absolute: 1e-6 });
    });

    tensorTest("a prediction that is wrong everywhere has no overlap", () => {
      const { target, logits } = sure(kind, -1);
      const [ce, dice] = items(segmentationLoss(logits, target, null, { kind }));
      expect(ce).toBeGreaterThan(90);
      expect(dice).toBeCloseTo(1, 6);
    });

    tensorTest("a mask of ones is no mask", () => {
      using generator = new Generator(5);
      const logits = torch.randn([2, 3, 6, 5], { generator });
      const { target } = sure(kind, 1);
      expectRelative(
        items(segmentationLoss(logits, target, fullMask(kind, 1), { kind })),
        items(segmentationLoss(logits, target, null, { kind })),
      );
    });

    tensorTest("does not depend on the order of images", () => {
      using generator = new Generator(5);
      const logits = torch.randn([2, 3, 6, 5], { generator });
      const { target } = sure(kind, 1);
      expectRelative(
        items(segmentationLoss(logits.flip([0]), target.flip([0]), null, { kind })),
        items(segmentationLoss(logits, target, null, { kind })),
      );
    });

    tensorTest("pixels outside the mask have no gradient, but for background Dice and its quirk", () => {
      using generator = new Generator(5);
      const logits = torch.randn([2, 3, 6, 5], { generator }).requiresGrad_();
      const { target } = sure(kind, 1);
      const mask = fullMask(kind, 1);
      mask.select(0, 1).zero_();
      const norms = (diceMaskQuirk: boolean) => {
        const { loss } = segmentationLoss(logits, target, mask, { kind, diceMaskQuirk });
        const [gradient] = torch.grad(loss, [logits]);
        return gradient.unbind(0).map((image) => image.vectorNorm().item());
      };
      expect(norms(false)[0]).toBeGreaterThan(0);
      expect(norms(false)[1]).toBe(0);
      if (kind === "softmax") expect(norms(true)[1]).toBeGreaterThan(0);
      else expect(norms(true)[1]).toBe(0);
    });

    tensorTest("gradients are those of finite differences", () => {
      using generator = new Generator(6);
      const draw = () => torch.randn([2, 3, 6, 5], { generator, dtype: "float64" });
      const logits = draw().requiresGrad_();
      const direction = draw();
      const { target } = sure(kind, 1);
      const mask = fullMask(kind, 0.5).to({ dtype: "float64" });
      const aim = kind === "sigmoid" ? target.to({ dtype: "float64" }) : target;
      const loss = (at: Tensor) => segmentationLoss(at, aim, mask, { kind }).loss;
      const [gradient] = torch.grad(loss(logits), [logits]);
      const moved = (step: number) => loss(logits.detach().add(direction, { alpha: step })).item();
      expectRelative([(moved(1e-6) - moved(-1e-6)) / 2e-6], [gradient.mul(direction).sum().item()], {
        relative: 1e-6,
      });
    });
  });
}

describe("cross-entropy", () => {
  tensorTest("of no opinion is ln K, or ln 2 per channel", () => {
    expectRelative(
      crossEntropy(
        torch.zeros([1, 4, 2, 2]),
        classes([
          [
            [0, 1],
            [2, 3],
          ],
        ]),
        null,
        "softmax",
      ),
      [Math.log(4)],
    );
    expectRelative(crossEntropy(torch.zeros([1, 2, 2, 2]), torch.ones([1, 2, 2, 2]), null, "sigmoid"), [Math.LN2]);
  });

  tensorTest("divides by all pixels, masked or not", () => {
    const mask = tensor([
      [
        [
          [1, 0],
          [0, 0.5],
        ],
      ],
    ]);
    const target = classes([
      [
        [0, 1],
        [0, 1],
      ],
    ]);
    expectRelative(crossEntropy(torch.zeros([1, 2, 2, 2]), target, mask, "softmax"), [(1.5 / 4) * Math.LN2]);
    const planes = torch.zeros([1, 2, 2, 2]);
    const half = torch.cat([mask, torch.zerosLike(mask)], 1);
    expectRelative(crossEntropy(planes, planes, half, "sigmoid"), [(1.5 / 8) * Math.LN2]);
  });
});

describe("dice", () => {
  tensorTest("takes one ratio over all overlapping classes together", () => {
    // p = ½ everywhere; Σpt = 3/2, Σp² = 8/4, Σt² = 3.
    const target = tensor([
      [
        [
          [1, 1],
          [1, 0],
        ],
        [
          [0, 0],
          [0, 0],
        ],
      ],
    ]);
    const dice = diceLoss(torch.zeros([1, 2, 2, 2]), target, null, { kind: "sigmoid" });
    expectRelative(dice, [1 - 3 / 5]);
  });

  tensorTest("averages the ratios of exclusive classes, background and absent ones included", () => {
    // Two classes at p = ½: background has Σpt = 3/2, Σp² = 1, Σt² = 3; foreground 1/2, 1, 1.
    const target = classes([
      [
        [0, 0],
        [0, 1],
      ],
    ]);
    expectRelative(diceLoss(torch.zeros([1, 2, 2, 2]), target, null, { kind: "softmax" }), [
      (1 - 3 / 4 + (1 - 1 / 2)) / 2,
    ]);
    // A third class, absent from both: an empty ratio counts as perfect.
    const logits = tensor([0, 0, -200]).reshape([1, 3, 1, 1]).expand([1, 3, 2, 2]);
    expectRelative(diceLoss(logits, target, null, { kind: "softmax" }), [(1 - 3 / 4 + (1 - 1 / 2)) / 3]);
  });

  tensorTest("of nothing predicted where there is nothing is perfect, and of something is not", () => {
    const none = torch.zeros([1, 1, 2, 2]);
    expect(diceLoss(none.sub(200), none, null, { kind: "sigmoid" }).item()).toBe(0);
    expect(diceLoss(none, none, null, { kind: "sigmoid" }).item()).toBeCloseTo(1, 6);
  });

  tensorTest("an empty mask leaves background only, with the quirk, and nothing without", () => {
    const target = classes([
      [
        [0, 0],
        [0, 1],
      ],
    ]);
    const mask = torch.zeros([1, 1, 2, 2]);
    const loss = (diceMaskQuirk: boolean) =>
      diceLoss(torch.zeros([1, 2, 2, 2]), target, mask, { kind: "softmax", diceMaskQuirk }).item();
    expect(loss(false)).toBe(0);
    expect(loss(true)).toBeCloseTo((1 - 3 / 4) / 2, 6);
  });

  tensorTest("smooth enters numerator and denominator", () => {
    const target = torch.ones([1, 1, 2, 2]);
    const dice = diceLoss(torch.zeros([1, 1, 2, 2]), target, null, { kind: "sigmoid", smooth: 1 });
    expectRelative(dice, [1 - (2 * 2 + 1) / (1 + 4 + 1)]);
  });
});

describe("smooth", () => {
  /** No label, and one pixel predicted with p² = `square`: Dice is 1 − ε/(p² + ε), one half where both are equal. */
  const against = (square: number) => {
    const p = Math.sqrt(square);
    return tensor([[[[Math.log(p / (1 - p))]]]], { dtype: "float64" });
  };
  const nothing = () => torch.zeros([1, 1, 1, 1], { dtype: "float64" });

  tensorTest("is 1e-10 by default, and 1e-5 in SSL4MIS's loss", () => {
    expectRelative(diceLoss(against(1e-10), nothing(), null, { kind: "sigmoid" }), [0.5]);
    expectRelative(softDiceDistance(against(1e-10).sigmoid(), nothing(), "sigmoid"), [0.5]);
    expectRelative(ssl4misLoss(against(1e-5), nothing(), "sigmoid").dice, [0.5]);
  });

  tensorTest("may be chosen, also for SSL4MIS", () => {
    expectRelative(diceLoss(against(1e-3), nothing(), null, { kind: "sigmoid", smooth: 1e-3 }), [0.5]);
    expectRelative(ssl4misLoss(against(1e-3), nothing(), "sigmoid", { smooth: 1e-3 }).dice, [0.5]);
  });
});

tensorTest("SSL4MIS's loss is the mean of cross-entropy and Dice, each as it is", () => {
  const logits = torch.zeros([1, 2, 1, 2]);
  const { ce, dice, loss } = ssl4misLoss(logits, classes([[[0, 1]]]), "softmax");
  // p = ½: per class Σpt ½, Σp² ½, Σt² 1.
  const want = 1 - (1 + 1e-5) / (1.5 + 1e-5);
  expectRelative([ce.item(), dice.item(), loss.item()], [Math.LN2, want, (Math.LN2 + want) / 2]);
});

describe("the Dice distance of two predictions", () => {
  // Two images of one row of two pixels, two channels.
  const p = () =>
    tensor([
      [[[0.5, 1]], [[0.5, 0]]],
      [[[0, 0.5]], [[1, 0.5]]],
    ]);
  const q = () =>
    tensor([
      [[[1, 0.5]], [[0, 0.5]]],
      [[[0.5, 0]], [[0.5, 1]]],
    ]);
  // Channel 0: Σpq 1, Σp² 1.5, Σq² 1.5. Channel 1: Σpq 1, Σp² 1.5, Σq² 1.5 of other pixels.
  tensorTest("takes sums over all images and pixels", () => {
    expectRelative(softDiceDistance(p(), q(), "softmax"), [1 - 2 / 3]);
    expectRelative(softDiceDistance(p(), q(), "sigmoid"), [1 - 2 / 3]);
  });

  tensorTest("per class and then their mean where classes exclude each other, over all channels where not", () => {
    // Channel 0: Σpq ½, Σp² ¼, Σq² 1. Channel 1: Σpq 1, Σp² 1, Σq² 1 + ¼.
    const [a, b] = [tensor([[[[0.5, 0]], [[0, 1]]]]), tensor([[[[1, 0]], [[0.5, 1]]]])];
    expectRelative(softDiceDistance(a, b, "softmax"), [(1 - 1 / 1.25 + 1 - 2 / 2.25) / 2]);
    expectRelative(softDiceDistance(a, b, "sigmoid"), [1 - 3 / 3.5]);
  });

  tensorTest("is that of a label where one prediction is certain", () => {
    using generator = new Generator(9);
    const { target, logits } = sure("softmax", 1);
    const other = torch.randn([2, 3, 6, 5], { generator });
    const distance = softDiceDistance(other.softmax(1), logits.softmax(1), "softmax");
    expectRelative(distance, [diceLoss(other, target, null, { kind: "softmax" }).item()]);
  });
});

tensorTest("oneHot puts class numbers into channels", () => {
  const planes = oneHot(classes([[[0, 2]]]), 3);
  expect([planes.shape, planes.dtype, numbers(planes)]).toEqual([[1, 3, 1, 2], "float32", [1, 0, 0, 0, 0, 1]]);
});

describe("shapes that do not fit are refused by name", () => {
  const logits = () => torch.zeros([2, 3, 4, 5]);
  const cases: [string, TargetKind, number[], number[] | null, string][] = [
    ["target", "softmax", [2, 4, 6], null, "target has shape [2,4,6]; expected [2,4,5]"],
    ["target", "sigmoid", [2, 4, 5], null, "target has shape [2,4,5]; expected [2,3,4,5]"],
    ["mask", "softmax", [2, 4, 5], [2, 3, 4, 5], "mask has shape [2,3,4,5]; expected [2,1,4,5]"],
    ["mask", "sigmoid", [2, 3, 4, 5], [2, 1, 4, 5], "mask has shape [2,1,4,5]; expected [2,3,4,5]"],
    ["batch", "softmax", [1, 4, 5], null, "target has shape [1,4,5]; expected [2,4,5]"],
  ];
  for (const [what, kind, target, mask, message] of cases) {
    tensorTest(`${what}, ${kind}: ${message}`, () => {
      const aim = torch.zeros(target, { dtype: kind === "softmax" ? "int64" : "float32" });
      const call = () => segmentationLoss(logits(), aim, mask && torch.ones(mask), { kind });
      expect(call).toThrow(ShapeError);
      expect(call).toThrow(`segmentationLoss: ${message}`);
    });
  }
});
