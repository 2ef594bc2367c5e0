/** How operators are called: overloads chosen by argument, options by name, in-place results, lists and several results. */
import { describe, expect } from "vitest";
import * as torch from "../../src/torch/index.js";
import { tensor } from "../../src/torch/index.js";
import { expectRelative, numbers, tensorTest } from "../support/tensors.js";

const int64 = { dtype: "int64" } as const;

describe("overloads", () => {
  tensorTest("take a number or a tensor", () => {
    const x = tensor([1, 2]);
    const y = tensor([10, 20]);
    expect(numbers(x.add(y))).toEqual([11, 22]);
    expect(numbers(x.add(1))).toEqual([2, 3]);
    expect(numbers(x.pow(2))).toEqual([1, 4]);
    expect(numbers(x.pow(y))).toEqual([1, 2 ** 20]);
    expect(numbers(x.lerp(y, 0.5))).toEqual([5.5, 11]);
    expect(numbers(x.lerp(y, tensor([0, 1])))).toEqual([1, 20]);
    expect(numbers(x.eq(2))).toEqual([0, 1]);
    expect([x.eq(y).dtype, x.maskedFill(x.gt(1), -1).toArray()]).toEqual(["bool", [1, -1]]);
  });

  tensorTest("of where take tensors and numbers on either side", () => {
    const condition = tensor([1, 0], { dtype: "bool" });
    const x = tensor([1, 2]);
    expect(numbers(torch.where(condition, x, tensor([8, 9])))).toEqual([1, 9]);
    expect(numbers(torch.where(condition, x, 7))).toEqual([1, 7]);
    expect(numbers(torch.where(condition, 7, x))).toEqual([7, 2]);
  });

  tensorTest("of sums take no axis, one, several, or null for all", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.sum().item()).toBe(21);
    expect(numbers(x.sum(0))).toEqual([5, 7, 9]);
    expect(x.sum(-1, { keepdim: true }).toArray()).toEqual([[6], [15]]);
    expect(x.sum([0, 1], { keepdim: true }).shape).toEqual([1, 1]);
    expect(x.sum(null).item()).toBe(21);
    expect(x.sum({ dtype: "float64" }).dtype).toBe("float64");
    expect(x.mean(1, { dtype: "float64" }).toArray()).toEqual([2, 5]);
  });

  tensorTest("of split take one size or a list of sizes", () => {
    const x = torch.arange(5);
    expect(x.split(2).map((part) => part.toArray())).toEqual([[0, 1], [2, 3], [4]]);
    expect(x.split([1, 4]).map((part) => part.shape)).toEqual([[1], [4]]);
    expect(
      x
        .reshape([1, 5])
        .split([2, 3], 1)
        .map((part) => part.shape),
    ).toEqual([
      [1, 2],
      [1, 3],
    ]);
  });

  tensorTest("of arange take an end, or start, end and step", () => {
    expect(torch.arange(3).toArray()).toEqual([0, 1, 2]);
    expect(torch.arange(1, 2, 0.25).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
    expect([torch.arange(3).dtype, torch.arange(3, { dtype: "float32" }).dtype]).toEqual(["int64", "float32"]);
    expect(torch.arange(0, 4, 2, { dtype: "int32" }).dtype).toBe("int32");
  });
});

describe("options", () => {
  tensorTest("are named, may be left out, and may be null where the operator allows it", () => {
    const x = tensor([-2, 0, 3]);
    expect(numbers(x.add(x, { alpha: 10 }))).toEqual([-22, 0, 33]);
    expect(numbers(x.clamp({ min: -1 }))).toEqual([-1, 0, 3]);
    expect(numbers(x.clamp({ max: 1, min: null }))).toEqual([-2, 0, 1]);
    expectRelative(x.variance(), [19 / 3]);
    expectRelative(x.variance(null, { correction: 0 }), [38 / 9]);
    expect(x.argmax().item()).toBe(2);
    expectRelative(x.vectorNorm({ ord: 1 }), [5]);
    expect(x.softmax(0, { dtype: "float64" }).dtype).toBe("float64");
    expect(numbers(x.cumsum(0))).toEqual([-2, -2, 1]);
  });

  tensorTest("for pairs take one number for both", () => {
    const image = torch.ones([1, 1, 4, 6]);
    const weight = torch.ones([1, 1, 3, 3]);
    expect(torch.conv2d(image, weight).shape).toEqual([1, 1, 2, 4]);
    expect(torch.conv2d(image, weight, { padding: 1 }).shape).toEqual([1, 1, 4, 6]);
    expect(torch.conv2d(image, weight, { padding: [1, 0], stride: [2, 1] }).shape).toEqual([1, 1, 2, 4]);
    expect(
      torch
        .conv2d(image, weight, { bias: tensor([5]) })
        .amax()
        .item(),
    ).toBe(14);
    expect(torch.conv2d(image, weight, { bias: null }).amax().item()).toBe(9);
    expect(torch.maxPool2d(image, 2).shape).toEqual([1, 1, 2, 3]);
    expect(torch.maxPool2d(image, [2, 3], { stride: 1 }).shape).toEqual([1, 1, 3, 4]);
    expect(torch.upsampleBilinear2d(image, [8, 12], true, null).shape).toEqual([1, 1, 8, 12]);
    expect(torch.upsampleBilinear2d(image, null, false, [2, 0.5]).shape).toEqual([1, 1, 8, 3]);
    expect(torch.pad(tensor([[1]]), [1, 0, 0, 2], "constant", 7).toArray()).toEqual([
      [7, 1],
      [7, 7],
      [7, 7],
    ]);
  });

  tensorTest("choose dtype and layout of new tensors", () => {
    expect(torch.zeros([2], int64).dtype).toBe("int64");
    expect(torch.full([2], 0.5, { dtype: "float16" }).toArray()).toEqual([0.5, 0.5]);
    expect(torch.onesLike(torch.zeros([2], int64)).dtype).toBe("int64");
    expect(torch.empty([1, 2, 3, 4], { memoryFormat: "channelsLast" }).isChannelsLast).toBe(true);
    expect(torch.eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
});

describe("conversion", () => {
  tensorTest("changes dtype, layout, both or nothing", () => {
    const x = torch.ones([1, 2, 3, 4]);
    const y = x.to({ dtype: "float64", memoryFormat: "channelsLast" });
    expect([y.dtype, y.isChannelsLast]).toEqual(["float64", true]);
    expect(numbers(tensor([1.9, -1.9]).to({ dtype: "int32" }))).toEqual([1, -1]);
    expect(numbers(tensor([300]).to({ dtype: "bfloat16" }))).toEqual([300]);
  });

  tensorTest("shares memory unless a copy is asked for", () => {
    const x = tensor([1, 2]);
    const shared = x.to({ dtype: "float32" });
    const copied = x.to({ dtype: "float32", copy: true });
    x.zero_();
    expect([numbers(shared), numbers(copied)]).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  tensorTest("keeps whole numbers whole: a number without a fraction is an integer, as in Python", () => {
    const x = tensor([1, 2], int64);
    expect([x.add(1).dtype, x.add(0.5).dtype, x.div(2).dtype]).toEqual(["int64", "float32", "float32"]);
    expect(numbers(x.mul(2 ** 40))).toEqual([2 ** 40, 2 ** 41]);
    expect(numbers(tensor([0]).atan2(tensor([1]).mul(-0)))).toEqual([Math.fround(Math.PI)]);
  });
});

describe("in-place operators", () => {
  tensorTest("return the object they changed", () => {
    const x = tensor([4, 9]);
    const ones = torch.ones([2]);
    const before = torch.liveTensors();
    expect(x.add_(1)).toBe(x);
    expect(x.sub_(ones)).toBe(x);
    expect(x.sqrt_()).toBe(x);
    expect(x.clamp_({ max: 2.5 })).toBe(x);
    expect(numbers(x)).toEqual([2, 2.5]);
    expect(x.requiresGrad_()).toBe(x);
    expect(x.requiresGrad).toBe(true);
    expect(torch.liveTensors()).toBe(before);
  });

  tensorTest("are seen by views and aliases, which have lives of their own", () => {
    const x = torch.zeros([2, 2]);
    const row = x.select(0, 1);
    const other = x.alias();
    row.fill_(7);
    x.dispose();
    expect(other.toArray()).toEqual([
      [0, 0],
      [7, 7],
    ]);
    expect([x.isDisposed, other.isDisposed]).toEqual([true, false]);
  });

  tensorTest("accumulate at repeated indices when told to", () => {
    const x = torch.zeros([3]);
    x.indexPut_([tensor([0, 0, 2], int64)], tensor([1, 2, 5]), { accumulate: true });
    expect(numbers(x)).toEqual([3, 0, 5]);
    x.indexCopy_(0, tensor([1], int64), tensor([4]));
    expect(numbers(x)).toEqual([3, 4, 5]);
  });
});

describe("lists and several results", () => {
  tensorTest("go in and come out as arrays", () => {
    const x = tensor([
      [3, 1],
      [2, 4],
    ]);
    const [values, places] = x.maxDim(1, { keepdim: true });
    expect([values.toArray(), places.toArray()]).toEqual([
      [[3], [4]],
      [[0], [1]],
    ]);
    const [sorted, order] = x.sort(1, { descending: true });
    expect([numbers(sorted), numbers(order)]).toEqual([
      [3, 1, 4, 2],
      [0, 1, 1, 0],
    ]);
    expect(numbers(x.topk(1, { dim: 0, largest: false })[0])).toEqual([2, 1]);
    expect(torch.stack([x, x], 2).shape).toEqual([2, 2, 2]);
    expect(torch.cat(x.unbind(0)).toArray()).toEqual([3, 1, 2, 4]);
    expect(x.chunk(2, 1).map((part) => part.shape)).toEqual([
      [2, 1],
      [2, 1],
    ]);
  });

  tensorTest("may skip an axis of an index with null", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(x.index([null, tensor([1], int64)]).toArray()).toEqual([[2], [4]]);
  });

  tensorTest("of multi-tensor operators are changed together", () => {
    const list = [tensor([1]), tensor([2, 3])];
    torch.foreachMul_(list, 2);
    torch.foreachAdd_(list, list, { alpha: 0.5 });
    torch.foreachAddcmul_(list, list, list, 1);
    expect(list.map(numbers)).toEqual([[12], [42, 90]]);
    expect(torch.foreachNorm([tensor([3, 4])]).map((norm) => norm.item())).toEqual([5]);
    torch.foreachZero_(list);
    expect(list.map(numbers)).toEqual([[0], [0, 0]]);
  });
});

tensorTest("functions and methods are the same operators", () => {
  const x = tensor([1, -2]);
  expect(numbers(torch.neg(x))).toEqual(numbers(x.neg()));
  expect(numbers(torch.exp(x))).toEqual(numbers(x.exp()));
  expect(numbers(torch.mul_(x.clone(), x))).toEqual(numbers(x.clone().mul_(x)));
});
