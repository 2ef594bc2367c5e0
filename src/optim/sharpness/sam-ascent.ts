/** SAM's ascent (Foret et al., ICLR 2021; davda54/sam): ε = ρ·g/(‖g‖+1e-12). */
import { foreachMul, type Tensor } from "../../torch/index.js";

export function samAscent({
  gradient,
  norm,
  rho,
}: {
  gradient: readonly Tensor[];
  norm: number;
  rho: number;
}): Tensor[] {
  return foreachMul(gradient, rho / (norm + 1e-12));
}
