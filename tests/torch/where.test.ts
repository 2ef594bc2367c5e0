/** A choice by condition between tensors and numbers. */
import { expect, it } from "vitest";
import { Graph, scope, type Tensor, tensor, where } from "../../src/torch/index.js";

const numbers = (values: Tensor) => [...values.toNumbers()];

it("takes a where the condition holds, else b, in the dtype of what is a tensor", () => {
  scope(() => {
    const x = tensor([1, -2, 3], { dtype: "float64" });
    expect(numbers(where(x.gt(0), x, x.neg()))).toEqual([1, 2, 3]);
    expect(numbers(where(x.gt(0), x, 0.1))).toEqual([1, 0.1, 3]);
    expect(numbers(where(x.gt(0), Number.POSITIVE_INFINITY, x))).toEqual([Infinity, -2, Infinity]);
    expect(where(x.gt(0), x, 0).dtype).toBe("float64");
    expect(where(x.gt(0), tensor([1, 2, 3], { dtype: "float32" }), 0).dtype).toBe("float32");
  });
});

it("copies no number to the device, so that it can be captured", () => {
  scope(() => {
    const x = tensor([1, -2]);
    let chosen: Tensor | undefined;
    using graph = Graph.capture("cpu", () => {
      chosen = where(x.gt(0), x, 7);
    });
    x.copy_(tensor([-1, 5]));
    graph.replay();
    expect(numbers(chosen as Tensor)).toEqual([7, 5]);
  });
});
