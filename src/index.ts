/**
 * dimseg as a library: the engine under `torch`, and everything that training is made of.
 * @example import { torch, UNet } from "dimseg";
 */

export * from "./core/errors.js";
export { RandomStream } from "./core/random.js";
export * from "./data/augment/index.js";
export {
  type Case,
  type Dataset,
  type DatasetClass,
  type Domain,
  loadDataset,
  type Split,
} from "./data/dataset.js";
export { type DecodedCase, decodeCase } from "./data/decode.js";
export { type ProtocolOptions, type ProtocolSplit, splitProtocol } from "./data/protocol.js";
export type { Raster } from "./data/readers/raster.js";
export * from "./divergence/index.js";
export { type ConventionName, conventionNames, type Emptiness } from "./evaluation/conventions.js";
export { type EvaluateMaskOptions, evaluateMask, type MaskMetrics } from "./evaluation/evaluate-mask.js";
export type { ConfusionCounts } from "./evaluation/overlap.js";
export * from "./evaluation/statistics.js";
export {
  type CaseLoss,
  type CaseSource,
  type EvaluateNetworkOptions,
  evaluateNetwork,
  type NetworkEvaluation,
  type PartScore,
} from "./inference/evaluate-network.js";
export { labelMaps, type Prediction, type PredictOptions, predict } from "./inference/predict.js";
export { type ImagePrediction, type PredictImageOptions, predictImage } from "./inference/predict-image.js";
export {
  type DomainGap,
  type DomainSummary,
  type Estimate,
  type EvaluationSummary,
  type MetricEstimates,
  type SummaryMetric,
  type SummaryOptions,
  summarise,
} from "./inference/summarise.js";
export * from "./losses/index.js";
export * from "./methods/index.js";
export * from "./nn/index.js";
export * from "./optim/index.js";
export * as torch from "./torch/index.js";
export { loadConfig, parseConfig, type TrainingConfig } from "./training/config.js";
export { type LoadedRun, loadRun } from "./training/load-run.js";
export type { MetricRecord } from "./training/metrics-log.js";
export { type RunObserver, resumeRun, startRun } from "./training/run.js";
export type { RunFolder } from "./training/run-folder.js";
export type { ModelSession, TrainingSession } from "./training/session.js";
export type { TrainingOutcome } from "./training/trainer.js";
export type { Progress } from "./training/training-state.js";
