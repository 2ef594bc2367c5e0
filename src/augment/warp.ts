/**
 * Moves the voxels of patches: one affine map and one smooth deformation at once, so that images are interpolated a single
 * time. Trilinear for images, nearest for labels; what comes from outside of the patch is 0.
 */
import { arange, cat, fromTypedArray, resizeLinear, scope, spatialShape, stack, type Tensor } from "../torch/index.js";
import { openStream } from "./draws.js";
import type { WarpDraw } from "./volume-draws.js";
import type { View } from "./where-drawn.js";

/** Numbers of libtorch's enumerations of interpolation and padding. */
const [linear, nearest] = [0, 1];
const zeros = 0;

/** How far each voxel is moved, [1, 3, D, H, W] in voxels along z, y and x. */
function deformation(elastic: WarpDraw["elastic"], shape: readonly number[], spacing: number, like: Tensor): Tensor {
  const points = shape.map((side) => Math.max(2, Math.round(side / spacing)));
  const values = new Float32Array(3 * points.reduce((all, count) => all * count, 1));
  if (elastic) {
    const stream = openStream(elastic.source);
    values.forEach((_, i) => {
      values[i] = stream.uniform(-elastic.most, elastic.most);
    });
  }
  return resizeLinear(fromTypedArray(values, [1, 3, ...points], { device: like.device }), shape);
}

/** For each patch where its voxels come from, as the sampler takes it: [N, D, H, W, 3], x first, -1 … 1. */
function sources(draws: readonly WarpDraw[], images: Tensor, spacing: number): Tensor {
  const shape = spatialShape(images);
  const { device } = images;
  const offsets = shape.map((side, axis) => {
    const along = arange(side, { dtype: "float32", device }).sub((side - 1) / 2);
    return along.reshape(shape.map((_, a) => (a === axis ? side : 1)));
  });
  const moved = cat(draws.map(({ elastic }) => deformation(elastic, shape, spacing, images)));
  const positions = shape.map((side, axis) => {
    const column = (b: number) =>
      fromTypedArray(
        Float32Array.from(draws, ({ matrix }) => matrix[axis][b]),
        [draws.length, 1, 1, 1],
        { device },
      );
    const from = offsets.reduce((sum, offset, b) => sum.add(offset.mul(column(b))), moved.select(1, axis));
    return from.mul(2 / Math.max(side - 1, 1));
  });
  return stack(positions.reverse(), 4);
}

/**
 * @param part images `[N, C, D, H, W]` float32, labels `[N, K, D, H, W]` of any dtype
 * @param spacing of the points of deformations, in voxels
 * @returns the same shapes and dtypes
 */
export function warp({ images, labels }: View, draws: readonly WarpDraw[], spacing: number): View {
  return scope(() => {
    const from = sources(draws, images, spacing);
    return {
      images: images.gridSampler3d(from, linear, zeros, true),
      labels: labels?.to({ dtype: "float32" }).gridSampler3d(from, nearest, zeros, true).to({ dtype: labels.dtype }),
    };
  });
}
