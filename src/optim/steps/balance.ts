/** A weight of the divergence that follows the gradients: λ‖∇D‖ is a set share of ‖∇L‖ in every pass. */
import { type Tensor, where } from "../../torch/index.js";
import { globalNorm } from "../parameter-list.js";

/** λ = share·‖∇L‖/‖∇D‖, a float64 scalar; 0 where D has no slope. */
export function balancingWeight(share: number, ofTask: readonly Tensor[], ofDivergence: readonly Tensor[]): Tensor {
  const norm = globalNorm(ofDivergence);
  return where(norm.gt(0), globalNorm(ofTask).mul(share).div(norm), 0);
}
