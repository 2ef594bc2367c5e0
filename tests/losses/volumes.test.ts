/** Every loss of a volume of one slice is that of its image, to the bit, and of equal slices that of one of them. */
import { describe, expect } from "vitest";
import type { TargetKind } from "../../src/core/target-kind.js";
import {
  consistency,
  maskedConsistency,
  mixLoss,
  predictiveUncertainty,
  pseudoLabels,
  segmentationLoss,
  softDiceDistance,
  ssl4misLoss,
} from "../../src/losses/index.js";
import { Generator, grad, rand, randn, type Tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

/** What the losses take, of images [2, 3, 6, 5]. */
function inputsOf(kind: TargetKind) {
  using generator = new Generator(7);
  const scores = () => randn([2, 3, 6, 5], { generator });
  const drawn = rand([2, 3, 6, 5], { generator });
  const labels = () => {
    const values = rand(kind === "sigmoid" ? [2, 3, 6, 5] : [2, 6, 5], { generator });
    return kind === "sigmoid" ? values.gt(0.5).to({ dtype: "float32" }) : values.mul(3).floor().to({ dtype: "int64" });
  };
  const one = (x: Tensor) => (kind === "sigmoid" ? x : x.narrow(1, 0, 1));
  return {
    logits: scores(),
    teacher: scores(),
    noisy: [scores(), scores()],
    target: labels(),
    other: labels(),
    mask: one(drawn),
    certain: one(drawn.gt(0.4).to({ dtype: "float32" })),
    outside: rand([2, 6, 5], { generator }).gt(0.3).to({ dtype: "float32" }),
  };
}
type Inputs = ReturnType<typeof inputsOf>;

const losses: Record<string, (inputs: Inputs, kind: TargetKind) => Tensor> = {
  segmentationLoss: ({ logits, target }, kind) => segmentationLoss(logits, target, null, { kind }).loss,
  "segmentationLoss, masked": ({ logits, target, mask }, kind) => segmentationLoss(logits, target, mask, { kind }).loss,
  "segmentationLoss, without the quirk": ({ logits, target, mask }, kind) =>
    segmentationLoss(logits, target, mask, { kind, diceMaskQuirk: false }).loss,
  ssl4misLoss: ({ logits, target }, kind) => ssl4misLoss(logits, target, kind).loss,
  mixLoss: ({ logits, target, other, outside }, kind) => {
    const { dice, ce } = mixLoss(logits, target, other, outside, { image: 0.5, patch: 1 }, kind);
    return dice.add(ce);
  },
  softDiceDistance: ({ logits, teacher }, kind) => softDiceDistance(logits.sigmoid(), teacher.sigmoid(), kind),
  consistency: ({ logits, teacher }, kind) => consistency(logits, teacher, kind),
  maskedConsistency: ({ logits, teacher, certain }, kind) => maskedConsistency(logits, teacher, certain, kind),
};

/** All inputs with `slices` equal slices. */
function stacked(inputs: Inputs, slices: number): Inputs {
  const deep = (x: Tensor) => {
    const axis = x.ndim - 2;
    return x.unsqueeze(axis).repeat([...x.shape.slice(0, axis).map(() => 1), slices, 1, 1]);
  };
  const { noisy, ...others } = inputs;
  const single = Object.fromEntries(Object.entries(others).map(([name, x]) => [name, deep(x)]));
  return { ...single, noisy: noisy.map(deep) } as unknown as Inputs;
}

/** Value and gradient with respect to the logits, the latter summed over the slices. */
function evaluate(loss: (typeof losses)[string], inputs: Inputs, kind: TargetKind): number[][] {
  const logits = inputs.logits.detach().requiresGrad_();
  const value = loss({ ...inputs, logits }, kind);
  const [gradient] = grad(value, [logits]);
  return [[value.item()], numbers(gradient.ndim === 5 && gradient.shape[2] > 1 ? gradient.sum([2]) : gradient)];
}

describe.each(["sigmoid", "softmax"] as const)("%s", (kind) => {
  describe.each(Object.keys(losses))("%s", (name) => {
    tensorTest("of one slice has the bits of its image", () => {
      const inputs = inputsOf(kind);
      expect(evaluate(losses[name], stacked(inputs, 1), kind)).toEqual(evaluate(losses[name], inputs, kind));
    });

    tensorTest("of equal slices is that of one of them", () => {
      const inputs = inputsOf(kind);
      const [volume, image] = [stacked(inputs, 4), inputs].map((one) => evaluate(losses[name], one, kind));
      expectRelative(volume[0], image[0], { relative: 1e-5 });
      expectRelative(volume[1], image[1], { relative: 1e-4, absolute: 1e-7 });
    });
  });

  tensorTest("pseudo-labels and uncertainties of one slice are those of its image", () => {
    const inputs = inputsOf(kind);
    const volume = stacked(inputs, 1);
    const labelled = ({ logits }: Inputs) => Object.values(pseudoLabels(logits, { threshold: 0.6 }, kind));
    labelled(volume).forEach((got, i) => {
      const want = labelled(inputs)[i];
      expect(got.shape).toEqual([...want.shape.slice(0, -2), 1, 6, 5]);
      expect(numbers(got)).toEqual(numbers(want));
    });
    const uncertain = ({ noisy }: Inputs) => {
      const together = noisy[0].unsqueeze(0).repeat([2, ...noisy[0].shape.map(() => 1)]);
      together.select(0, 1).copy_(noisy[1]);
      return numbers(predictiveUncertainty(together, kind));
    };
    expect(uncertain(volume)).toEqual(uncertain(inputs));
  });
});
