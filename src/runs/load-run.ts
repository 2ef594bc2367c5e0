/** A trained run, opened for evaluation, prediction, reports and export. */
import { resolve } from "node:path";
import type { Normalisation } from "../augment/index.js";
import { readResolvedConfig, type TrainingConfig } from "../config/config.js";
import { CheckpointError } from "../core/errors.js";
import type { DecodedCache } from "../data/cache/decoded-cache.js";
import type { Dataset } from "../data/dataset.js";
import type { ProtocolSplit } from "../data/protocol.js";
import type { Frame } from "../grid/frame.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { hasDevice, type Precision, scope } from "../torch/index.js";
import { loadNetwork, studentFile } from "./checkpoints/checkpoint-contents.js";
import { type KeptCheckpoint, type NetworkName, stepOfName } from "./checkpoints/checkpoint-names.js";
import { type Checkpoint, CheckpointStore } from "./checkpoints/checkpoint-store.js";
import { checkDatasetFacts, readDatasetFacts, requireDataset } from "./dataset-facts.js";
import { type Model, openModel } from "./model.js";
import { openRunFolder, type RunFolder } from "./run-folder.js";

/** A trained network with what is needed to predict and evaluate as its run did. */
export interface LoadedRun {
  folder: RunFolder;
  config: TrainingConfig;
  dataset: Dataset;
  split: ProtocolSplit;
  cache: DecodedCache;
  /** As `Model.size`. */
  size: Frame;
  /** As `Model.patch`. */
  patch: readonly number[] | null;
  normalisation: Normalisation;
  kind: Dataset["target"];
  device: string;
  precision: Precision;
  /** Optimiser steps done at the checkpoint. */
  step: number;
  networks: { student: SegmentationNetwork; teacher: SegmentationNetwork | null };
  /** As of `Model`. */
  createNetwork(): SegmentationNetwork;
}

const networkFiles: Readonly<Record<NetworkName, string>> = { student: studentFile, teacher: "teacher.safetensors" };

/** Fills a network with the weights of a checkpoint; it is in evaluation mode then. */
function filled(network: SegmentationNetwork, { files, folder }: Checkpoint, name: NetworkName): SegmentationNetwork {
  scope(() => loadNetwork(network, files, networkFiles[name], folder));
  return network.eval();
}

/**
 * Opens a run's networks in evaluation mode.
 * @param options.device where to compute; default: where the run was trained, or the CPU when that is not there
 * @throws UsageError when the folder is no run; CheckpointError when the checkpoint is missing, damaged or of another
 *   architecture; DataError when the data set is missing, or not as the run began with
 */
export async function loadRun(
  path: string,
  options: {
    checkpoint: KeptCheckpoint;
    device?: string;
    /**
     * "unused" leaves the data set's file alone and takes the facts that the run keeps of it; there are no cases then.
     * Default "needed".
     */
    images?: "needed" | "unused";
    /** Where the run's data set lies now; default: where it lay when the run began. */
    data?: string;
    warn?: (message: string) => void;
  },
): Promise<LoadedRun> {
  const folder = openRunFolder(path);
  const resolved = readResolvedConfig(folder.config);
  const device = options.device ?? (hasDevice(resolved.training.device) ? resolved.training.device : "cpu");
  // The number of threads was right for the machine that trained; here the engine's own choice is.
  const dataset = options.data === undefined ? resolved.dataset : resolve(options.data);
  const config = { ...resolved, dataset, training: { ...resolved.training, device, threads: undefined } };
  const warn = options.warn ?? (() => {});
  const store = new CheckpointStore(folder.checkpoints, { keep: 1, warn });
  const checkpoint = openCheckpoint(store, options.checkpoint, path);
  const model = openWithData(config, warn, options.images ?? "needed", folder);
  const student = filled(model.student, checkpoint, "student");
  const hasTeacher = checkpoint.files.has(networkFiles.teacher);
  const teacher = hasTeacher ? filled(model.createNetwork(), checkpoint, "teacher") : null;
  return { ...model, folder, kind: model.dataset.target, step: checkpoint.step, networks: { student, teacher } };
}

/**
 * A network of another checkpoint of a run that is open, whose data set is not opened again; null where there is none of
 * that name.
 * @throws CheckpointError when the checkpoint is missing, damaged or of another architecture
 */
export function networkAt(run: LoadedRun, name: KeptCheckpoint, network: "student"): SegmentationNetwork;
export function networkAt(run: LoadedRun, name: KeptCheckpoint, network: NetworkName): SegmentationNetwork | null;
export function networkAt(
  { folder, createNetwork }: LoadedRun,
  name: KeptCheckpoint,
  network: NetworkName,
): SegmentationNetwork | null {
  const store = new CheckpointStore(folder.checkpoints, { keep: 1, warn: () => {} });
  const checkpoint = openCheckpoint(store, name, folder.path);
  if (network === "teacher" && !checkpoint.files.has(networkFiles.teacher)) return null;
  return filled(createNetwork(), checkpoint, network);
}

function openWithData(
  config: TrainingConfig,
  warn: (message: string) => void,
  images: "needed" | "unused",
  folder: RunFolder,
): Model {
  if (images === "unused")
    return openModel(config, warn, { ...readDatasetFacts(folder.dataset), path: config.dataset });
  requireDataset(folder, config.dataset);
  const model = openModel(config, warn);
  checkDatasetFacts(folder.dataset, model.dataset, model.patch !== null);
  return model;
}

/**
 * The checkpoint of a run that is meant.
 * @param path of the run, for messages
 * @throws CheckpointError when it is missing or damaged
 */
export function openCheckpoint(store: CheckpointStore, name: KeptCheckpoint, path: string): Checkpoint {
  const step = stepOfName(name);
  if (step !== undefined) return store.openStep(step);
  if (name === "last") return store.openNewest();
  const chosen = store.openNamed(name);
  if (chosen) return chosen;
  const key = name === "best" ? "labelled.validation" : "evaluation.monitorTest";
  throw new CheckpointError(
    `${path} has no checkpoint "${name}"; take --checkpoint last, or train with ${key} set so that one is chosen`,
  );
}
