/**
 * dimseg as a library: the engine under `torch`, and everything that training is made of.
 * @example import { torch, UNet } from "dimseg";
 */

export * from "./core/errors.js";
export { RandomStream } from "./core/random.js";
export * from "./data/augment/index.js";
export { type Case, type Dataset, loadDataset } from "./data/dataset.js";
export { type DecodedCase, decodeCase } from "./data/decode.js";
export { type ProtocolSplit, splitProtocol } from "./data/protocol.js";
export * from "./divergence/index.js";
export { type ConventionName, conventionNames } from "./evaluation/conventions.js";
export { evaluateMask, type MaskMetrics } from "./evaluation/evaluate-mask.js";
export * from "./evaluation/statistics.js";
export { evaluateNetwork, type PartScore } from "./inference/evaluate-network.js";
export { labelMaps, predict } from "./inference/predict.js";
export { predictImage } from "./inference/predict-image.js";
export { type EvaluationSummary, summarise } from "./inference/summarise.js";
export * from "./losses/index.js";
export * from "./methods/index.js";
export * from "./nn/index.js";
export * from "./optim/index.js";
export * as torch from "./torch/index.js";
export { loadConfig, parseConfig, type TrainingConfig } from "./training/config.js";
export { type LoadedRun, loadRun } from "./training/load-run.js";
export { type RunObserver, resumeRun, startRun } from "./training/run.js";
