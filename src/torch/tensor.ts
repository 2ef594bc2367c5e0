/**
 * The Tensor that TypeScript sees: a handle on a libtorch tensor, with facts, bytes and lifetime.
 * The operators (`x.add(y)`, `x.softmax(1)`) are generated into generated/methods.ts and attached to this class.
 */
import { ShapeError } from "./errors.js";
import { native } from "./native.js";
import { dispose, type Owned, own } from "./scope.js";

/** Element types; the names are PyTorch's. */
export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** Memory layouts of dense tensors. */
export type MemoryFormat = "contiguous" | "preserve" | "channelsLast" | "channelsLast3d";

/** "cpu", "cuda" or "cuda:N". */
export type Device = string;

/** The array type that holds a dtype's values exactly; 16-bit floats come as their bits. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

const arrayOf: Record<DType, new (length: number) => TypedArray> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** A dense array of numbers in native memory, with PyTorch's semantics. */
export class Tensor implements Owned, Disposable {
  /** @internal who frees it, see scope.ts */
  owner: Owned["owner"] = null;

  // Asked for hundreds of times a step, and no operator of the bridge changes either in place.
  private sizes: readonly number[] | null = null;
  private type: DType | null = null;

  /** @internal made by the operators and by create.ts, never by users */
  constructor(public handle: number) {
    own(this);
  }

  /** Sizes per axis, outermost first. */
  get shape(): number[] {
    if (this.sizes === null || this.isDisposed) this.sizes = native().shape(this.handle);
    return [...this.sizes];
  }

  /** Distance in elements between neighbours along each axis. */
  get strides(): number[] {
    return native().strides(this.handle);
  }

  get dtype(): DType {
    if (this.type === null || this.isDisposed) this.type = native().dtype(this.handle) as DType;
    return this.type;
  }

  get device(): Device {
    return native().device(this.handle);
  }

  get ndim(): number {
    return this.shape.length;
  }

  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  get requiresGrad(): boolean {
    return native().requiresGrad(this.handle);
  }

  /** True when memory runs as [B, H, W, C] under the shape [B, C, H, W]. */
  get isChannelsLast(): boolean {
    return native().isChannelsLast(this.handle);
  }

  get isDisposed(): boolean {
    return this.handle === 0;
  }

  /** The accumulated gradient of a leaf after `backward`, or null. The result is a tensor of its own. */
  get grad(): Tensor | null {
    const handle = native().gradientOf(this.handle);
    return handle === 0 ? null : new Tensor(handle);
  }

  /** Forgets the accumulated gradient. */
  clearGrad(): void {
    native().clearGradient(this.handle);
  }

  /** Frees the native memory now unless other tensors share it. Harmless when repeated. */
  dispose(): void {
    dispose(this);
  }

  /** Frees the tensor at the end of a `using` block. */
  [Symbol.dispose](): void {
    dispose(this);
  }

  /** A second owner of the same values: both see in-place changes, each is disposed on its own. */
  alias(): Tensor {
    return new Tensor(native().alias(this.handle));
  }

  /** The values, row-major, in the array type of this dtype (int64 as bigint, 16-bit floats as bits, bool as 0/1). */
  toTypedArray(): TypedArray {
    reads++;
    const array = new arrayOf[this.dtype](this.numel);
    native().copyBytes(this.handle, array);
    return array;
  }

  /**
   * Copies the values, row-major, into an array made earlier.
   * @throws ShapeError when its byte length is not this tensor's
   */
  copyInto(array: TypedArray): void {
    reads++;
    native().copyBytes(this.handle, array);
  }

  /** The values as nested arrays of numbers, for printing and tests. */
  toArray(): unknown {
    const flat = this.toNumbers();
    const nest = (shape: number[], offset: number): unknown => {
      if (shape.length === 0) return flat[offset];
      const [size, ...rest] = shape;
      const stride = rest.reduce((product, n) => product * n, 1);
      return Array.from({ length: size }, (_, i) => nest(rest, offset + i * stride));
    };
    return nest(this.shape, 0);
  }

  /** The values as a flat array of numbers, row-major; any dtype. */
  toNumbers(): Float64Array {
    reads++;
    const array = new Float64Array(this.numel);
    const converted = native().callOperator(toFloat64(), this.handle, "float64");
    try {
      native().copyBytes(converted, array);
    } finally {
      native().release(converted);
    }
    return array;
  }

  /**
   * The value of a tensor with one element.
   * @throws ShapeError when it has more or fewer
   */
  item(): number {
    if (this.numel !== 1) throw new ShapeError(`item: the tensor has shape [${this.shape}]; expected one element`);
    return this.toNumbers()[0];
  }

  toString(): string {
    return this.isDisposed ? "Tensor(disposed)" : `Tensor([${this.shape}], ${this.dtype}, ${this.device})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

let reads = 0;

/** How often values were read back from tensors on this thread; on a GPU each time waits for all work before it. */
export function hostReads(): number {
  return reads;
}

let toFloat64Operator = -1;
function toFloat64(): number {
  if (toFloat64Operator < 0) toFloat64Operator = native().findOperator("aten::to", "dtype");
  return toFloat64Operator;
}

/** Handles of a list, as the bridge reads fastest. */
export function handlesOf(tensors: readonly (Tensor | null)[]): Int32Array {
  const handles = new Int32Array(tensors.length);
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    handles[i] = tensor === null ? 0 : tensor.handle === 0 ? -1 : tensor.handle;
  }
  return handles;
}
