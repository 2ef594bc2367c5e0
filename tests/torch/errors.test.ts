/** What wrong inputs give: a class that says what kind, one line that says which operator, and a usable process. */
import { afterEach, describe, expect, it } from "vitest";
import { DimsegError, ResourceError } from "../../src/core/errors.js";
import { nativeError } from "../../src/torch/errors.js";
import * as torch from "../../src/torch/index.js";
import {
  DisposedError,
  DtypeError,
  OutOfMemoryError,
  ShapeError,
  TorchError,
  tensor,
  UnknownOperatorError,
} from "../../src/torch/index.js";
import { native } from "../../src/torch/native.js";
import { Operator } from "../../src/torch/operator.js";
import { errorOf } from "../support/tensors.js";

const caught = (body: () => unknown): Error => errorOf(() => torch.scope(() => void body()));

/** One line, no C++: neither frames nor file names nor the advice libtorch adds for Python users. */
function expectOneSentence({ message }: Error): void {
  expect(message).not.toMatch(/\n|\.cpp|\.h:|\bframe #|Exception raised|0x[0-9a-f]{6}/);
  expect(message.length).toBeGreaterThan(10);
}

const before = torch.liveTensors();
afterEach(() => {
  expect(torch.liveTensors(), "live tensors").toBe(before);
  expect(
    torch.scope(() => tensor([1, 2]).add(1).toArray()),
    "the engine works on",
  ).toEqual([2, 3]);
});

const disposed = () => {
  const x = torch.ones([2]);
  x.dispose();
  return x;
};
const f64 = { dtype: "float64" } as const;
const long = { dtype: "int64" } as const;
const image = () => torch.ones([1, 3, 8, 8]);

describe("shapes that do not fit", () => {
  it.each<[string, () => unknown, string]>([
    ["add", () => torch.ones([2, 3]).add(torch.ones([4, 5])), "add: The size of tensor a (3) must match"],
    [
      "matmul",
      () => torch.ones([2, 3]).matmul(torch.ones([4, 5])),
      "matmul: mat1 and mat2 shapes cannot be multiplied",
    ],
    ["conv2d", () => torch.conv2d(image(), torch.ones([2, 4, 3, 3])), "conv2d: Given groups=1, weight of size"],
    ["cat", () => torch.cat([torch.ones([2, 3]), torch.ones([2, 4])]), "cat: Sizes of tensors must match"],
    ["reshape", () => torch.ones([6]).reshape([4]), "reshape: shape '[4]' is invalid for input of size 6"],
    ["sum", () => torch.ones([6]).sum(3), "sum: Dimension out of range"],
    ["select", () => torch.ones([6]).select(0, 6), "select: "],
    ["gather", () => torch.ones([2]).gather(0, tensor([9], long)), "gather: index 9 is out of bounds"],
    ["expand", () => torch.ones([2]).expand([3]), "expand: The expanded size"],
    ["empty", () => torch.empty([-1]), "empty: Trying to create tensor with negative dimension -1"],
  ])("%s", (_, body, message) => {
    const error = caught(body);
    expect(error).toBeInstanceOf(ShapeError);
    expect(error).toBeInstanceOf(DimsegError);
    expect([error.name, error.message]).toEqual(["ShapeError", expect.stringContaining(message)]);
    expectOneSentence(error);
  });
});

describe("dtypes that do not fit", () => {
  it.each<[string, () => unknown, string]>([
    ["matmul", () => torch.ones([2, 2]).matmul(torch.ones([2, 2], f64)), "matmul: "],
    ["conv2d", () => torch.conv2d(image(), torch.ones([2, 3, 3, 3], f64)), "conv2d: "],
    ["add_", () => torch.ones([2], long).add_(torch.ones([2])), "add_: result type Float can't be cast"],
    ["softmax", () => torch.ones([2], long).softmax(0), "softmax: "],
    ["requires_grad_", () => torch.ones([2], long).requiresGrad_(), "requires_grad_: Only Tensors of floating point"],
    [
      "an unknown name",
      () => torch.ones([2]).to({ dtype: "complex64" as never }),
      'unknown dtype, layout or memory format "complex64"',
    ],
    ["raw bytes", () => torch.tensorFromRaw({ dtype: "U16", shape: [1], data: new Uint8Array(2) }), "U16"],
  ])("%s", (_, body, message) => {
    const error = caught(body);
    expect(error).toBeInstanceOf(DtypeError);
    expect(error.message).toContain(message);
    expectOneSentence(error);
  });
});

describe("disposed tensors", () => {
  it.each<[string, () => unknown, string]>([
    ["as the object of a method", () => disposed().add(1), 'add: argument "self": '],
    ["as an argument", () => torch.ones([2]).add(disposed()), 'add: argument "other": '],
    ["in place", () => disposed().add_(1), 'add_: argument "self": '],
    [
      "as an option",
      () => torch.conv2d(image(), torch.ones([2, 3, 3, 3]), { bias: disposed() }),
      'conv2d: argument "bias": ',
    ],
    ["in a list", () => torch.cat([torch.ones([2]), disposed()]), 'cat: argument "tensors": '],
    ["among indices", () => torch.ones([2]).index([disposed()]), 'index: argument "indices": '],
    ["in a multi-tensor operator", () => torch.foreachAdd_([torch.ones([2])], [disposed()]), '"other": '],
    ["asked for facts", () => disposed().shape, ""],
    ["asked for values", () => disposed().toTypedArray(), ""],
    ["asked for numbers", () => disposed().toNumbers(), ""],
    ["as an input of grad", () => torch.grad(torch.ones([1]).requiresGrad_().sum(), [disposed()]), "grad: "],
    ["as an output of grad", () => torch.grad(disposed(), [torch.ones([1]).requiresGrad_()]), "grad: "],
    ["as a generator's state", () => new torch.Generator(1).setState(disposed()), ""],
    ["after its scope", () => escaped().add(1), 'add: argument "self": '],
  ])("%s", (_, body, where) => {
    const error = caught(body);
    expect(error).toBeInstanceOf(DisposedError);
    expect(error.message).toContain(`${where}the tensor has been disposed`);
    expectOneSentence(error);
  });
});

/** A tensor kept by a closure past the end of its scope. */
function escaped() {
  let x = torch.ones([1]);
  torch.scope(() => {
    x = torch.ones([1]);
  });
  return x;
}

describe("operators this libtorch does not have", () => {
  it.each([
    ["aten::no_such", "", "aten::no_such"],
    ["aten::add", "NoSuch", "aten::add.NoSuch"],
    ["", "", "has no operator"],
  ])("%s %s", (name, overload, message) => {
    const operator = new Operator(name, overload);
    // Looking it up again fails again.
    for (const error of [caught(() => operator.id), caught(() => operator.id)]) {
      expect(error).toBeInstanceOf(UnknownOperatorError);
      expect(error.message).toContain(message);
      expectOneSentence(error);
    }
  });

  it("by number", () => {
    for (const number of [-1, 1e6])
      expect(caught(() => native().callOperator(number))).toBeInstanceOf(UnknownOperatorError);
  });
});

describe("more memory than there is", () => {
  const requests: [string, () => unknown][] = [
    ["empty", () => torch.empty([1e12])],
    ["zeros", () => torch.zeros([1e6, 1e6])],
    ["rand", () => torch.rand([1e12])],
    ["clone", () => torch.ones([1]).expand([1e12]).clone()],
    ["add", () => torch.ones([1e6, 1]).add(torch.ones([1, 1e6]))],
    ["a size beyond 64 bits", () => torch.empty([1e12, 1e12])],
  ];
  const check = (body: () => unknown) => {
    const error = caught(body);
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error).toBeInstanceOf(ResourceError);
    expectOneSentence(error);
    return error;
  };

  it.each(requests)("%s", (_, body) => void check(body));

  it("names the operator and the bytes", () => {
    expect(check(requests[0][1]).message).toBe("empty: out of memory: 4000000000000 bytes asked for");
  });

  it("also when freed memory is kept", () => {
    expect(torch.keepFreedMemory()).toBe(true);
    for (const [, body] of requests) check(body);
  });
});

describe("other mistakes", () => {
  it.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    ["a fraction for a size", () => torch.empty([1.5]), TypeError, /whole number, got 1\.5/],
    ["a device that does not exist", () => torch.ones([1]).to({ device: "nonsense" }), TorchError, /^to: .*nonsense/],
    [
      "a class that does not exist",
      () => torch.crossEntropyLoss(torch.ones([1, 3]), tensor([7], long)),
      TorchError,
      /^cross_entropy_loss: Target 7 is out of bounds/,
    ],
    ["a singular matrix", () => torch.linalgInv(torch.zeros([2, 2])), TorchError, /^linalg_inv: .*singular/],
    ["a value of another type", () => torch.arange({} as never), TypeError, /^arange: argument "end": A number was/],
    ["too few arguments", () => native().callOperator(new Operator("aten::exp", "").id), TypeError, /^exp: .*self/],
    ["no typed array", () => torch.fromTypedArray([1, 2] as never), TypeError, /has no dtype/],
  ])("%s", (_, body, type, message) => {
    const error = caught(body);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
    expectOneSentence(error);
  });

  it("keep the JavaScript stack, so that the caller is found", () => {
    expect(caught(() => torch.ones([2]).add(torch.ones([3]))).stack).toContain("errors.test.ts");
  });
});

describe("messages of libtorch", () => {
  it("lose their namespace and all lines but the first", () => {
    const error = nativeError("torch", "aten::add: something odd\nException raised from add at add.cpp:1\nframe #0");
    expect(error).toBeInstanceOf(TorchError);
    expect(error.message).toBe("add: something odd");
  });

  it("say how much memory was asked for, and nothing of the allocator's source", () => {
    const text =
      "aten::empty: [enforce fail at alloc_cpu.cpp:1] err == 0. DefaultCPUAllocator: can't allocate memory: " +
      "you tried to allocate 4096 bytes. Error code 12 (Cannot allocate memory)";
    expect(nativeError("torch", text).message).toBe("empty: out of memory: 4096 bytes asked for");
  });
});
