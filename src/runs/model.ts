/** Data and networks of a configuration, built but not filled: what training, judging and prediction begin with. */
import { existsSync } from "node:fs";
import type { Normalisation } from "../augment/index.js";
import type { TrainingConfig, WantedConfig } from "../config/config.js";
import { DataError, UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import { DecodedCache } from "../data/cache/decoded-cache.js";
import { type Dataset, loadDataset } from "../data/dataset.js";
import { furtherCases, type ProtocolSplit, splitProtocol } from "../data/protocol.js";
import type { Frame } from "../grid/frame.js";
import { createNetwork, networks, type SegmentationNetwork, useLocalStatistics } from "../nn/index.js";
import { Generator, type Precision, requireDevice } from "../torch/index.js";
import { cacheOptions } from "./cache-options.js";
import { normalisationOf } from "./normalisation-of.js";
import { protocolOptions } from "./protocol-options.js";

/** Data and networks of a configuration, enough to predict and evaluate. */
export interface Model {
  config: TrainingConfig;
  dataset: Dataset;
  split: ProtocolSplit;
  cache: DecodedCache;
  /** What networks of pictures work at. */
  size: Frame;
  /** Of networks of volumes: the sides of what they see at once, [slices, rows, columns] in voxels; null for others. */
  patch: readonly number[] | null;
  /** How raw values become network inputs, in training and wherever its networks are asked. */
  normalisation: Normalisation;
  precision: Precision;
  device: string;
  student: SegmentationNetwork;
  /** Another network of the same shape, with weights of its own seed. */
  createNetwork(): SegmentationNetwork;
}

function networkOf(
  { model, training, processes }: TrainingConfig,
  dataset: Dataset,
  seed: number,
): SegmentationNetwork {
  using generator = new Generator(seed);
  const network = createNetwork(model, { inChannels: dataset.channels, outChannels: dataset.outputs, generator });
  const memoryFormat = training.memoryFormat === "channelsLast" ? "channelsLast" : "contiguous";
  if (processes.batchNorm === "local") useLocalStatistics(network);
  return network.to({ device: training.device, memoryFormat });
}

/** What networks of pictures work at: the data set's word, but for a size that the configuration has of its own. */
function frameOf({ imageSize }: WantedConfig, dataset: Dataset): Frame {
  if (imageSize === undefined) return dataset.size;
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  return { height, width, mode: dataset.size.mode };
}

const usualPatch = [64, 64, 64] as const;

const noCases: ProtocolSplit = { labelled: [], unlabelled: [], validation: [], unused: [] };

/** The section with the counts and ids that were found, so that labels that are added later are none of the run's. */
function resolveLabelled(
  { further, ...labelled }: WantedConfig["labelled"],
  dataset: Dataset,
  split: ProtocolSplit,
): TrainingConfig["labelled"] {
  const found = furtherCases(dataset, { labelledDomain: labelled.domain, further });
  const count = labelled.count === "all" ? split.labelled.length - found.length : labelled.count;
  const ids = [...groupBy(found, ({ domain }) => domain)].map(
    ([domain, cases]) => [domain, cases.map(({ id }) => id)] as const,
  );
  return { ...labelled, count, ...(ids.length > 0 ? { further: Object.fromEntries(ids) } : {}) };
}

/** The data set that a configuration names. @throws DataError as loadDataset, naming the key where its file is not there */
function namedDataset(path: string): Dataset {
  try {
    return loadDataset(path);
  } catch (error) {
    if (!(error instanceof DataError) || existsSync(path)) throw error;
    throw new DataError(`dataset: ${error.message}`, { cause: error });
  }
}

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
  const dataset = withoutImages ?? namedDataset(wanted.dataset);
  const split = withoutImages ? noCases : splitProtocol(dataset, protocolOptions(labelled));
  const config: TrainingConfig = {
    ...wanted,
    labelled: withoutImages ? (labelled as TrainingConfig["labelled"]) : resolveLabelled(labelled, dataset, split),
  };
  const size = frameOf(config, dataset);
  let created = 0;
  const create = () => networkOf(config, dataset, training.seed + created++);
  const patch = networks[config.model.name].strides.length === 3 ? (config.patch ?? usualPatch) : null;
  if (patch && !dataset.slices)
    throw new UsageError(
      `model ${config.model.name} is of volumes, but the images of ${dataset.path} are pictures; take another model, such as ` +
        "unet (`dimseg list models`)",
    );
  return {
    config,
    dataset,
    split,
    size,
    patch,
    normalisation: normalisationOf(dataset),
    cache: new DecodedCache(dataset, { ...cacheOptions(config.data), size: patch ? "whole" : size, onWarning: warn }),
    precision: training.precision as Precision,
    device: training.device,
    student: create(),
    createNetwork: create,
  };
}
