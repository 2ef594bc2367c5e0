/** Gradients against hand calculations, and modes that end with their function. */
import { describe, expect } from "vitest";
import * as torch from "../../src/torch/index.js";
import { errorOf, expectClose, tensorTest } from "../support/tensors.js";

const leaf = (values: number[]) => torch.tensor(values).requiresGrad_();

describe("grad and backward", () => {
  tensorTest("give one gradient per input, in order", () => {
    const [a, b] = [leaf([2, 3]), leaf([5, 7])];
    const [da, db] = torch.grad(a.mul(b).sum(), [a, b]);
    expect([da.toArray(), db.toArray()]).toEqual([
      [5, 7],
      [2, 3],
    ]);
    expect(a.grad).toBeNull();
  });

  tensorTest("weigh several outputs", () => {
    const a = leaf([2, 3]);
    const [da] = torch.grad([a.square(), a.mul(10)], [a], {
      gradOutputs: [torch.tensor([1, 2]), torch.tensor([1, 0])],
    });
    expect(da.toArray()).toEqual([14, 12]);
  });

  tensorTest("differentiate twice with createGraph", () => {
    const x = leaf([2]);
    const [first] = torch.grad(x.pow(3).sum(), [x], { createGraph: true });
    const [second] = torch.grad(first.sum(), [x]);
    expect([first.item(), second.item()]).toEqual([12, 12]);
  });

  tensorTest("accumulate into grad until it is cleared", () => {
    const x = leaf([3]);
    torch.backward(x.square().sum());
    torch.backward(x.square().sum());
    expect(x.grad?.toArray()).toEqual([12]);
    x.clearGrad();
    expect(x.grad).toBeNull();
  });

  tensorTest("free the graph unless told to keep it", () => {
    const x = leaf([3]);
    const kept = x.square().sum();
    torch.grad(kept, [x], { retainGraph: true });
    expect(torch.grad(kept, [x])[0].item()).toBe(6);
    expect(() => torch.grad(kept, [x])).toThrow(torch.TorchError);
  });

  tensorTest("say when an input takes no part", () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const error = errorOf(() => torch.grad(a.sum(), [b]));
    expect(error).toBeInstanceOf(torch.TorchError);
    expect(error.message).toMatch(/not have been used in the graph/);
    expect(() => torch.grad(a.mul(torch.ones([2])), [a])).toThrow(/grad can be implicitly created only for scalar/);
  });
});

describe("modes", () => {
  tensorTest("noGrad records nothing and ends, also by an error", () => {
    const x = leaf([1]);
    expect(torch.noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(() =>
      torch.noGrad(() => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  tensorTest("noGrad nests", () => {
    const x = leaf([1]);
    torch.noGrad(() => {
      torch.noGrad(() => x.mul(2));
      expect(x.mul(2).requiresGrad).toBe(false);
    });
  });

  tensorTest("inference tensors never take part in a gradient, and the mode ends", () => {
    const x = leaf([1]);
    const y = torch.inferenceMode(() => torch.inferenceMode(() => x.mul(2)).add(1));
    expect([y.requiresGrad, y.item()]).toEqual([false, 3]);
    expect(() => x.mul(y)).toThrow(/Inference tensors cannot be saved for backward/);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  tensorTest("autocast runs convolutions in bfloat16 and ends, also by an error", () => {
    const x = torch.ones([1, 1, 4, 4]);
    const w = torch.full([1, 1, 3, 3], 0.5);
    const convolve = () => torch.conv2d(x, w);
    const within = torch.autocast("bf16", "cpu", convolve);
    expect([within.dtype, within.toNumbers()[0]]).toEqual(["bfloat16", 4.5]);
    expect(torch.autocast("fp32", "cpu", convolve).dtype).toBe("float32");
    expect(() =>
      torch.autocast("bf16", "cpu", () => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
    expect(convolve().dtype).toBe("float32");
  });

  tensorTest("autocast does not nest, and stays usable after the attempt", () => {
    const nested = () => torch.autocast("bf16", "cpu", () => torch.autocast("bf16", "cpu", () => 0));
    expect(nested).toThrow(/autocast is already active on this thread; it does not nest/);
    expect(torch.autocast("bf16", "cpu", () => torch.matmul(torch.ones([2, 2]), torch.ones([2, 2]))).dtype).toBe(
      "bfloat16",
    );
  });

  tensorTest("weights cast under autocast are not remembered past it", () => {
    const x = torch.ones([1, 1, 3, 3]);
    const w = torch.ones([1, 1, 3, 3]).requiresGrad_();
    const value = () => torch.autocast("bf16", "cpu", () => torch.conv2d(x, w)).item();
    expect(value()).toBe(9);
    torch.noGrad(() => w.mul_(2));
    expect(value()).toBe(18);
  });

  tensorTest("gradients of float32 weights under autocast are float32", () => {
    const w = torch.ones([1, 1, 3, 3]).requiresGrad_();
    const y = torch.autocast("bf16", "cpu", () => torch.conv2d(torch.full([1, 1, 3, 3], 0.5), w));
    const [dw] = torch.grad(y.to({ dtype: "float32" }).sum(), [w]);
    expect(dw.dtype).toBe("float32");
    expectClose(dw, Array(9).fill(0.5));
  });
});
