/**
 * Divergences between Gaussians P = N(μ1, Σ1) and Q = N(μ2, Σ2) in closed form, for diagonal and full covariances
 * (method section 5.2; Gil, Alajaji, Linder 2013 for Rényi; Nielsen 2019 for the geometric Jensen-Shannon). All are
 * differentiable in means and covariances. Where a form does not exist, an error says so instead of a number.
 */
import { NumericError, UsageError } from "../core/errors.js";
import { nearestWord } from "../core/nearest-word.js";
import { ShapeError, type Tensor } from "../torch/index.js";
import { type Covariance, DiagonalCovariance, FullCovariance } from "./covariance.js";

/** A normal distribution over ℝ^d, or a batch of them along leading axes. */
export interface Gaussian {
  /** [..., d] */
  readonly mean: Tensor;
  readonly covariance: Covariance;
}

function requirePositive(what: string, covariance: Covariance): void {
  const least = covariance.smallestEigenvalue();
  if (!(least > 0)) throw new NumericError(`${what} is not positive definite: its smallest eigenvalue is ${least}`);
}

/**
 * @param mean [..., d]  @param variance [..., d], each > 0
 * @throws ShapeError, NumericError when the two do not fit or a variance is not positive
 */
export function diagonalGaussian(mean: Tensor, variance: Tensor): Gaussian {
  if (String(mean.shape) !== String(variance.shape))
    throw new ShapeError(`diagonalGaussian: mean has shape [${mean.shape}] but variance has [${variance.shape}]`);
  const covariance = new DiagonalCovariance(variance);
  requirePositive("diagonalGaussian: the variance", covariance);
  return { mean, covariance };
}

/**
 * @param mean [..., d]  @param covariance [..., d, d], symmetric positive definite
 * @throws ShapeError, NumericError when the two do not fit or the matrix is not positive definite
 */
export function fullGaussian(mean: Tensor, covariance: Tensor): Gaussian {
  const expected = [...mean.shape, mean.shape.at(-1)];
  if (String(covariance.shape) !== String(expected))
    throw new ShapeError(`fullGaussian: covariance has shape [${covariance.shape}]; expected [${expected}]`);
  const matrix = new FullCovariance(covariance);
  requirePositive("fullGaussian: the covariance", matrix);
  return { mean, covariance: matrix };
}

/** vᵀΣv over the last axis. */
function quadratic(covariance: Covariance, vector: Tensor): Tensor {
  return covariance.times(vector).mul(vector).sum(-1);
}

function kl(p: Gaussian, q: Gaussian): Tensor {
  const precision = q.covariance.inverse();
  const logDeterminants = q.covariance.logDeterminant().sub(p.covariance.logDeterminant());
  return precision
    .traceOfProduct(p.covariance)
    .sub(p.covariance.dimension)
    .add(quadratic(precision, p.mean.sub(q.mean)))
    .add(logDeterminants)
    .mul(0.5);
}

/** −ln BC: the Bhattacharyya distance; stays finite where BC itself underflows in many dimensions. */
export function bhattacharyyaDistance(p: Gaussian, q: Gaussian): Tensor {
  const middle = p.covariance.mix(0.5, q.covariance, 0.5);
  const logDeterminants = p.covariance.logDeterminant().add(q.covariance.logDeterminant());
  return quadratic(middle.inverse(), p.mean.sub(q.mean))
    .div(8)
    .add(middle.logDeterminant().div(2))
    .sub(logDeterminants.div(4));
}

/** BC = ∫√(pq) in (0, 1]. */
export function bhattacharyyaCoefficient(p: Gaussian, q: Gaussian): Tensor {
  return bhattacharyyaDistance(p, q).neg().exp();
}

/** Σ_a = aΣ2 + (1−a)Σ1, which must be positive definite for Rényi's divergence of order a to exist. */
function renyiMixture(p: Gaussian, q: Gaussian, order: number): Covariance {
  const mixture = p.covariance.mix(1 - order, q.covariance, order);
  // Between 0 and 1 the mixture is convex, so there is nothing to check and nothing is read back from the device.
  if (order > 0 && order < 1) return mixture;
  const least = mixture.smallestEigenvalue();
  if (least > 0) return mixture;
  throw new NumericError(
    `gaussianDivergence: the form of order ${order} does not exist for this pair: ${order}·Σ2 + ${1 - order}·Σ1 has the eigenvalue ${least}, not above 0; take an order inside (0, 1), or kl, h2 or geojs`,
  );
}

function renyi(p: Gaussian, q: Gaussian, order: number): Tensor {
  if (!Number.isFinite(order) || order === 0 || order === 1)
    throw new UsageError(
      `gaussianDivergence: the order is ${order}; give a number other than 0 and 1 (take rkl or kl)`,
    );
  const mixture = renyiMixture(p, q, order);
  const logDeterminants = mixture
    .logDeterminant()
    .sub(p.covariance.logDeterminant().mul(1 - order))
    .sub(q.covariance.logDeterminant().mul(order));
  return quadratic(mixture.inverse(), p.mean.sub(q.mean))
    .mul(order / 2)
    .sub(logDeterminants.div(2 * (order - 1)));
}

function alpha(p: Gaussian, q: Gaussian, a: number): Tensor {
  return renyi(p, q, a)
    .mul(a - 1)
    .expm1()
    .div(a * (a - 1));
}

/** ½KL(P‖G) + ½KL(Q‖G), G the normalised geometric mean of the densities. Closed, but no true f-divergence. */
function geometricJensenShannon(p: Gaussian, q: Gaussian): Tensor {
  const [precisionP, precisionQ] = [p.covariance.inverse(), q.covariance.inverse()];
  const covariance = precisionP.mix(0.5, precisionQ, 0.5).inverse();
  const mean = covariance.times(precisionP.times(p.mean).add(precisionQ.times(q.mean)).div(2));
  const middle = { mean, covariance };
  return kl(p, middle).add(kl(q, middle)).div(2);
}

/** erf(M/(2√2)) with Mahalanobis distance M. */
function totalVariation(p: Gaussian, q: Gaussian): Tensor {
  const [a, b] = [p.covariance.values.detach(), q.covariance.values.detach()];
  if (a.sub(b).abs().amax().item() > 1e-6 * a.abs().amax().item())
    throw new NumericError(
      "gaussianDivergence: tv has a closed form for equal covariances only; take h2, which bounds it, for this pair",
    );
  // The floor gives the square root a zero gradient at equal means, where it has none of its own.
  const squared = quadratic(p.covariance.inverse(), p.mean.sub(q.mean)).clamp({ min: 1e-38 });
  return squared
    .sqrt()
    .div(2 * Math.SQRT2)
    .erf();
}

type ClosedForm = (p: Gaussian, q: Gaussian, order: number) => Tensor;

const closedForms = {
  kl,
  rkl: (p, q) => kl(q, p),
  jeffreys: (p, q) => kl(p, q).add(kl(q, p)),
  h2: (p, q) => bhattacharyyaDistance(p, q).neg().expm1().mul(-2),
  renyi,
  alpha,
  pearson: (p, q) => renyi(p, q, 2).expm1(),
  neyman: (p, q) => renyi(q, p, 2).expm1(),
  geojs: geometricJensenShannon,
  tv: totalVariation,
} satisfies Record<string, ClosedForm>;

/** A divergence with a closed form between Gaussians. */
export type GaussianDivergenceId = keyof typeof closedForms;

/** Names of the closed forms; `geojs` and `renyi` exist only here. */
export const gaussianDivergenceIds = Object.keys(closedForms) as readonly GaussianDivergenceId[];

function requireClosedForm(id: string): asserts id is GaussianDivergenceId {
  if (Object.hasOwn(closedForms, id)) return;
  const near = nearestWord(id, gaussianDivergenceIds);
  const closed = ["js", "wjs", "lecam", "gan"].includes(id)
    ? `${id} has no closed form between Gaussians; take geojs, the geometric Jensen-Shannon divergence`
    : `there is no "${id}"; ${near ? `did you mean "${near}"?` : `the forms are ${gaussianDivergenceIds.join(", ")}`}`;
  throw new UsageError(`gaussianDivergence: ${closed}`);
}

/**
 * The divergence of P from Q in nats, in the scaling of the f-divergence of the same name; [...] for batches.
 * @param options.order Rényi's order, or α of `alpha`; default 0.5; ignored by the others
 * @throws UsageError for a name without a closed form; ShapeError when P and Q do not fit
 * @throws NumericError when the form does not exist for this pair: order·Σ2 + (1−order)·Σ1 is not positive definite
 *         (order 2 for `pearson`, arguments swapped for `neyman`), or `tv` of unequal covariances
 */
export function gaussianDivergence(
  id: GaussianDivergenceId,
  p: Gaussian,
  q: Gaussian,
  options: { order?: number } = {},
): Tensor {
  requireClosedForm(id);
  const [a, b] = [p.covariance.values.shape, q.covariance.values.shape];
  if (String(a) !== String(b) || String(p.mean.shape) !== String(q.mean.shape))
    throw new ShapeError(
      `gaussianDivergence: P has mean [${p.mean.shape}] and covariance [${a}] but Q has [${q.mean.shape}] and [${b}]; expected equal shapes of one kind`,
    );
  return closedForms[id](p, q, options.order ?? 0.5);
}
