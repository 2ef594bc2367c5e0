/** Principal components by the eigenvectors of the covariance, or of the Gram matrix where points are fewer. */
import { noGrad, scope, type Tensor } from "../torch/index.js";
import { pointsTensor, requirePoints } from "./points.js";

/** Principal axes are defined up to their sign: the entry of largest size becomes positive. */
function signOf(axis: Float64Array): number {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? -1 : 1;
}

/** Unit axes [d, c] of largest variance, largest first, of centred points [n, d]. */
function principalAxes(centred: Tensor, components: number): Tensor {
  const [count, dimensions] = centred.shape;
  const last = (vectors: Tensor) => vectors.slice(1, vectors.shape[1] - components).flip([1]);
  if (dimensions <= count) return last(centred.transpose(0, 1).matmul(centred).linalgEigh()[1]);
  const axes = centred.transpose(0, 1).matmul(last(centred.matmul(centred.transpose(0, 1)).linalgEigh()[1]));
  return axes.div(axes.square().sum(0, { keepdim: true }).sqrt().clamp({ min: Number.MIN_VALUE }));
}

/**
 * Scores of the points along the axes of largest variance.
 * @param points     [n, d], finite
 * @param components at most n and d
 * @returns [n, components], columns centred, the sign of each axis fixed by its largest entry
 * @throws UsageError when the points do not fit or hold NaN
 * @example const scores = pca(points, 300, 64, 2);
 */
export function pca(points: Float32Array, count: number, dimensions: number, components: number): Float64Array {
  requirePoints("pca", points, count, dimensions);
  return noGrad(() =>
    scope(() => {
      const all = pointsTensor(points, count, dimensions);
      const centred = all.sub(all.mean(0, { keepdim: true }));
      const axes = principalAxes(centred, components);
      const scores = centred.matmul(axes).toNumbers();
      for (let c = 0; c < components; c++) {
        const sign = signOf(axes.slice(1, c, c + 1).toNumbers());
        for (let i = 0; i < count; i++) scores[i * components + c] *= sign;
      }
      return scores;
    }),
  );
}
