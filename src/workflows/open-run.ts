/** Opening a run for the verbs that use its networks, and saying honestly which checkpoint that is. */
import { UsageError } from "../core/errors.js";
import type { SegmentationNetwork } from "../nn/index.js";
import type { CheckpointName, KeptCheckpoint, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import { type LoadedRun, loadRun } from "../runs/load-run.js";
import { isRunInUse } from "../runs/run-lock.js";
import { useEngine } from "../torch/index.js";
import { autoCheckpoint } from "./auto-checkpoint.js";
import type { Observer } from "./observer.js";

/** A run at one of its checkpoints. */
export interface OpenedRun extends LoadedRun {
  readonly checkpoint: CheckpointName;
  /** How the checkpoint was chosen, for people. */
  readonly checkpointRule: string;
}

function ruleText(name: KeptCheckpoint, { config, step, folder }: LoadedRun): string {
  const { domain, validation } = config.labelled;
  const { iterations } = config.training;
  if (name === "last") {
    const stage = step < iterations ? ` of ${iterations}${isRunInUse(folder.path) ? ", still training" : ""}` : "";
    return `last checkpoint, step ${step}${stage}`;
  }
  if (name === "best") {
    return `best student Dice on the validation split of the labelled domain (${validation} cases of ${domain}), step ${step}`;
  }
  if (name !== "best-on-test") return `checkpoint of step ${step} of ${iterations}, by its number`;
  return `best student Dice on the test sets, step ${step}: chosen by looking at the test labels, as published tables are`;
}

/**
 * Opens a run and readies the engine for its device.
 * @param checkpoint auto: chosen now, or as it was chosen before
 * @param images "unused" where only the facts that the run keeps of its data set are needed
 * @param data where the run's data set lies now; default: where it lay when the run began
 * @throws UsageError when the folder is no run; CheckpointError when the checkpoint is missing or damaged; DataError
 *   when the data set is missing, or not as the run began with
 */
export async function openRun(
  path: string,
  checkpoint: CheckpointName,
  observer: Observer,
  images: "needed" | "unused" = "needed",
  data?: string,
): Promise<OpenedRun> {
  const auto = checkpoint === "auto" ? await autoCheckpoint(path, observer, data) : null;
  const kept = checkpoint === "auto" ? (`step-${auto?.chosen}` as KeptCheckpoint) : checkpoint;
  const { warn } = observer;
  const run = await loadRun(path, { checkpoint: kept, images, warn, ...(data === undefined ? {} : { data }) });
  useEngine({ device: run.device });
  return { ...run, checkpoint, checkpointRule: auto?.reason ?? ruleText(kept, run) };
}

/**
 * One of the run's networks.
 * @throws UsageError when the run's method keeps no teacher
 */
export function networkOf({ networks, config, folder }: LoadedRun, name: NetworkName): SegmentationNetwork {
  const network = networks[name];
  if (network) return network;
  throw new UsageError(`${folder.path}: method ${config.method.name} keeps no ${name}; take --network student`);
}
