/** Arithmetic on all parameters at once, as if they were one vector. */
import * as torch from "../torch/index.js";
import { noGrad, scope, type Tensor } from "../torch/index.js";

/** Parameters with their names, in a fixed order. */
export type NamedParameters = readonly (readonly [string, Tensor])[];

/** L2 norm over all tensors together. */
export function globalNorm(tensors: readonly Tensor[]): number {
  return noGrad(() => scope(() => torch.stack(torch.foreachNorm(tensors)).vectorNorm().item()));
}

/** Inner product over all tensors together. */
export function globalDot(a: readonly Tensor[], b: readonly Tensor[]): number {
  return noGrad(() =>
    scope(() =>
      torch
        .stack(torch.foreachMul(a, b).map((product) => product.sum()))
        .sum()
        .item(),
    ),
  );
}

/** Cosine of the angle between two vectors of known norms; 0 when one of them vanishes. */
export function globalCosine(a: readonly Tensor[], normA: number, b: readonly Tensor[], normB: number): number {
  const product = normA * normB;
  return product > 0 ? globalDot(a, b) / product : 0;
}

/** Copies of all values, to be given back by {@link restore}. The caller's scope owns them. */
export function save(parameters: readonly Tensor[]): Tensor[] {
  return noGrad(() => parameters.map((parameter) => parameter.detach().clone()));
}

/** Copies saved values back: exact, where subtracting the perturbation would drift. */
export function restore(parameters: readonly Tensor[], saved: readonly Tensor[]): void {
  noGrad(() => {
    parameters.forEach((parameter, i) => {
      parameter.copy_(saved[i]);
    });
  });
}

/** Adds one tensor to each parameter, in place. */
export function perturb(parameters: readonly Tensor[], perturbation: readonly Tensor[]): void {
  noGrad(() => torch.foreachAdd_(parameters, perturbation));
}

/** The name of the first parameter whose gradient holds a NaN or infinity, or null. */
export function firstNonFinite(parameters: NamedParameters, gradients: readonly Tensor[]): string | null {
  const found = gradients.findIndex((gradient) => scope(() => gradient.isfinite().all().item() === 0));
  return found < 0 ? null : parameters[found][0];
}
