/**
 * Arithmetic on all parameters at once, as if they were one vector. Norms and products are scalars on the parameters'
 * device, so that nothing waits for the host; they are float64, so that factors made of them are rounded once.
 */
import * as torch from "../torch/index.js";
import { noGrad, scope, type Tensor, UnknownOperatorError } from "../torch/index.js";
import type { Factor } from "./step-values.js";

/** Parameters with their names, in a fixed order. */
export type NamedParameters = readonly (readonly [string, Tensor])[];

/** L2 norm of each tensor by itself, [n] of their dtype. */
export function tensorNorms(tensors: readonly Tensor[]): Tensor {
  return noGrad(() => scope(() => torch.stack(torch.foreachNorm(tensors))));
}

/** L2 norm over all tensors together, from those of {@link tensorNorms}, a float64 scalar. */
export function normOfNorms(norms: Tensor): Tensor {
  return noGrad(() => scope(() => norms.vectorNorm().to({ dtype: "float64" })));
}

/** L2 norm over all tensors together, a float64 scalar. */
export function globalNorm(tensors: readonly Tensor[]): Tensor {
  return scope(() => normOfNorms(tensorNorms(tensors)));
}

/** Inner product over all tensors together, a float64 scalar. */
export function globalDot(a: readonly Tensor[], b: readonly Tensor[]): Tensor {
  return noGrad(() =>
    scope(() =>
      torch
        .stack(torch.foreachMul(a, b).map((product) => product.sum()))
        .sum()
        .to({ dtype: "float64" }),
    ),
  );
}

/** Cosine of the angle between two vectors of known norms, a float64 scalar; 0 when one of them vanishes. */
export function globalCosine(a: readonly Tensor[], normA: Tensor, b: readonly Tensor[], normB: Tensor): Tensor {
  return noGrad(() =>
    scope(() => {
      const product = normA.mul(normB);
      return torch.where(product.gt(0), globalDot(a, b).div(product), 0);
    }),
  );
}

/** libtorch 1.13 has not all operators over lists; found out at the first call. */
let allOperators = true;

/** Runs `overLists`, or `oneByOne` where this libtorch lacks the operator. */
function orOneByOne<Result>(overLists: () => Result, oneByOne: () => Result): Result {
  if (!allOperators) return oneByOne();
  try {
    return overLists();
  } catch (error) {
    if (!(error instanceof UnknownOperatorError)) throw error;
    allOperators = false;
    return oneByOne();
  }
}

/** A scalar in the type of the tensors it weighs: one kernel over lists takes no other on a GPU. */
const typedFor = ([first]: readonly Tensor[], factor: Tensor): Tensor => factor.to({ dtype: first.dtype });

/** Each tensor times a scalar of their device, with the bits of a product with its value. */
export function scaled(tensors: readonly Tensor[], factor: Tensor): Tensor[] {
  if (tensors.length === 0) return [];
  const typed = typedFor(tensors, factor);
  return orOneByOne(
    () => torch.foreachMulTensor(tensors, typed),
    () => tensors.map((tensor) => tensor.mul(typed)),
  );
}

/** As {@link scaled}, in place, for tensors that are the caller's own. */
export function scale_(tensors: readonly Tensor[], factor: Tensor): void {
  if (tensors.length === 0) return;
  const typed = typedFor(tensors, factor);
  orOneByOne(
    () => torch.foreachMulTensor_(tensors, typed),
    () => tensors.forEach((tensor) => void tensor.mul_(typed)),
  );
}

/**
 * a + factor·b with the factor on the device. addcmul rounds once, as a sum with a number for `alpha` does; a product
 * and a sum would round twice.
 */
export function addScaled(a: readonly Tensor[], factor: Tensor, b: readonly Tensor[]): Tensor[] {
  const typed = typedFor(a, factor);
  return a.map((one, i) => one.addcmul(b[i], typed));
}

/** a + factor·b in place of a, with the same bits wherever the factor lies; see {@link addScaled}. */
export function addScaled_(a: readonly Tensor[], factor: Factor, b: readonly Tensor[]): void {
  if (typeof factor === "number") {
    torch.foreachAdd_(a, b, { alpha: factor });
    return;
  }
  const typed = typedFor(a, factor);
  for (const [i, one] of a.entries()) one.addcmul_(b[i], typed);
}

/** decay·average + (1−decay)·values in place of the average. */
export function blend_(average: readonly Tensor[], values: readonly Tensor[], decay: Factor): void {
  noGrad(() =>
    scope(() => {
      if (typeof decay === "number") torch.foreachMul_(average, decay);
      else scale_(average, decay);
      addScaled_(average, typeof decay === "number" ? 1 - decay : decay.neg().add(1), values);
    }),
  );
}

/** Copies of all values, to be given back by {@link restore}. The caller's scope owns them. */
export function save(parameters: readonly Tensor[]): Tensor[] {
  return noGrad(() => parameters.map((parameter) => parameter.detach().clone()));
}

/** Copies saved values back: exact, where subtracting the perturbation would drift. */
export function restore(parameters: readonly Tensor[], saved: readonly Tensor[]): void {
  if (parameters.length === 0) return;
  noGrad(() =>
    orOneByOne(
      () => torch.foreachCopy_(parameters, saved),
      () => parameters.forEach((parameter, i) => void parameter.copy_(saved[i])),
    ),
  );
}

/** Adds one tensor to each parameter, in place. */
export function perturb(parameters: readonly Tensor[], perturbation: readonly Tensor[]): void {
  noGrad(() => torch.foreachAdd_(parameters, perturbation));
}
