/** What a network makes of whole images: the spatial mean of each channel of its bottleneck. */
import type { Normalisation } from "../augment/index.js";
import { imagesBCS } from "../data/case-tensors.js";
import type { PreparedImage } from "../data/images/prepare-image.js";
import { inEvaluationMode, type SegmentationNetwork } from "../nn/index.js";
import { autocast, type Device, inferenceMode, type Precision, scope, spatialAxes } from "../torch/index.js";

/** Where and how precisely the encoder computes. */
export interface PooledFeaturesOptions {
  readonly device: Device;
  readonly precision: Precision;
  readonly normalisation: Normalisation;
}

/**
 * Globally average-pooled features of the last encoder map, in evaluation mode; only the encoder runs.
 * @param images B of one working grid, at least one
 * @returns [B, d], row-major
 */
export function pooledFeatures(
  network: SegmentationNetwork,
  images: readonly PreparedImage[],
  { device, precision, normalisation }: PooledFeaturesOptions,
): Float32Array {
  return inEvaluationMode(network, () =>
    inferenceMode(() =>
      scope(() => {
        const input = normalisation.forward(imagesBCS(images, device));
        const maps = autocast(precision, device, () => network.encode(input).slice(-1)[0]);
        return maps.to({ dtype: "float32" }).mean(spatialAxes(maps)).toTypedArray() as Float32Array;
      }),
    ),
  );
}
