/** Optimisers and schedules. */
export { AdamW, type AdamWOptions } from "./adamw.js";
export { type DivergenceOptions, divergenceOptions } from "./divergence-options.js";
export * from "./objective.js";
export type { Optimizer } from "./optimizer.js";
export * from "./parameter-list.js";
export { type MinimizerName, minimizers } from "./registry.js";
export * from "./schedules.js";
export { Sgd, type SgdOptions } from "./sgd.js";
export { type AscentName, ascentRules } from "./sharpness/ascent.js";
export { Dim, type DimOptions, type PerturbWith, perturbations } from "./sharpness/dim.js";
