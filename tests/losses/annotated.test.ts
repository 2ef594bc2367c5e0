/** Pixels that nobody labelled: a loss is that of the others alone, and nothing flows back to them. */
import { describe, expect } from "vitest";
import type { TargetKind } from "../../src/core/target-kind.js";
import { crossEntropy, diceLoss, mixLoss, segmentationLoss, ssl4misLoss } from "../../src/losses/index.js";
import { Generator, grad, onesLike, rand, randn, type Tensor, zerosLike } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

/** Columns of the images below, and how many of them somebody labelled. */
const [width, labelled] = [5, 3];

/** What the losses take, of images [2, 3, 6, 5]; the last columns are not annotated. */
function inputsOf(kind: TargetKind) {
  using generator = new Generator(11);
  const labels = () => {
    const values = rand(kind === "sigmoid" ? [2, 3, 6, width] : [2, 6, width], { generator });
    return kind === "sigmoid" ? values.gt(0.5).to({ dtype: "float32" }) : values.mul(3).floor().to({ dtype: "int64" });
  };
  const mask = rand([2, kind === "sigmoid" ? 3 : 1, 6, width], { generator });
  const annotated = onesLike(mask.narrow(1, 0, 1));
  annotated.narrow(3, labelled, width - labelled).zero_();
  const outside = rand([2, 6, width], { generator }).gt(0.4).to({ dtype: "float32" });
  const logits = randn([2, 3, 6, width], { generator });
  return { logits, target: labels(), other: labels(), mask, outside, annotated };
}
type Inputs = ReturnType<typeof inputsOf>;

const losses: Record<string, (inputs: Inputs, kind: TargetKind) => Tensor> = {
  crossEntropy: ({ logits, target, annotated }, kind) => crossEntropy(logits, target, null, kind, annotated),
  "crossEntropy, masked": ({ logits, target, mask, annotated }, kind) =>
    crossEntropy(logits, target, mask, kind, annotated),
  diceLoss: ({ logits, target, annotated }, kind) => diceLoss(logits, target, null, { kind, annotated }),
  segmentationLoss: ({ logits, target, annotated }, kind) =>
    segmentationLoss(logits, target, null, { kind, annotated }).loss,
  "segmentationLoss, masked": ({ logits, target, mask, annotated }, kind) =>
    segmentationLoss(logits, target, mask, { kind, annotated }).loss,
  "segmentationLoss, masked without the quirk": ({ logits, target, mask, annotated }, kind) =>
    segmentationLoss(logits, target, mask, { kind, annotated, diceMaskQuirk: false }).loss,
  ssl4misLoss: ({ logits, target, annotated }, kind) => ssl4misLoss(logits, target, kind, { annotated }).loss,
  "mixLoss, both labelled": ({ logits, target, other, outside, annotated }, kind) => {
    const both = { image: annotated, patch: annotated };
    const { image, patch } = mixLoss(logits, target, other, outside, { image: 0.5, patch: 1 }, kind, both);
    return image.add(patch);
  },
};

/** All inputs without the columns that are not annotated. */
function cropped(inputs: Inputs): Inputs {
  const crop = (x: Tensor) => x.narrow(x.ndim - 1, 0, labelled);
  return Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, crop(x)])) as Inputs;
}

function gradientOf(loss: (typeof losses)[string], inputs: Inputs, kind: TargetKind): Tensor {
  const logits = inputs.logits.detach().requiresGrad_();
  return grad(loss({ ...inputs, logits }, kind), [logits])[0];
}

/** The inputs with other labels where none is given. */
function otherwiseLabelled(inputs: Inputs, kind: TargetKind): Inputs {
  const { target, annotated } = inputs;
  const unknown = (kind === "sigmoid" ? annotated : annotated.squeeze(1)).eq(0);
  return { ...inputs, target: target.maskedFill(unknown, 1), other: inputs.other.maskedFill(unknown, 1) };
}

describe.each(["sigmoid", "softmax"] as const)("%s", (kind) => {
  describe.each(Object.keys(losses))("%s", (name) => {
    const loss = losses[name];

    tensorTest("is that of the annotated pixels alone", () => {
      const inputs = inputsOf(kind);
      expectRelative(loss(inputs, kind), [loss(cropped(inputs), kind).item()], { relative: 1e-5 });
    });

    tensorTest("gives their gradient, and exactly none to the others", () => {
      const inputs = inputsOf(kind);
      const gradient = gradientOf(loss, inputs, kind);
      const wanted = gradientOf(loss, cropped(inputs), kind);
      expectRelative(gradient.narrow(3, 0, labelled), numbers(wanted), { relative: 1e-4, absolute: 1e-7 });
      expect(numbers(gradient.narrow(3, labelled, width - labelled)).every((value) => value === 0)).toBe(true);
    });

    tensorTest("does not ask what stands where there is no label", () => {
      const inputs = inputsOf(kind);
      expect(loss(otherwiseLabelled(inputs, kind), kind).item()).toBe(loss(inputs, kind).item());
    });

    tensorTest("is 0 to the weights, and finite, where nothing is annotated", () => {
      const inputs = inputsOf(kind);
      const none = { ...inputs, annotated: zerosLike(inputs.annotated) };
      expect(Number.isFinite(loss(none, kind).item())).toBe(true);
      const gradient = numbers(gradientOf(loss, none, kind));
      // The background's Dice is the one term that the quirk leaves without its mask, but not without this one.
      expect(gradient.every((value) => value === 0)).toBe(true);
    });
  });

  tensorTest("refuses what does not say it pixel by pixel", () => {
    const { logits, target, annotated } = inputsOf(kind);
    const call = () => segmentationLoss(logits, target, null, { kind, annotated: annotated.squeeze(1) });
    expect(call).toThrow("segmentationLoss: annotated has shape [2,6,5]; expected [2,1,6,5]");
  });
});
