/** Data and networks of a configuration, built but not filled: what training, judging and prediction begin with. */

import { type Normalisation, planar8bit } from "../augment/index.js";
import type { TrainingConfig, WantedConfig } from "../config/config.js";
import { DecodedCache } from "../data/cache.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";
import { networks, type SegmentationNetwork } from "../nn/index.js";
import { Generator, type Precision, requireDevice } from "../torch/index.js";

/** Data and networks of a configuration, enough to predict and evaluate. */
export interface Model {
  config: TrainingConfig;
  dataset: Dataset;
  split: ProtocolSplit;
  cache: DecodedCache;
  size: number;
  /** How raw values become network inputs, in training and wherever its networks are asked. */
  normalisation: Normalisation;
  precision: Precision;
  device: string;
  student: SegmentationNetwork;
  /** Another network of the same shape, with weights of its own seed. */
  createNetwork(): SegmentationNetwork;
}

function createNetwork(config: TrainingConfig, dataset: Dataset, seed: number): SegmentationNetwork {
  const { model, training } = config;
  using generator = new Generator(seed);
  const shape = { inChannels: dataset.channels, outChannels: dataset.outputs, width: model.width, generator };
  const network = networks[model.name].create(shape);
  const memoryFormat = training.memoryFormat === "channelsLast" ? "channelsLast" : "contiguous";
  return network.to({ device: training.device, memoryFormat });
}

const noCases: ProtocolSplit = { labelled: [], unlabelled: [], validation: [], unused: [] };

/**
 * Loads the data set and builds the network with its initial weights. The engine stays as it is: who wants the run's
 * threads or deterministic kernels says so with `useEngine`.
 * @param wanted without `auto` in its training section
 * @param withoutImages stands in for the data set where its images are not needed
 * @throws DataError, UsageError as the data set and the protocol split do, and for a device that is not there
 */
export function openModel(wanted: WantedConfig, warn: (message: string) => void, withoutImages?: Dataset): Model {
  const { training, labelled } = wanted;
  requireDevice(training.device);
  const dataset = withoutImages ?? loadDataset(wanted.dataset);
  const split = withoutImages
    ? noCases
    : splitProtocol(dataset, {
        labelledDomain: labelled.domain,
        labelledCount: labelled.count,
        validationCount: labelled.validation,
      });
  const count = labelled.count === "all" ? split.labelled.length : labelled.count;
  const config: TrainingConfig = { ...wanted, labelled: { ...labelled, count } };
  const size = config.imageSize ?? dataset.size;
  let created = 0;
  const create = () => createNetwork(config, dataset, training.seed + created++);
  return {
    config,
    dataset,
    split,
    size,
    normalisation: planar8bit,
    cache: new DecodedCache(dataset, { size, onWarning: warn }),
    precision: training.precision as Precision,
    device: training.device,
    student: create(),
    createNetwork: create,
  };
}
