/** Values go in and come out exactly, for every element type, shape and memory layout. */
import fc from "fast-check";
import { describe, expect } from "vitest";
import { type DType, fromTypedArray, ones, ShapeError, type TypedArray, tensor } from "../../src/torch/index.js";
import { tensorTest } from "../support/tensors.js";

const examples: [DType, TypedArray][] = [
  ["float32", Float32Array.of(1.5, -0, Number.POSITIVE_INFINITY, 1e-45)],
  ["float64", Float64Array.of(Math.PI, -1e308, Number.NEGATIVE_INFINITY, 5e-324)],
  ["float16", Uint16Array.of(0x3c00, 0xfbff, 0x7c00, 0x0001)],
  ["bfloat16", Uint16Array.of(0x3f80, 0xff7f, 0x7f80, 0x0001)],
  ["int64", BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n, 2n ** 53n + 1n)],
  ["int32", Int32Array.of(2 ** 31 - 1, -(2 ** 31), 0, 7)],
  ["int16", Int16Array.of(32767, -32768, 0, 7)],
  ["int8", Int8Array.of(127, -128, 0, 7)],
  ["uint8", Uint8Array.of(255, 0, 1, 128)],
  ["bool", Uint8Array.of(1, 0, 0, 1)],
];

const bytes = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function zeroed(array: TypedArray): TypedArray {
  const copy = array.slice();
  bytes(copy).fill(0);
  return copy;
}

describe("typed arrays", () => {
  for (const [dtype, array] of examples) {
    tensorTest(`${dtype} comes back bit by bit`, () => {
      const x = fromTypedArray(array, [2, 2], { dtype });
      expect([x.dtype, x.shape, x.device]).toEqual([dtype, [2, 2], "cpu"]);
      expect(x.toTypedArray().constructor).toBe(array.constructor);
      expect(bytes(x.toTypedArray())).toEqual(bytes(array));
      const into = zeroed(array);
      x.copyInto(into);
      expect(bytes(into)).toEqual(bytes(array));
    });
  }

  tensorTest("16-bit floats and bool read as numbers", () => {
    expect(fromTypedArray(Uint16Array.of(0x3fc0), [1], { dtype: "bfloat16" }).item()).toBe(1.5);
    expect(fromTypedArray(Uint16Array.of(0x3e00), [1], { dtype: "float16" }).item()).toBe(1.5);
    expect(fromTypedArray(Uint8Array.of(1, 0), [2], { dtype: "bool" }).toArray()).toEqual([1, 0]);
  });

  tensorTest("the element type follows the array's", () => {
    expect(fromTypedArray(Float64Array.of(1)).dtype).toBe("float64");
    expect(fromTypedArray(BigInt64Array.of(1n)).dtype).toBe("int64");
    expect(fromTypedArray(new Uint8ClampedArray(1)).dtype).toBe("uint8");
    expect(() => fromTypedArray(Uint16Array.of(1))).toThrow(/Uint16Array has no dtype of its own; pass \{ dtype \}/);
  });

  tensorTest("a view on part of a buffer gives that part", () => {
    const whole = Float32Array.of(9, 1, 2, 9);
    expect(fromTypedArray(whole.subarray(1, 3)).toArray()).toEqual([1, 2]);
  });

  tensorTest("the tensor is a copy", () => {
    const array = Float32Array.of(1, 2);
    const x = fromTypedArray(array);
    array[0] = 5;
    x.toTypedArray()[1] = 5;
    expect(x.toArray()).toEqual([1, 2]);
  });

  tensorTest("values come row-major whatever the memory layout", () => {
    const x = fromTypedArray(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [1, 2, 3, 4],
    );
    const last = x.contiguous({ memoryFormat: "channelsLast" });
    expect([last.isChannelsLast, x.isChannelsLast]).toEqual([true, false]);
    expect(last.strides).toEqual([24, 1, 8, 2]);
    expect(last.toTypedArray()).toEqual(x.toTypedArray());
    expect(x.reshape([4, 6]).t().toArray()).toEqual(
      Array.from({ length: 6 }, (_, i) => [0, 1, 2, 3].map((j) => 6 * j + i)),
    );
  });

  tensorTest("any float32 array fits any shape of its size", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const array = Float32Array.from({ length }, (_, i) => Math.sin(seed + i));
        const x = fromTypedArray(array, shape);
        expect([x.shape, x.numel, x.ndim]).toEqual([shape, length, shape.length]);
        expect(x.toTypedArray()).toEqual(array);
        x.dispose();
      }),
    );
  });

  tensorTest("refuses a shape or an array of another size", () => {
    expect(() => fromTypedArray(Float32Array.of(1, 2, 3), [2, 2])).toThrow(ShapeError);
    expect(() => fromTypedArray(Float32Array.of(1, 2, 3), [2, 2])).toThrow(/12 bytes but the shape and dtype need 16/);
    expect(() => ones([3]).copyInto(new Float32Array(2))).toThrow(ShapeError);
  });
});

describe("nested arrays", () => {
  tensorTest("go in and come out", () => {
    const values = [
      [[1], [2]],
      [[3], [4]],
    ];
    const x = tensor(values);
    expect([x.dtype, x.shape]).toEqual(["float32", [2, 2, 1]]);
    expect(x.toArray()).toEqual(values);
    expect(tensor(3).shape).toEqual([]);
    expect(tensor([], { dtype: "int64" }).toArray()).toEqual([]);
  });

  tensorTest("must not be ragged", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(/ragged nesting: 1 entries at depth 1; expected 2/);
    expect(() => tensor([1, [2]])).toThrow(ShapeError);
    expect(() => tensor([[1], 2])).toThrow(ShapeError);
  });

  tensorTest("give single values and a short description", () => {
    expect(tensor([[2.5]]).item()).toBe(2.5);
    expect(() => tensor([1, 2]).item()).toThrow(/item: the tensor has shape \[2\]; expected one element/);
    expect(String(tensor([1, 2]))).toBe("Tensor([2], float32, cpu)");
  });
});
