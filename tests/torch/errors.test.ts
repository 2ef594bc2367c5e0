/** Wrong inputs: each a typed error of one line that names the operator, and the engine goes on working. */
import { describe, expect, it } from "vitest";
import { nativeError } from "../../src/torch/errors.js";
import * as torch from "../../src/torch/index.js";
import { native } from "../../src/torch/native.js";
import { errorOf, tensorTest } from "../support/tensors.js";

type ErrorClass = new (message: string) => Error;

const ones = torch.ones;
const integers = (values: number[]) => torch.tensor(values, { dtype: "int64" });

/** A tensor that was freed. */
function gone(): torch.Tensor {
  const x = ones([2]);
  x.dispose();
  return x;
}

const cases: [string, () => unknown, ErrorClass, RegExp][] = [
  [
    "shapes that do not broadcast",
    () => ones([2, 3]).add(ones([4])),
    torch.ShapeError,
    /^add: The size of tensor a \(3\)/,
  ],
  ["matrices that do not fit", () => torch.matmul(ones([2, 3]), ones([2, 3])), torch.ShapeError, /2x3 and 2x3/],
  [
    "a convolution of other channels",
    () => torch.conv2d(ones([1, 3, 8, 8]), ones([4, 2, 3, 3])),
    torch.ShapeError,
    /got 3 channels/,
  ],
  [
    "parts of different size",
    () => torch.cat([ones([2, 3]), ones([2, 2])]),
    torch.ShapeError,
    /^cat: Sizes of tensors must match/,
  ],
  ["a view of another size", () => ones([2, 3]).view([5]), torch.ShapeError, /'\[5\]' is invalid for input of size 6/],
  ["an axis that is not there", () => ones([2]).sum(7), torch.ShapeError, /^sum: Dimension out of range/],
  [
    "an index out of range",
    () => torch.indexSelect(ones([2]), 0, integers([9])),
    torch.TorchError,
    /index out of range/,
  ],
  [
    "a class out of range",
    () => torch.crossEntropyLoss(ones([1, 3]), integers([7])),
    torch.TorchError,
    /Target 7 is out of bounds/,
  ],
  [
    "a disposed tensor",
    () => gone().add(1),
    torch.DisposedError,
    /^add: argument "self": the tensor has been disposed$/,
  ],
  [
    "a disposed operand",
    () => ones([2]).add(gone()),
    torch.DisposedError,
    /^add: argument "other": the tensor has been/,
  ],
  [
    "a disposed tensor in a list",
    () => torch.cat([ones([2]), gone()]),
    torch.DisposedError,
    /^cat: argument "tensors"/,
  ],
  ["the shape of a disposed tensor", () => gone().shape, torch.DisposedError, /the tensor has been disposed/],
  [
    "the gradient of a disposed tensor",
    () => torch.grad(gone(), [ones([1])]),
    torch.DisposedError,
    /^grad: the tensor/,
  ],
  ["mixed dtypes", () => torch.matmul(ones([2, 2], { dtype: "int64" }), ones([2, 2])), torch.DtypeError, /same dtype/],
  [
    "float64 weights on float32 images",
    () => torch.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 3, 3], { dtype: "float64" })),
    torch.DtypeError,
    /expected scalar type Float but found Double/,
  ],
  ["a fraction into integers", () => integers([1]).add_(0.5), torch.DtypeError, /can't be cast/],
  ["gradients of integers", () => integers([1]).requiresGrad_(), torch.DtypeError, /Only Tensors of floating point/],
  [
    "a dtype nobody knows",
    () => ones([1]).to({ dtype: "float31" as torch.DType }),
    torch.DtypeError,
    /^to: argument "dtype": unknown dtype.*"float31"/,
  ],
  [
    "an operator nobody has",
    () => native().findOperator("aten::no_such_operator", ""),
    torch.UnknownOperatorError,
    /^libtorch [\d.]+ has no operator aten::no_such_operator$/,
  ],
  [
    "an overload nobody has",
    () => native().findOperator("aten::add", "Matrix"),
    torch.UnknownOperatorError,
    /has no operator aten::add\.Matrix/,
  ],
  [
    "an operator number nobody gave out",
    () => native().callOperator(1e6),
    torch.UnknownOperatorError,
    /operator number 1000000/,
  ],
  [
    "10^12 elements",
    () => torch.empty([1e6, 1e6]),
    torch.OutOfMemoryError,
    /^empty: out of memory: 4000000000000 bytes asked for$/,
  ],
  ["10^12 elements made from a view", () => ones([1]).expand([1e12]).clone(), torch.OutOfMemoryError, /out of memory/],
  ["more elements than can be counted", () => torch.zeros([1e9, 1e9, 1e9]), torch.OutOfMemoryError, /overflowed/],
  ["a negative size", () => torch.zeros([-1]), torch.TorchError, /non-negative|negative/],
  [
    "half an element",
    () => torch.zeros([1.5]),
    TypeError,
    /^zeros: argument "size": expected a whole number, got 1\.5/,
  ],
  [
    "an object for a number",
    () => native().callOperator(native().findOperator("aten::arange", ""), {}),
    TypeError,
    /^arange: argument "end": A number was expected$/,
  ],
  [
    "a missing argument",
    () => native().callOperator(native().findOperator("aten::softmax", "int")),
    TypeError,
    /^softmax: argument self is missing$/,
  ],
  [
    "a leaf changed in place",
    () => ones([1]).requiresGrad_().add_(1),
    torch.TorchError,
    /a leaf Variable that requires grad/,
  ],
  [
    "a matrix without inverse",
    () => torch.linalgInv(torch.zeros([2, 2])),
    torch.TorchError,
    /the input matrix is singular/,
  ],
  ["a device this engine lacks", () => ones([1]).to({ device: "gpu" }), torch.TorchError, /device string: gpu/],
];

describe("wrong inputs", () => {
  for (const [name, body, expectedClass, pattern] of cases) {
    tensorTest(name, () => {
      const error = errorOf(body);
      expect(error).toBeInstanceOf(expectedClass);
      expect(error.name).toBe(expectedClass === torch.TorchError ? error.name : expectedClass.name);
      expect(error.message).toMatch(pattern);
      expect(error.message).not.toMatch(/\n|Exception raised from|frame #|\.cpp/);
      expect(torch.conv2d(ones([1, 1, 3, 3]), ones([1, 1, 3, 3])).item()).toBe(9);
    });
  }

  it("a failed call lets go of its arguments", () => {
    const before = torch.liveTensors();
    torch.scope(() => {
      for (let i = 0; i < 100; i++) expect(() => ones([2]).add(ones([3]))).toThrow(torch.ShapeError);
    });
    expect(torch.liveTensors()).toBe(before);
  });

  tensorTest("10^12 elements are refused by the allocator that keeps memory, too", () => {
    expect(torch.keepFreedMemory()).toBe(true);
    expect(() => torch.empty([1e6, 1e6])).toThrow(torch.OutOfMemoryError);
    expect(ones([1000, 1000]).sum().item()).toBe(1e6);
  });
});

describe("messages from libtorch", () => {
  it("keep their first line only, without the namespace", () => {
    const error = nativeError("torch", "aten::add: something odd happened\nException raised from add at add.cpp:1\n");
    expect(error).toBeInstanceOf(torch.TorchError);
    expect(error.message).toBe("add: something odd happened");
  });

  it("say how much memory was asked for", () => {
    const text =
      "aten::empty: [enforce fail at alloc_cpu.cpp:1] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes. Error code 12";
    expect(nativeError("torch", text).message).toBe("empty: out of memory: 4096 bytes asked for");
  });
});
