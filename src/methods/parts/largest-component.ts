/** The largest connected part of a mask, which BCP keeps of each class of its pseudo-labels. */
import type { TargetKind } from "../../core/target-kind.js";
import { keepLargestComponent } from "../../grid/mask-parts.js";
import { classChannels, fromTypedArray, noGrad, scope, spatialShape, type Tensor } from "../../torch/index.js";

/**
 * The largest component of each class of each image; other pixels become background. Pixels that touch by a corner belong
 * together: 8 neighbours in an image, 26 in a volume.
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
