/** A run that several processes train: what the first tells the others at its beginning, and what can be shared at all. */
import type { TrainingConfig } from "../config/config.js";
import { UsageError } from "../core/errors.js";
import { type Communicator, packFiles, unpackFiles } from "../distributed/index.js";
import type { MethodEntry } from "../methods/index.js";
import { methods } from "../methods/registry.js";
import { type MinimizerEntry, minimizers } from "../optim/index.js";
import type { Progress } from "../runs/checkpoint-contents.js";
import { openModel } from "../runs/model.js";
import { useEngine } from "../torch/index.js";
import { openTraining, type TrainingSession } from "./session.js";
import { collectState, restoreState } from "./training-state.js";

/** What a run goes on from. */
export interface Beginning {
  readonly session: TrainingSession;
  readonly progress: Progress;
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
function stateOf({ session, progress }: Beginning): Map<string, Uint8Array> {
  const bytes = (content: string | Uint8Array[]) =>
    typeof content === "string" ? Buffer.from(content) : Buffer.concat(content);
  return new Map([...collectState(session, progress)].map(([name, content]) => [name, bytes(content)]));
}

/** Tells the other processes what to train; null: nothing, all end. */
export async function beginTogether(world: Communicator, beginning: Beginning | null): Promise<void> {
  if (world.size === 1) return;
  await world.first(() => beginning?.session.config ?? null);
  if (beginning) await world.firstBytes(() => packFiles(stateOf(beginning)));
}

/** What the first process tells, opened here; null when there is nothing to train. */
export async function joinBeginning(world: Communicator, warn: (message: string) => void): Promise<Beginning | null> {
  const none = (): never => {
    throw new Error("internal: only the first process begins");
  };
  const config = await world.first<TrainingConfig | null>(none);
  if (config === null) return null;
  const files = unpackFiles(await world.firstBytes(none));
  const training = { ...config.training, device: deviceOf(config.training.device, world.localRank) };
  useEngine(training);
  const session = openTraining(openModel({ ...config, training }, warn));
  return { session, progress: restoreState(session, { files, folder: "what process 0 sent" }) };
}

/** Each process of a machine has a GPU of its own, unless one is named. */
function deviceOf(device: string, localRank: number): string {
  return device === "cuda" ? `cuda:${localRank}` : device;
}
