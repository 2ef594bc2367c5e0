/** The modes of a thread: each does what it says, ends with its function, and ends with an exception too. */
import { describe, expect } from "vitest";
import * as torch from "../../src/torch/index.js";
import { autocast, inferenceMode, noGrad, tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

const fails = () => {
  throw new RangeError("mine");
};

function convolution() {
  using generator = new torch.Generator(5);
  const draw = (shape: number[]) => torch.randn(shape, { generator });
  return { image: draw([1, 3, 8, 8]), weight: draw([4, 3, 3, 3]).requiresGrad_() };
}

describe("autocast", () => {
  tensorTest("runs convolutions and products in bfloat16, near the float32 result", () => {
    const { image, weight } = convolution();
    const exact = torch.conv2d(image, weight);
    const cast = autocast("bf16", "cpu", () => torch.conv2d(image, weight));
    expect([exact.dtype, cast.dtype]).toEqual(["float32", "bfloat16"]);
    const deviation = cast.sub(exact).abs().amax().item();
    expect(deviation).toBeGreaterThan(0);
    expect(deviation).toBeLessThan(0.02 * exact.abs().amax().item());
    expect(autocast("bf16", "cpu", () => torch.ones([2, 2]).matmul(torch.ones([2, 2])).dtype)).toBe("bfloat16");
  });

  tensorTest("leaves sums and weights in float32, and gradients in the weights' dtype", () => {
    const { image, weight } = convolution();
    const loss = autocast("bf16", "cpu", () => torch.conv2d(image, weight).to({ dtype: "float32" }).square().mean());
    const [gradient] = torch.grad(loss, [weight]);
    expect([loss.dtype, weight.dtype, gradient.dtype]).toEqual(["float32", "float32", "float32"]);
  });

  tensorTest("ends with its function, also after an exception", () => {
    const { image, weight } = convolution();
    const dtype = () => torch.conv2d(image, weight).dtype;
    expect(autocast("bf16", "cpu", dtype)).toBe("bfloat16");
    expect(dtype()).toBe("float32");
    expect(() => autocast("bf16", "cpu", fails)).toThrow(RangeError);
    expect(dtype()).toBe("float32");
    expect(autocast("bf16", "cpu", dtype)).toBe("bfloat16");
  });

  tensorTest("sees weights that changed since it last ran", () => {
    const weight = torch.ones([1, 1, 1, 1]).requiresGrad_();
    const run = () => autocast("bf16", "cpu", () => torch.conv2d(torch.ones([1, 1, 1, 1]), weight).item());
    expect(run()).toBe(1);
    noGrad(() => weight.mul_(4));
    expect(run()).toBe(4);
  });

  tensorTest("is nothing for fp32, and does not nest", () => {
    const { image, weight } = convolution();
    expect(autocast("fp32", "cpu", () => torch.conv2d(image, weight).dtype)).toBe("float32");
    expect(() => autocast("bf16", "cpu", () => autocast("bf16", "cpu", () => 1))).toThrow(/does not nest/);
    expect(torch.conv2d(image, weight).dtype).toBe("float32");
  });
});

describe("noGrad", () => {
  tensorTest("records nothing, returns its result, and may change leaves", () => {
    const x = tensor([2]).requiresGrad_();
    const y = noGrad(() => x.mul(3));
    expect([y.item(), y.requiresGrad]).toEqual([6, false]);
    noGrad(() => x.add_(1));
    expect(numbers(torch.grad(x.square().sum(), [x])[0])).toEqual([6]);
  });

  tensorTest("nests and ends with an exception", () => {
    const x = tensor([2]).requiresGrad_();
    noGrad(() => {
      noGrad(() => {});
      expect(x.mul(2).requiresGrad).toBe(false);
    });
    expect(() => noGrad(fails)).toThrow(RangeError);
    expect(x.mul(2).requiresGrad).toBe(true);
  });
});

describe("inferenceMode", () => {
  tensorTest("gives the same numbers, outside of any gradient for good", () => {
    const { image, weight } = convolution();
    const want = numbers(torch.conv2d(image, weight));
    const result = inferenceMode(() => torch.conv2d(image, weight));
    expectRelative(result, want, { relative: 0 });
    expect(result.requiresGrad).toBe(false);
    expect(() => result.mul(weight.sum())).toThrow(/Inference tensors cannot be saved/);
    expect(weight.mul(2).requiresGrad).toBe(true);
  });

  tensorTest("nests and ends with an exception", () => {
    const x = tensor([2]).requiresGrad_();
    inferenceMode(() => inferenceMode(() => {}));
    expect(() => inferenceMode(fails)).toThrow(RangeError);
    expect(x.mul(2).requiresGrad).toBe(true);
  });
});
