/** What a configuration learns from images without their labels. */
import { methods } from "../methods/index.js";
import type { DivergenceOptions } from "../optim/index.js";
import type { TrainingConfig } from "./config.js";

/** What the optimiser measures between the domains; undefined where it measures nothing. */
export function divergenceOf({ optimizer }: Pick<TrainingConfig, "optimizer">): DivergenceOptions | undefined {
  const { divergence, lambda } = optimizer as { divergence?: DivergenceOptions; lambda?: number };
  return divergence && lambda !== 0 ? divergence : undefined;
}

/** Whether images without their labels are learnt from: by the method, or by the optimiser's divergence. */
export function usesUnlabelled(config: TrainingConfig): boolean {
  return methods[config.method.name].usesUnlabelled || divergenceOf(config) !== undefined;
}
