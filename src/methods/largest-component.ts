/** The largest connected part of a mask, which BCP keeps of each class of its pseudo-labels. */
import type { TargetKind } from "../core/target-kind.js";
import { fromTypedArray, noGrad, oneHot, scope, type Tensor } from "../torch/index.js";

/** Paints the 8-connected component that holds `start` with `label`; returns its size in pixels. */
function paint(
  mask: Uint8Array,
  labels: Int32Array,
  width: number,
  start: number,
  label: number,
  stack: number[],
): number {
  const height = mask.length / width;
  let size = 0;
  labels[start] = label;
  stack.push(start);
  while (stack.length > 0) {
    const at = stack.pop() as number;
    size++;
    const column = at % width;
    const row = (at - column) / width;
    for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++) {
      for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
        const next = y * width + x;
        if (mask[next] === 0 || labels[next] !== 0) continue;
        labels[next] = label;
        stack.push(next);
      }
    }
  }
  return size;
}

/** Sets all but the largest 8-connected component of a plane to 0, in place; of equal ones the first in reading order stays. */
export function keepLargestComponent(mask: Uint8Array, width: number): void {
  const labels = new Int32Array(mask.length);
  const stack: number[] = [];
  let found = 0;
  let largest = { label: 0, size: 0 };
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue;
    found++;
    const size = paint(mask, labels, width, start, found, stack);
    if (size > largest.size) largest = { label: found, size };
  }
  if (found > 1) for (let i = 0; i < mask.length; i++) mask[i] = labels[i] === largest.label ? 1 : 0;
}

/**
 * The largest component of each class of each image; other pixels become background.
 * @param labels "softmax": class numbers [B, H, W] int64; "sigmoid": [B, K, H, W] of 0/1 floats, each channel on its own
 * @param classes number of classes of "softmax", the background included
 */
export function largestComponents(labels: Tensor, kind: TargetKind, classes: number): Tensor {
  const { device, dtype } = labels;
  return noGrad(() =>
    scope(() => {
      const planes =
        kind === "sigmoid"
          ? labels
          : oneHot(labels, classes)
              .permute([0, 3, 1, 2])
              .narrow(1, 1, classes - 1);
      const values = planes.to({ dtype: "uint8", device: "cpu" }).contiguous().toTypedArray() as Uint8Array;
      const [, , height, width] = planes.shape;
      for (let at = 0; at < values.length; at += height * width) {
        keepLargestComponent(values.subarray(at, at + height * width), width);
      }
      const kept = fromTypedArray(values, planes.shape, { device }).to({ dtype });
      if (kind === "sigmoid") return kept;
      // At most one of a pixel's foreground channels is set, so the weighted sum is its class number.
      return kept
        .unbind(1)
        .map((plane, i) => plane.mul(i + 1))
        .reduce((sum, plane) => sum.add(plane));
    }),
  );
}
