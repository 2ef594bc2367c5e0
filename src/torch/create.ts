/** Tensors from numbers and typed arrays. */
import { ShapeError } from "./errors.js";
import { to } from "./generated/functions.js";
import { native } from "./native.js";
import { type Device, type DType, Tensor, type TypedArray } from "./tensor.js";

/** The type of an array's elements. @throws TypeError for an array of 16-bit floats */
export const dtypeOf = (array: ArrayBufferView): DType => {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof BigInt64Array) return "int64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Int16Array) return "int16";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return "uint8";
  throw new TypeError(`fromTypedArray: ${array.constructor.name} has no dtype of its own; pass { dtype }`);
};

/**
 * Copies a typed array into a new tensor (one copy).
 * @param shape its product must be the array's length; default: one axis
 * @param options.dtype how to read the bytes, for 16-bit floats (Uint16Array) and bool (Uint8Array)
 * @throws ShapeError when the array's bytes do not fill the shape
 */
export function fromTypedArray(
  array: TypedArray | Uint8ClampedArray,
  shape: readonly number[] = [array.length],
  options: { dtype?: DType; device?: Device } = {},
): Tensor {
  uploads++;
  const tensor = new Tensor(native().fromBytes(array, options.dtype ?? dtypeOf(array), shape));
  return moved(tensor, options.device);
}

let uploads = 0;

/** How often values were handed to the engine on this thread; to a GPU each time waits for all work before it. */
export function hostUploads(): number {
  return uploads;
}

/** Moves a fresh tensor to a device and frees the original. */
function moved(tensor: Tensor, device: Device | undefined): Tensor {
  if (device === undefined || device === "cpu") return tensor;
  const result = to(tensor, { device });
  tensor.dispose();
  return result;
}

/** Numbers nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * A tensor from nested arrays of numbers, `float32` unless told otherwise.
 * @throws ShapeError when the nesting is ragged
 * @example const x = tensor([[1, 2], [3, 4]]);
 */
export function tensor(values: NestedNumbers, options: { dtype?: DType; device?: Device } = {}): Tensor {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat: number[] = [];
  const visit = (value: NestedNumbers, depth: number): void => {
    if (typeof value === "number") {
      if (depth !== shape.length) throw new ShapeError(`tensor: ragged nesting at depth ${depth}; expected [${shape}]`);
      flat.push(value);
      return;
    }
    if (value.length !== shape[depth]) {
      throw new ShapeError(
        `tensor: ragged nesting: ${value.length} entries at depth ${depth}; expected ${shape[depth]}`,
      );
    }
    for (const element of value) visit(element, depth + 1);
  };
  visit(values, 0);
  const full = fromTypedArray(Float64Array.from(flat), shape);
  const result = to(full, { dtype: options.dtype ?? "float32", device: options.device });
  if (result !== full) full.dispose();
  return result;
}
