/**
 * Many arrays for one upload: each upload to a GPU waits for all work before it. What needs arrays says so first, by
 * adding them to a pack, and takes the tensors when all of them are there.
 */
import { dtypeOf, fromTypedArray } from "./create.js";
import { narrow, reinterpret, reshape } from "./generated/functions.js";
import { scope } from "./scope.js";
import type { Device, DType, Tensor, TypedArray } from "./tensor.js";

/** Gives the tensor of an array, once its pack has been sent. It is owned by whoever sent it, and not to be changed in place. */
export type Sent = () => Tensor;

/** Where libtorch begins a tensor; kernels may round otherwise from elsewhere. */
const alignment = 64;

interface Part {
  readonly values: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** In bytes, from the beginning of the pack. */
  readonly start: number;
  tensor: Tensor | null;
}

/** Arrays that wait for {@link sendTogether}. */
export class Pack {
  private readonly parts: Part[] = [];
  private length = 0;

  /**
   * Adds an array; its values are copied when the pack is sent.
   * @param shape its product must be the array's length; default: one axis
   * @param dtype how to read the bytes, for 16-bit floats and bool
   */
  add(values: TypedArray, shape: readonly number[] = [values.length], dtype: DType = dtypeOf(values)): Sent {
    const part: Part = { values, shape, dtype, start: this.length, tensor: null };
    this.parts.push(part);
    this.length += Math.ceil(values.byteLength / alignment) * alignment;
    return () => {
      if (part.tensor === null) throw new Error("internal: a tensor was asked for before its pack was sent");
      return part.tensor;
    };
  }

  /** @internal Sends what was added, as parts of one memory that lives as long as any of them. @throws ShapeError */
  send(device: Device): void {
    if (this.parts.length === 0) return;
    const all = new Uint8Array(this.length);
    for (const { values, start } of this.parts) {
      all.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
    }
    const sent = fromTypedArray(all, [all.length], { device });
    for (const part of this.parts) {
      const { values, shape, dtype, start } = part;
      part.tensor = scope(() => reshape(reinterpret(narrow(sent, 0, start, values.byteLength), dtype), shape));
    }
    sent.dispose();
  }
}

/**
 * Lets `plan` add arrays, and sends all of them in a single upload. The tensors belong to the caller's scope.
 * @returns what `plan` returns: most often a program that takes the tensors it planned
 * @throws ShapeError when an array does not fill its shape
 * @example const rows = sendTogether("cpu", (pack) => pack.add(Float32Array.of(1, 2)));  // rows() is [1, 2]
 */
export function sendTogether<T>(device: Device, plan: (pack: Pack) => T): T {
  const pack = new Pack();
  const planned = plan(pack);
  pack.send(device);
  return planned;
}
