/**
 * Moves the voxels of patches: one affine map and one smooth deformation at once, so that images are interpolated a single
 * time. Trilinear for images, nearest for labels; what comes from outside of the patch is 0.
 */
import { arange, cat, type Device, type Pack, resizeLinear, scope, stack, type Tensor } from "../../torch/index.js";
import { openStream } from "../draws.js";
import { perImage } from "../geometry/sampling.js";
import type { Transform } from "../where-drawn.js";
import type { WarpDraw } from "./draws.js";

/** Numbers of libtorch's enumerations of interpolation and padding. */
const [linear, nearest] = [0, 1];
const zeros = 0;

/** Movements of the points of a deformation, and how far each voxel is moved: [1, 3, D, H, W] in voxels along z, y and x. */
function deformation(
  pack: Pack,
  elastic: WarpDraw["elastic"],
  shape: readonly number[],
  spacing: number,
): () => Tensor {
  const points = shape.map((side) => Math.max(2, Math.round(side / spacing)));
  const values = new Float32Array(3 * points.reduce((all, count) => all * count, 1));
  if (elastic) {
    const stream = openStream(elastic.source);
    values.forEach((_, i) => {
      values[i] = stream.uniform(-elastic.most, elastic.most);
    });
  }
  const sent = pack.add(values, [1, 3, ...points]);
  return () => resizeLinear(sent(), shape);
}

/** For each patch where its voxels come from, as the sampler takes it: [N, D, H, W, 3], x first, -1 … 1. */
function sources(pack: Pack, draws: readonly WarpDraw[], shape: readonly number[], spacing: number) {
  const deformations = draws.map(({ elastic }) => deformation(pack, elastic, shape, spacing));
  const columns = shape.map((_, axis) =>
    shape.map((_, b) =>
      perImage(
        pack,
        Float32Array.from(draws, ({ matrix }) => matrix[axis][b]),
        4,
      ),
    ),
  );
  return (device: Device): Tensor => {
    const offsets = shape.map((side, axis) => {
      const along = arange(side, { dtype: "float32", device }).sub((side - 1) / 2);
      return along.reshape(shape.map((_, a) => (a === axis ? side : 1)));
    });
    const moved = cat(deformations.map((one) => one()));
    const positions = shape.map((side, axis) => {
      const from = offsets.reduce((sum, offset, b) => sum.add(offset.mul(columns[axis][b]())), moved.select(1, axis));
      return from.mul(2 / Math.max(side - 1, 1));
    });
    return stack(positions.reverse(), 4);
  };
}

/**
 * Plans to move the voxels of several patches: of images `[N, C, D, H, W]` float32, and of labels `[N, K, D, H, W]` of any
 * dtype.
 * @param shape of the patches, the spatial axes only
 * @param spacing of the points of deformations, in voxels
 */
export function planWarp(pack: Pack, draws: readonly WarpDraw[], shape: readonly number[], spacing: number): Transform {
  const sourcesOn = sources(pack, draws, shape, spacing);
  return ({ images, labels }) =>
    scope(() => {
      const from = sourcesOn(images.device);
      return {
        images: images.gridSampler3d(from, linear, zeros, true),
        labels: labels?.to({ dtype: "float32" }).gridSampler3d(from, nearest, zeros, true).to({ dtype: labels.dtype }),
      };
    });
}
