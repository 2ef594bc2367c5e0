/** The exchange of values between typed arrays and tensors: every dtype, to the bit, and the arrays that do not fit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DType,
  empty,
  fromTypedArray,
  ShapeError,
  scope,
  type TypedArray,
  tensor,
  zeros,
} from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

const extremes: [DType, TypedArray, number[]][] = [
  [
    "float32",
    Float32Array.of(0, -0, 1.5, Number.NaN, Infinity, -3.4e38),
    [0, -0, 1.5, Number.NaN, Infinity, Math.fround(-3.4e38)],
  ],
  ["float64", Float64Array.of(Math.PI, Number.MIN_VALUE, -Infinity), [Math.PI, Number.MIN_VALUE, -Infinity]],
  ["float16", Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x7c00, 0x0001), [1, -2, 65504, Infinity, 2 ** -24]],
  ["bfloat16", Uint16Array.of(0x3f80, 0xc000, 0x4049, 0x7f80), [1, -2, 3.140625, Infinity]],
  ["int64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n), [-(2 ** 63), 2 ** 63, 2 ** 53]],
  ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0), [-(2 ** 31), 2 ** 31 - 1, 0]],
  ["int16", Int16Array.of(-32768, 32767), [-32768, 32767]],
  ["int8", Int8Array.of(-128, 127), [-128, 127]],
  ["uint8", Uint8Array.of(0, 255), [0, 255]],
  ["bool", Uint8Array.of(1, 0, 1), [1, 0, 1]],
];

describe.each(extremes)("%s", (dtype, array, values) => {
  tensorTest("comes back to the bit, and as numbers", () => {
    const x = fromTypedArray(array, [array.length], { dtype });
    expect([x.dtype, x.shape, x.device]).toEqual([dtype, [array.length], "cpu"]);
    const back = x.toTypedArray();
    expect(back.constructor).toBe(array.constructor);
    expect(Buffer.from(back.buffer)).toEqual(Buffer.from(array.buffer));
    new Uint8Array(back.buffer).fill(0);
    x.copyInto(back);
    expect(Buffer.from(back.buffer)).toEqual(Buffer.from(array.buffer));
    expect(numbers(x)).toEqual(values);
  });

  tensorTest("is named by the array where the array has one dtype only", () => {
    if (dtype === "bool") expect(fromTypedArray(array).dtype).toBe("uint8");
    else if (array instanceof Uint16Array) expect(() => fromTypedArray(array)).toThrow(/Uint16Array.*pass \{ dtype \}/);
    else expect(fromTypedArray(array).dtype).toBe(dtype);
  });
});

describe("fromTypedArray", () => {
  it("keeps any bytes of any shape", () => {
    const dims = fc.array(fc.nat(4), { maxLength: 4 });
    fc.assert(
      fc.property(dims, fc.infiniteStream(fc.float()), (shape, stream) => {
        const size = shape.reduce((product, n) => product * n, 1);
        const array = Float32Array.from({ length: size }, () => stream.next().value as number);
        scope(() => {
          const x = fromTypedArray(array, shape);
          expect(x.shape).toEqual(shape);
          expect(x.numel).toBe(size);
          expect(x.ndim).toBe(shape.length);
          expect(Buffer.from(x.toTypedArray().buffer)).toEqual(Buffer.from(array.buffer));
        });
      }),
      { numRuns: 50 },
    );
  });

  tensorTest("reads views into larger buffers, Buffers and clamped arrays", () => {
    const whole = Float32Array.of(0, 1, 2, 3);
    expect(numbers(fromTypedArray(whole.subarray(1, 3)))).toEqual([1, 2]);
    expect(numbers(fromTypedArray(Buffer.from([7, 8])))).toEqual([7, 8]);
    expect(numbers(fromTypedArray(Uint8ClampedArray.of(255)))).toEqual([255]);
  });

  tensorTest("copies: neither side sees later changes of the other", () => {
    const array = Float32Array.of(1, 2);
    const x = fromTypedArray(array);
    array[0] = 9;
    x.mul_(10);
    expect([numbers(x), [...array]]).toEqual([
      [10, 20],
      [9, 2],
    ]);
  });

  tensorTest("refuses bytes that do not fill the shape", () => {
    expect(() => fromTypedArray(new Float32Array(5), [2, 3])).toThrow(ShapeError);
    expect(() => fromTypedArray(new Float32Array(5), [2, 3])).toThrow("holds 20 bytes but the shape and dtype need 24");
    expect(() => fromTypedArray(new Uint8Array(6), [2], { dtype: "int16" })).toThrow(ShapeError);
  });
});

describe("values of a tensor", () => {
  tensorTest("come row-major, whatever the strides", () => {
    const x = fromTypedArray(Float32Array.of(0, 1, 2, 3, 4, 5), [2, 3]);
    expect(x.strides).toEqual([3, 1]);
    expect(x.t().strides).toEqual([1, 3]);
    expect([...(x.t().toTypedArray() as Float32Array)]).toEqual([0, 3, 1, 4, 2, 5]);
    expect(x.t().toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect([...(x.slice(1, 0, 3, 2).toTypedArray() as Float32Array)]).toEqual([0, 2, 3, 5]);
  });

  tensorTest("do not depend on the memory layout", () => {
    const x = fromTypedArray(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [1, 2, 3, 4],
    );
    const last = x.contiguous({ memoryFormat: "channelsLast" });
    expect([x.isChannelsLast, last.isChannelsLast, last.strides]).toEqual([false, true, [24, 1, 8, 2]]);
    expect(last.toTypedArray()).toEqual(x.toTypedArray());
  });

  tensorTest("fill an array made earlier, if it has the right size", () => {
    const x = fromTypedArray(Int32Array.of(4, 5));
    const into = new Int32Array(2);
    x.copyInto(into);
    expect([...into]).toEqual([4, 5]);
    expect(() => x.copyInto(new Int32Array(3))).toThrow(ShapeError);
  });

  tensorTest("may be one or none", () => {
    const one = tensor(2.5);
    expect([one.shape, one.item(), one.toArray(), one.numel]).toEqual([[], 2.5, 2.5, 1]);
    const none = zeros([0, 3]);
    expect([none.numel, none.toTypedArray().length, none.toArray()]).toEqual([0, 0, []]);
    expect(() => none.item()).toThrow("item: the tensor has shape [0,3]; expected one element");
    expect(() => zeros([2]).item()).toThrow(ShapeError);
    expect(fromTypedArray(BigInt64Array.of(7n), [1, 1]).item()).toBe(7);
  });

  tensorTest("can be read from a tensor that takes part in gradients", () => {
    expect(numbers(tensor([1, 2]).requiresGrad_().mul(2))).toEqual([2, 4]);
  });
});

describe("tensor", () => {
  tensorTest("takes nested numbers of any depth and dtype", () => {
    const x = tensor([[[1], [2]]]);
    expect([x.shape, x.dtype]).toEqual([[1, 2, 1], "float32"]);
    expect(x.toArray()).toEqual([[[1], [2]]]);
    expect(tensor([0, 2 ** 53 - 1], { dtype: "int64" }).toTypedArray()).toEqual(BigInt64Array.of(0n, 2n ** 53n - 1n));
    expect(tensor([0, 0.5, 3], { dtype: "bool" }).toArray()).toEqual([0, 1, 1]);
    expect([tensor([]).shape, tensor([[], []]).shape]).toEqual([[0], [2, 0]]);
  });

  tensorTest("rounds to the nearest even bfloat16", () => {
    expect(tensor([1 + 2 ** -8, 1 + 3 * 2 ** -8], { dtype: "bfloat16" }).toTypedArray()).toEqual(
      Uint16Array.of(0x3f80, 0x3f82),
    );
  });

  it.each([[[[1, 2], [3]]], [[1, [2]]], [[[1], 2]], [[[[1]], [2]]]])("refuses ragged nesting: %j", (values) => {
    expect(() => tensor(values)).toThrow(ShapeError);
    expect(() => tensor(values)).toThrow(/^tensor: ragged nesting/);
  });

  tensorTest("says what it is without showing its values", () => {
    const x = empty([2, 3]);
    expect(String(x)).toBe("Tensor([2,3], float32, cpu)");
    x.dispose();
    expect(String(x)).toBe("Tensor(disposed)");
  });
});
