/**
 * Positive definite matrices as the Gaussian closed forms need them, stored as a diagonal or in full. The forms in
 * gaussian.ts are written once over this small algebra. Leading axes are a batch.
 */
import { linalgEigh, linalgInv, linalgSlogdet, noGrad, type Tensor } from "../torch/index.js";

/** Σ, symmetric positive definite, of size d. */
export interface Covariance {
  readonly dimension: number;
  /** weight·Σ + otherWeight·other; positive definite only if the weights make it so. */
  mix(weight: number, other: Covariance, otherWeight: number): Covariance;
  /** Σ⁻¹. */
  inverse(): Covariance;
  /** ln|Σ|, [...]. */
  logDeterminant(): Tensor;
  /** Σv for v [..., d]. */
  times(vector: Tensor): Tensor;
  /** tr(Σ·other), [...]. */
  traceOfProduct(other: Covariance): Tensor;
  /** Smallest eigenvalue over the whole batch; reads it back from the device, without gradient. */
  smallestEigenvalue(): number;
  /** Σ in the form it is stored in: [..., d] or [..., d, d]. */
  readonly values: Tensor;
}

export class DiagonalCovariance implements Covariance {
  /** @param values variances [..., d] */
  constructor(readonly values: Tensor) {}

  get dimension(): number {
    return this.values.shape.at(-1) as number;
  }

  mix(weight: number, other: DiagonalCovariance, otherWeight: number): DiagonalCovariance {
    return new DiagonalCovariance(this.values.mul(weight).add(other.values.mul(otherWeight)));
  }

  inverse(): DiagonalCovariance {
    return new DiagonalCovariance(this.values.reciprocal());
  }

  logDeterminant(): Tensor {
    return this.values.log().sum(-1);
  }

  times(vector: Tensor): Tensor {
    return this.values.mul(vector);
  }

  traceOfProduct(other: DiagonalCovariance): Tensor {
    return this.values.mul(other.values).sum(-1);
  }

  smallestEigenvalue(): number {
    return noGrad(() => smallest(this.values));
  }
}

export class FullCovariance implements Covariance {
  /** @param values symmetric matrices [..., d, d] */
  constructor(readonly values: Tensor) {}

  get dimension(): number {
    return this.values.shape.at(-1) as number;
  }

  mix(weight: number, other: FullCovariance, otherWeight: number): FullCovariance {
    return new FullCovariance(this.values.mul(weight).add(other.values.mul(otherWeight)));
  }

  inverse(): FullCovariance {
    return new FullCovariance(linalgInv(this.values));
  }

  logDeterminant(): Tensor {
    return linalgSlogdet(this.values)[1];
  }

  times(vector: Tensor): Tensor {
    return this.values.matmul(vector.unsqueeze(-1)).squeeze(-1);
  }

  traceOfProduct(other: FullCovariance): Tensor {
    return this.values.mul(other.values.transpose(-1, -2)).sum([-2, -1]);
  }

  smallestEigenvalue(): number {
    return noGrad(() => smallest(linalgEigh(this.values)[0]));
  }
}

function smallest(values: Tensor): number {
  return values.toNumbers().reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
