/** A run that several processes train: what the first tells the others at its beginning, and what can be shared at all. */
import type { TrainingConfig } from "../config/config.js";
import { DataError, ResourceError, UsageError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { type Communicator, packFiles, unpackFiles } from "../distributed/index.js";
import type { MethodEntry } from "../methods/index.js";
import { methods } from "../methods/registry.js";
import { type MinimizerEntry, minimizers } from "../optim/index.js";
import type { Progress } from "../runs/checkpoints/checkpoint-contents.js";
import { datasetDifferences, formatDatasetFacts, parseDatasetFacts } from "../runs/dataset-facts.js";
import { openModel } from "../runs/model.js";
import { type ContentsByCase, formatSplit, requireSplit } from "../runs/split-record.js";
import { engineInfo, useEngine } from "../torch/index.js";
import { openTraining, type TrainingSession } from "./session.js";
import { collectState, restoreState } from "./training-state.js";

/** What a run goes on from. */
export interface Beginning {
  readonly session: TrainingSession;
  readonly progress: Progress;
  /** The hashes of what the first process has read before the first step. */
  readonly files: ContentsByCase;
}

/** What the first process tells the others before its checkpoint. */
interface Plan {
  /** Of dimseg: another one may exchange other messages. */
  readonly version: string;
  readonly config: TrainingConfig;
  /** As its run folder has them. */
  readonly dataset: string;
  readonly split: string;
}

/** Refuses what several processes would do in another way than one. @throws UsageError */
export function checkShares({ config, usesUnlabelled, minimizer }: TrainingSession, { size }: Communicator): void {
  if (size === 1) return;
  const { training, method, optimizer, processes } = config;
  for (const key of ["labelledBatch", "unlabelledBatch"] as const) {
    if ((key === "unlabelledBatch" && !usesUnlabelled) || training[key] % size === 0) continue;
    throw new UsageError(
      `training.${key} is ${training[key]}, which ${size} processes cannot share evenly; take a multiple of ${size}, or other processes`,
    );
  }
  const entries: Record<string, MethodEntry> = methods;
  if (!entries[method.name].sharesBatches) {
    const others = Object.keys(entries).filter((name) => entries[name].sharesBatches);
    throw new UsageError(
      `method ${method.name} is trained by one process; leave out --processes, or take method ${others.join(", ")}`,
    );
  }
  const entry: MinimizerEntry = minimizers[optimizer.name];
  if (entry.needs?.(optimizer) === "perSample")
    throw new UsageError(
      `optimizer ${optimizer.name} chooses among the samples of a batch, which one process must hold; leave out --processes, or take optimizer sam`,
    );
  if (processes.sharpness === "local" && minimizer.keepsGradients)
    throw new UsageError(
      `optimizer ${optimizer.name} remembers gradients, which with processes.sharpness: local would be of one process alone; take synced`,
    );
}

/** The files of a checkpoint of the present state. */
function stateOf({ session, progress }: Pick<Beginning, "session" | "progress">): Map<string, Uint8Array> {
  const bytes = (content: string | Uint8Array[]) =>
    typeof content === "string" ? Buffer.from(content) : Buffer.concat(content);
  return new Map([...collectState(session, progress)].map(([name, content]) => [name, bytes(content)]));
}

function planOf({ session: { config, dataset, split }, files }: Beginning): Plan {
  return {
    version: packageVersion(),
    config,
    dataset: formatDatasetFacts(dataset, "narrow"),
    split: formatSplit(split, files),
  };
}

/** Tells the other processes what to train; null: nothing, all end. */
export async function beginTogether(world: Communicator, beginning: Beginning | null): Promise<void> {
  if (world.size === 1) return;
  await world.first(() => beginning && planOf(beginning));
  if (beginning) await world.firstBytes(() => packFiles(stateOf(beginning)));
}

/**
 * Makes sure that this process has the data set of the first.
 * @returns the hashes of the files that were read there
 * @throws DataError saying what differs
 */
function requireSameData({ dataset, split, patch }: TrainingSession, plan: Plan): ContentsByCase {
  const theirs = parseDatasetFacts(JSON.parse(plan.dataset), "what process 0 sent", "start all processes anew");
  const differing = datasetDifferences(theirs, dataset, patch !== null);
  if (differing.length > 0)
    throw new DataError(
      `${dataset.path}: ${differing.join(", ")} differ from what process 0 reads there; all processes need the same data set`,
    );
  return requireSplit(plan.split, split, dataset.path);
}

/**
 * What the first process tells, opened here; null when there is nothing to train.
 * @throws DataError when this process finds another data set, ResourceError when it is another version of dimseg
 */
export async function joinBeginning(world: Communicator, warn: (message: string) => void): Promise<Beginning | null> {
  const none = (): never => {
    throw new Error("internal: only the first process begins");
  };
  const plan = await world.first<Plan | null>(none);
  if (plan === null) return null;
  if (plan.version !== packageVersion())
    throw new ResourceError(
      `this is dimseg ${packageVersion()}, but process 0 is dimseg ${plan.version}; start all with the same one`,
    );
  const state = unpackFiles(await world.firstBytes(none));
  const { config } = plan;
  const training = { ...config.training, device: deviceOf(config.training.device, world.localRank) };
  useEngine(training);
  const session = openTraining(openModel({ ...config, training }, warn));
  const files = requireSameData(session, plan);
  return { session, progress: restoreState(session, { files: state, folder: "what process 0 sent" }), files };
}

/**
 * Each process of a machine has a GPU of its own, unless one is named.
 * @param seen GPUs that this process sees; of a process that was given one of its own, as by Slurm, no others
 */
export function deviceOf(device: string, localRank: number, seen = engineInfo().cudaDevices): string {
  return device === "cuda" ? `cuda:${seen === 1 ? 0 : localRank}` : device;
}
