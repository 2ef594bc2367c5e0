/** f-divergences, and their estimates between the labelled and the unlabelled domain. */
export type { Covariance } from "./covariance.js";
export * from "./discrete.js";
export type * from "./estimators/domain-divergence.js";
export { type EstimatorEntry, estimatorEntry } from "./estimators/entry.js";
export {
  domainDivergence,
  type EstimatorChoice,
  type EstimatorId,
  estimatorChoice,
  estimatorIds,
  estimators,
} from "./estimators/registry.js";
export type { FDivergence } from "./f-divergence.js";
export * from "./gaussian.js";
export { type DivergenceId, type DivergenceParams, divergence, divergenceIds } from "./registry.js";
