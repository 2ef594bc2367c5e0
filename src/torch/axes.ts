/**
 * Names for the axes of image tensors [B, C, ...S], so that nothing above counts them: S are the spatial axes, slowest
 * first, two of an image ([H, W]) and three of a volume ([D, H, W]). Labels without a channel axis are [B, ...S].
 */
import { arange } from "./generated/functions.js";
import type { MemoryFormat, Tensor } from "./tensor.js";

const from = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

/** The spatial axes of [B, C, ...S]: [2, 3] of images, [2, 3, 4] of volumes. */
export function spatialAxes({ ndim }: Tensor): number[] {
  return from(2, ndim);
}

/** The sizes along them, in pixels or voxels. */
export function spatialShape({ shape }: Tensor): number[] {
  return shape.slice(2);
}

/** All axes but the channels: what a number per channel is taken over. */
export function axesBesideChannels(tensor: Tensor): number[] {
  return [0, ...spatialAxes(tensor)];
}

/** All axes but the first: what a number per image is taken over. */
export function axesOfEach({ ndim }: Tensor): number[] {
  return from(1, ndim);
}

/** Every axis. */
export function allAxes({ ndim }: Tensor): number[] {
  return from(0, ndim);
}

/** [B, C, ...S] → [B, ...S, C], a view. */
export function channelsToEnd(tensor: Tensor): Tensor {
  return tensor.permute([0, ...spatialAxes(tensor), 1]);
}

/** [B, ...S, C] → [B, C, ...S], a view. */
export function channelsToFront(tensor: Tensor): Tensor {
  const end = tensor.ndim - 1;
  return tensor.permute([0, end, ...from(1, end)]);
}

/** [B, C, ...S] → [B·S, C], a row of channels for each position. */
export function positionRows(tensor: Tensor): Tensor {
  return channelsToEnd(tensor).flatten(0, -2);
}

/** [B, 1, ...S] → [B, count, ...S], a view. */
export function repeatChannel(tensor: Tensor, count: number): Tensor {
  return tensor.expand([-1, count, ...spatialAxes(tensor).map(() => -1)]);
}

/**
 * Class numbers [B, ...S] int64 → one channel of 0 and 1 per class, [B, K, ...S] int64. What is no class has none. Compared
 * rather than by `oneHot`, which on the CPU reads the least and the greatest number first.
 */
export function classChannels(labels: Tensor, classes: number): Tensor {
  const numbers = arange(classes, { dtype: "int64", device: labels.device });
  return channelsToFront(labels.unsqueeze(-1).eq(numbers).to({ dtype: "int64" }));
}

/** The memory layout in which the channels of a pixel lie side by side, for tensors of that many axes; undefined: none. */
export function channelsLastFormat(ndim: number): MemoryFormat | undefined {
  return ({ 4: "channelsLast", 5: "channelsLast3d" } as const)[ndim];
}
