/**
 * Beginning with the weights of an earlier run, as after labels were added: student and teacher take over its networks, all
 * else (optimiser, schedules, logs) begins anew. Which weights these are is written into the configuration by their step
 * and hash, so that a run that is begun again after it was killed takes the same or none.
 */
import { isDeepStrictEqual } from "node:util";
import { readResolvedConfig, type TrainingConfig, type WantedConfig } from "../config/config.js";
import { CheckpointError, UsageError } from "../core/errors.js";
import { sha256 } from "../core/sha256.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { loadNetwork, networkFile, studentFile } from "../runs/checkpoints/checkpoint-contents.js";
import type { KeptCheckpoint } from "../runs/checkpoints/checkpoint-names.js";
import { type Checkpoint, CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { datasetDifferences, readDatasetFacts } from "../runs/dataset-facts.js";
import { openCheckpoint } from "../runs/load-run.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { scope } from "../torch/index.js";
import type { TrainingSession } from "./session.js";

type Initial = NonNullable<TrainingConfig["initial"]>;

interface EarlierRun {
  readonly folder: RunFolder;
  readonly config: TrainingConfig;
  readonly checkpoint: Checkpoint;
  /** The file that the student's weights come from, and its hash. */
  readonly file: string;
  readonly weights: string;
}

/** @throws UsageError, CheckpointError when there is no such run, checkpoint or network, or its weights are others */
function openEarlier(initial: Initial): EarlierRun {
  const folder = openRunFolder(initial.run);
  const store = new CheckpointStore(folder.checkpoints, { keep: 1, warn: () => {} });
  const checkpoint = openCheckpoint(store, initial.checkpoint as KeptCheckpoint, folder.path);
  const config = readResolvedConfig(folder.config);
  const file = networkFile(initial.network);
  const bytes = checkpoint.files.get(file);
  if (!bytes)
    throw new UsageError(
      `initial.network is ${initial.network}, but method ${config.method.name} of ${folder.path} keeps no such network; take student`,
    );
  const weights = sha256(bytes);
  if (initial.weights !== undefined && initial.weights !== weights)
    throw new CheckpointError(
      `${checkpoint.folder}/${file} is not what initial.weights names; restore that run, or leave out initial.weights`,
    );
  return { folder, config, checkpoint, file, weights };
}

/**
 * A configuration with the step and the hash of the weights that it begins with.
 * @throws UsageError, CheckpointError when the earlier run or its checkpoint cannot be opened
 */
export function pinEarlierRun(wanted: WantedConfig): WantedConfig {
  const { initial } = wanted;
  if (!initial) return wanted;
  const { folder, checkpoint, weights } = openEarlier(initial);
  return { ...wanted, initial: { ...initial, run: folder.path, checkpoint: `step-${checkpoint.step}`, weights } };
}

/** What a network must be told alike to go on with another's weights. */
const sameKeys = ["target", "channels", "channelNames", "classes"];

/** @throws UsageError when the networks are of another shape, or their outputs mean something else */
function checkAlike({ folder, config }: EarlierRun, { config: own, dataset, patch }: TrainingSession): void {
  if (!isDeepStrictEqual(config.model, own.model))
    throw new UsageError(
      `initial.run ${folder.path} trained model ${JSON.stringify(config.model)}, but this configuration says ` +
        `${JSON.stringify(own.model)}; give both the same model`,
    );
  const changed = datasetDifferences(readDatasetFacts(folder.dataset), dataset, patch !== null);
  const different = changed.filter((key) => sameKeys.includes(key));
  if (different.length === 0) return;
  throw new UsageError(
    `initial.run ${folder.path} learnt from a data set with other ${different.join(", ")} than ${dataset.path}; ` +
      "its weights mean something else here, so begin without initial",
  );
}

/**
 * Fills the networks of a run that has not begun with the weights that its configuration names; does nothing where it
 * names none. A teacher takes over the earlier teacher, or the student where there was none; further networks of a method
 * take over their own where the earlier run had the same method.
 * @throws UsageError, CheckpointError when the weights are not there, are others than at the run's beginning, or do not fit
 */
export function beginWithEarlierRun(session: TrainingSession): void {
  const { initial, method } = session.config;
  if (!initial) return;
  const earlier = openEarlier(initial);
  checkAlike(earlier, session);
  const { files, folder } = earlier.checkpoint;
  scope(() => {
    loadNetwork(session.student, files, earlier.file, folder);
    const { teacher, ...others } = session.method.networks;
    if (teacher) fillTeacher(teacher, earlier);
    if (earlier.config.method.name !== method.name) return;
    for (const [name, network] of Object.entries(others)) loadNetwork(network, files, networkFile(name), folder);
  });
}

function fillTeacher(teacher: SegmentationNetwork, { checkpoint: { files, folder } }: EarlierRun): void {
  const own = networkFile("teacher");
  loadNetwork(teacher, files, files.has(own) ? own : studentFile, folder);
}
