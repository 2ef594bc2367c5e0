/** Small batches for augmentation tests, made without random numbers of the engine. */

import { expect } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import { type DType, fromTypedArray, liveTensors, type Tensor } from "../../src/torch/index.js";

/** Grey levels 0 to 255, float32 `[count, channels, height, width]`. */
export function noiseImages(count: number, channels: number, height: number, width: number, seed = 1): Tensor {
  const stream = new RandomStream(seed, "test.images");
  const values = Float32Array.from({ length: count * channels * height * width }, () => stream.integer(0, 255));
  return fromTypedArray(values, [count, channels, height, width]);
}

/** Class numbers 0 to classes−1, `[count, height, width]`. */
export function noiseLabels(
  count: number,
  height: number,
  width: number,
  classes: number,
  dtype: DType = "uint8",
): Tensor {
  const stream = new RandomStream(2, "test.labels");
  const values = Uint8Array.from({ length: count * height * width }, () => stream.integer(0, classes - 1));
  return fromTypedArray(values, [count, height, width]).to({ dtype });
}

/** True when two tensors agree in shape, dtype and every value. */
export function sameBits(a: Tensor, b: Tensor): boolean {
  const bytes = (tensor: Tensor) => {
    const { buffer, byteOffset, byteLength } = tensor.contiguous().toTypedArray();
    return Buffer.from(buffer, byteOffset, byteLength);
  };
  return a.dtype === b.dtype && String(a.shape) === String(b.shape) && bytes(a).equals(bytes(b));
}

/** Runs `body` and expects that it leaves exactly `kept` tensors more than before. */
export function expectTensorsKept(kept: number, body: () => void): void {
  const before = liveTensors();
  body();
  expect(liveTensors() - before).toBe(kept);
}
