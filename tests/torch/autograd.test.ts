/** Gradients against analytic answers, their options, and what is refused. */
import { describe, expect } from "vitest";
import * as torch from "../../src/torch/index.js";
import { backward, grad, TorchError, tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

describe("grad", () => {
  tensorTest("of x³ is 3x², and of that 6x with createGraph", () => {
    const x = tensor([2, -3]).requiresGrad_();
    const [first] = grad(x.pow(3).sum(), [x], { createGraph: true });
    expect([numbers(first), first.requiresGrad]).toEqual([[12, 27], true]);
    const [second] = grad(first.sum(), [x]);
    expect([numbers(second), second.requiresGrad]).toEqual([[12, -18], false]);
  });

  tensorTest("gives one tensor per input, in order, and leaves `grad` alone", () => {
    const x = tensor([1, 2]).requiresGrad_();
    const y = tensor([5]).requiresGrad_();
    const [dy, dx] = grad(x.mul(y).sum(), [y, x]);
    expect([numbers(dx), numbers(dy), x.grad]).toEqual([[5, 5], [3], null]);
  });

  tensorTest("sums several outputs", () => {
    const x = tensor([3]).requiresGrad_();
    expect(numbers(grad([x.square().sum(), x.mul(10).sum()], [x])[0])).toEqual([16]);
  });

  tensorTest("weights outputs of several elements by gradOutputs", () => {
    const x = tensor([1, 2]).requiresGrad_();
    const y = x.square();
    expect(() => grad(y, [x])).toThrow(/scalar outputs/);
    expect(numbers(grad(y, [x], { gradOutputs: [tensor([1, 10])] })[0])).toEqual([2, 40]);
  });

  tensorTest("refuses inputs that do not take part, or gives zeros with allowUnused", () => {
    const x = tensor([1]).requiresGrad_();
    const other = torch.ones([2, 3]).requiresGrad_();
    const y = x.square().sum();
    expect(() => grad(y, [x, other], { retainGraph: true })).toThrow(TorchError);
    const [dx, unused] = grad(y, [x, other], { allowUnused: true });
    expect([numbers(dx), unused.shape, unused.sum().item()]).toEqual([[2], [2, 3], 0]);
  });

  tensorTest("frees the graph unless told to retain it", () => {
    const x = tensor([3]).requiresGrad_();
    const y = x.square().sum();
    grad(y, [x], { retainGraph: true });
    expect(numbers(grad(y, [x])[0])).toEqual([6]);
    expect(() => grad(y, [x])).toThrow(/second time/);
  });

  tensorTest("refuses outputs that nothing was recorded for, and changing a leaf in place", () => {
    const x = tensor([1]);
    expect(() => grad(x.sum(), [x])).toThrow(/does not require grad/);
    const leaf = tensor([1]).requiresGrad_();
    expect(() => leaf.add_(1)).toThrow(/leaf Variable/);
    expect(leaf.item()).toBe(1);
  });

  tensorTest("stops at detach", () => {
    const x = tensor([4]).requiresGrad_();
    expect(numbers(grad(x.mul(x.detach()).sum(), [x])[0])).toEqual([4]);
  });

  tensorTest("agrees with finite differences through a convolution, a norm and a pool", () => {
    using generator = new torch.Generator(1);
    const draw = (shape: number[]) => torch.randn(shape, { generator, dtype: "float64" });
    const image = draw([2, 3, 8, 8]);
    const weight = draw([4, 3, 3, 3]);
    const gamma = draw([4]);
    const beta = draw([4]);
    const loss = () => {
      const map = torch.conv2d(image, weight, { padding: 1 });
      const normed = torch.batchNorm(map, gamma, beta, null, null, true, 0.1, 1e-5, true);
      return torch.maxPool2d(normed.leakyRelu(0.1), 2).square().sum();
    };
    for (const x of [weight, gamma, beta]) x.requiresGrad_();
    const gradients = grad(loss(), [weight, gamma, beta]);
    [weight, gamma, beta].forEach((x, i) => {
      const direction = draw(x.shape);
      const moved = (step: number) => {
        torch.noGrad(() => x.add_(direction, { alpha: step }));
        const value = loss().item();
        torch.noGrad(() => x.sub_(direction, { alpha: step }));
        return value;
      };
      const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
      expectRelative([slope], [gradients[i].mul(direction).sum().item()], { relative: 1e-6, absolute: 1e-6 });
    });
  });
});

describe("backward", () => {
  tensorTest("adds into the leaves until they are cleared", () => {
    const x = tensor([1, 2]).requiresGrad_();
    backward(x.square().sum());
    backward(x.square().sum());
    expect(numbers(x.grad!)).toEqual([4, 8]);
    x.clearGrad();
    expect(x.grad).toBeNull();
  });

  tensorTest("takes several outputs and their weights", () => {
    const x = tensor([1, 2]).requiresGrad_();
    backward([x.mul(2), x.mul(3)], { gradOutputs: [tensor([1, 1]), tensor([0, 1])] });
    expect(numbers(x.grad!)).toEqual([2, 5]);
  });
});
