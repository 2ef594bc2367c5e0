/** Everything a configuration stands for, built and ready: data, networks, method, optimiser. */

import { DataError, UsageError } from "../core/errors.js";
import { type AugmentationProfile, fundusProfile, mriProfile } from "../data/augment/index.js";
import { DecodedCache } from "../data/cache.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";
import { createComparison, type DomainComparison, type Method, methods } from "../methods/index.js";
import { networks, type SegmentationNetwork } from "../nn/index.js";
import { AdamW, type DivergenceOptions, type Minimizer, minimizers, type Optimizer, Sgd } from "../optim/index.js";
import { Generator, keepFreedMemory, type Precision, setThreads, type Tensor, useDevice } from "../torch/index.js";
import type { TrainingConfig } from "./config.js";

/** Data and networks of a configuration, enough to predict and evaluate. */
export interface ModelSession {
  config: TrainingConfig;
  dataset: Dataset;
  split: ProtocolSplit;
  cache: DecodedCache;
  size: number;
  precision: Precision;
  device: string;
  student: SegmentationNetwork;
  /** Another network of the same shape, with weights of its own seed. */
  createNetwork(): SegmentationNetwork;
}

/** A {@link ModelSession} that can train. */
export interface TrainingSession extends ModelSession {
  profile: AugmentationProfile;
  method: Method;
  minimizer: Minimizer;
  comparison: DomainComparison | null;
  usesUnlabelled: boolean;
}

function createNetwork(config: TrainingConfig, dataset: Dataset, seed: number): SegmentationNetwork {
  const { model, training } = config;
  using generator = new Generator(seed);
  const shape = { inChannels: dataset.channels, outChannels: dataset.outputs, width: model.width, generator };
  const network = networks[model.name].create(shape);
  const memoryFormat = training.memoryFormat === "channelsLast" ? "channelsLast" : "contiguous";
  return network.to({ device: training.device, memoryFormat });
}

/** Four halvings must leave a pixel. */
const leastSize = 16;

const noCases: ProtocolSplit = { labelled: [], unlabelled: [], validation: [] };

/**
 * Loads the data set and builds the network with its initial weights.
 * @param config a resolved configuration, without `auto` in its training section
 * @param withoutImages stands in for the data set where its images are not needed
 * @throws DataError, UsageError as the data set and the protocol split do
 */
export function openModel(
  config: TrainingConfig,
  warn: (message: string) => void,
  withoutImages?: Dataset,
): ModelSession {
  const { training, labelled } = config;
  if (training.threads !== undefined) setThreads(training.threads);
  useDevice(training.device);
  keepFreedMemory();
  const dataset = withoutImages ?? loadDataset(config.dataset);
  const split = withoutImages
    ? noCases
    : splitProtocol(dataset, {
        labelledDomain: labelled.domain,
        labelledCount: labelled.count,
        validationCount: labelled.validation,
      });
  const size = config.imageSize ?? dataset.size;
  let created = 0;
  const create = () => createNetwork(config, dataset, training.seed + created++);
  return {
    config,
    dataset,
    split,
    size,
    cache: new DecodedCache(dataset, { size, onWarning: warn }),
    precision: training.precision as Precision,
    device: training.device,
    student: create(),
    createNetwork: create,
  };
}

function baseOptimizer({ base }: TrainingConfig, parameters: readonly Tensor[]): Optimizer {
  return base.name === "sgd" ? new Sgd(parameters, base) : new AdamW(parameters, base);
}

function profileOf({ augmentation }: TrainingConfig, { channels }: Dataset): AugmentationProfile {
  const colour = augmentation.profile === "fundus" || (augmentation.profile === "auto" && channels === 3);
  const profile = colour ? fundusProfile : mriProfile;
  return augmentation.tpRamFactor === undefined ? profile : { ...profile, tpRamFactor: augmentation.tpRamFactor };
}

/** What the optimiser measures between the domains; undefined where it measures nothing. */
function divergenceOf({ optimizer }: TrainingConfig): DivergenceOptions | undefined {
  const { divergence, lambda } = optimizer as { divergence?: DivergenceOptions; lambda?: number };
  return divergence && lambda !== 0 ? divergence : undefined;
}

/** Whether images without their labels are learnt from: by the method, or by the optimiser's divergence. */
export function usesUnlabelled(config: TrainingConfig): boolean {
  return methods[config.method.name].usesUnlabelled || divergenceOf(config) !== undefined;
}

/** Refuses data that the chosen method or the network cannot be trained on. */
function checkData({ config, dataset, split, size }: ModelSession): void {
  if (usesUnlabelled(config) && split.unlabelled.length === 0) {
    throw new DataError(
      `${dataset.path}: no training case is left for method ${config.method.name} with optimizer ${config.optimizer.name} ` +
        "to use without its label; lower labelled.count or labelled.validation, or add images",
    );
  }
  if (size < leastSize) {
    throw new UsageError(
      `${dataset.path}: images are resized to ${size} pixels, but the network needs ${leastSize}; raise resize.size`,
    );
  }
}

/**
 * Adds method, optimiser and divergence to a model.
 * @throws DataError, UsageError when they cannot be trained on this data
 */
export function openTraining(model: ModelSession): TrainingSession {
  const { config, dataset, student, precision, device } = model;
  const profile = profileOf(config, dataset);
  const entry = methods[config.method.name];
  const context = {
    student,
    createNetwork: model.createNetwork,
    kind: dataset.target,
    augmentation: profile,
    precision,
    device,
    seed: config.training.seed,
  };
  const method = entry.create(context, config.method as never);
  const chosen = minimizers[config.optimizer.name];
  const trained = [...student.namedParameters(), ...(method.trainable ?? [])];
  const base = baseOptimizer(
    config,
    trained.map(([, parameter]) => parameter),
  );
  const minimizer = chosen.create(trained, base, config.optimizer as never);
  const divergence = divergenceOf(config);
  const comparison = divergence ? createComparison(divergence, dataset.target, config.training.seed) : null;
  checkData(model);
  return { ...model, profile, method, minimizer, comparison, usesUnlabelled: usesUnlabelled(config) };
}
