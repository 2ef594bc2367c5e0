/** Small batches for augmentation tests, made without random numbers of the engine. */
import { expect } from "vitest";
import { perImage } from "../../src/augment/geometry/sampling.js";
import type { Augmenter, DrawKey } from "../../src/augment/index.js";
import { RandomStream } from "../../src/core/random.js";
import {
  type DType,
  fromTypedArray,
  liveTensors,
  type Sent,
  scope,
  sendTogether,
  type Tensor,
} from "../../src/torch/index.js";

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

/** Height and width of images. */
export function sizeOf({ shape }: Tensor): { height: number; width: number } {
  const [height, width] = shape.slice(-2);
  return { height, width };
}

/** A factor for each image. */
export function factorsOf(images: Tensor, factors: readonly number[]): Sent {
  return sendTogether("cpu", (pack) => perImage(pack, Float32Array.from(factors), images.ndim));
}

/** Views as an augmenter plans them. */
export function labelledView(augmenter: Augmenter, images: Tensor, labels: Tensor, key: DrawKey) {
  return scope(() => sendTogether("cpu", (pack) => augmenter.labelled(pack, images.shape, key))(images, labels));
}

/** See {@link labelledView}. */
export function unlabelledViews(augmenter: Augmenter, images: Tensor, key: DrawKey) {
  return scope(() => sendTogether("cpu", (pack) => augmenter.unlabelled(pack, images.shape, key))(images));
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
