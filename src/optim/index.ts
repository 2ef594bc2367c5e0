/** Optimisers and schedules. */
export { AdamW, type AdamWOptions } from "./adamw.js";
export { type DivergenceOptions, divergenceOptions } from "./divergence-options.js";
export { costOf, type MinimizerEntry, minimizerEntry } from "./entry.js";
export * from "./objective.js";
export type { Optimizer } from "./optimizer.js";
export * from "./parameter-list.js";
export { createMinimizer, type MinimizerChoice, type MinimizerName, minimizers } from "./registry.js";
export { type AscentInput, type AscentRule, ascentRule, type Radius } from "./rules/ascent-rule.js";
export { type AscentChoice, type AscentName, ascentRules } from "./rules/registry.js";
export * from "./schedules.js";
export { Sgd, type SgdOptions } from "./sgd.js";
export type { Memory, MemoryNames } from "./sharpness/memory.js";
export { rhoOption } from "./sharpness/radius.js";
export { type SharpnessDefinition, sharpnessEntry } from "./sharpness/sharpness-minimizer.js";
export type { ChooseTargets, Mixed, PassResult, PassTargets, SharpnessStep } from "./sharpness/sharpness-step.js";
export { type Factor, type StepValues, stepValue, times } from "./step-values.js";
export { Dim, type DimOptions, perturbations } from "./steps/dim.js";
export { domainVariance } from "./steps/disam.js";
