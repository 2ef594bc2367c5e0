/** The largest connected part of a mask, which BCP keeps of each class of its pseudo-labels. */
import type { TargetKind } from "../core/target-kind.js";
import { classChannels, fromTypedArray, noGrad, scope, spatialShape, type Tensor } from "../torch/index.js";

/** Sides [D, H, W] of a mask; an image is a volume of one slice. */
type Sides = readonly [depth: number, height: number, width: number];

/** Paints the component that holds `start` with `label`; returns its size in pixels. */
function paint(
  mask: Uint8Array,
  labels: Int32Array,
  [depth, height, width]: Sides,
  start: number,
  label: number,
  stack: number[],
): number {
  let size = 0;
  labels[start] = label;
  stack.push(start);
  while (stack.length > 0) {
    const at = stack.pop() as number;
    size++;
    const column = at % width;
    const line = (at - column) / width;
    const row = line % height;
    const slice = (line - row) / height;
    for (let z = Math.max(slice - 1, 0); z <= Math.min(slice + 1, depth - 1); z++) {
      for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, height - 1); y++) {
        for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, width - 1); x++) {
          const next = (z * height + y) * width + x;
          if (mask[next] === 0 || labels[next] !== 0) continue;
          labels[next] = label;
          stack.push(next);
        }
      }
    }
  }
  return size;
}

/**
 * Sets all but the largest component of a mask to 0, in place; of equal ones the first in reading order stays. Pixels
 * that touch by a corner belong together: 8 neighbours in an image, 26 in a volume.
 * @param shape of the mask, [H, W] or [D, H, W]
 */
export function keepLargestComponent(mask: Uint8Array, shape: readonly number[]): void {
  const sides = [...(shape.length === 2 ? [1] : []), ...shape] as unknown as Sides;
  const labels = new Int32Array(mask.length);
  const stack: number[] = [];
  let found = 0;
  let largest = { label: 0, size: 0 };
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue;
    found++;
    const size = paint(mask, labels, sides, start, found, stack);
    if (size > largest.size) largest = { label: found, size };
  }
  if (found > 1) for (let i = 0; i < mask.length; i++) mask[i] = labels[i] === largest.label ? 1 : 0;
}

/**
 * The largest component of each class of each image; other pixels become background.
 * @param labels in the form that {@link TargetKind} says; "sigmoid": each channel on its own
 * @param classes number of classes of "softmax", the background included
 */
export function largestComponents(labels: Tensor, kind: TargetKind, classes: number): Tensor {
  const { device, dtype } = labels;
  return noGrad(() =>
    scope(() => {
      const masksBKS = kind === "sigmoid" ? labels : classChannels(labels, classes).narrow(1, 1, classes - 1);
      const values = masksBKS.to({ dtype: "uint8", device: "cpu" }).contiguous().toTypedArray() as Uint8Array;
      const shape = spatialShape(masksBKS);
      const size = shape.reduce((product, side) => product * side, 1);
      for (let at = 0; at < values.length; at += size) keepLargestComponent(values.subarray(at, at + size), shape);
      const kept = fromTypedArray(values, masksBKS.shape, { device }).to({ dtype });
      if (kind === "sigmoid") return kept;
      // At most one of a pixel's foreground channels is set, so the weighted sum is its class number.
      return kept
        .unbind(1)
        .map((maskBS, i) => maskBS.mul(i + 1))
        .reduce((sum, maskBS) => sum.add(maskBS));
    }),
  );
}
