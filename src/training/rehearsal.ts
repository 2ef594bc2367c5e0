/**
 * How long a step and a stop of a configuration take on this machine: they are done, a few times, by the same code and on
 * the same images as a run does them, and thrown away. What is measured differs from time to time; nothing else does.
 */
import { join } from "node:path";
import { evenly } from "../core/evenly.js";
import { secondsOf } from "../core/seconds.js";
import { type Turn, turnUntil } from "../core/turns.js";
import { passesOf } from "../optim/index.js";
import { freshProgress } from "../runs/checkpoints/checkpoint-contents.js";
import { CheckpointStore } from "../runs/checkpoints/checkpoint-store.js";
import { mean } from "../statistics/mean.js";
import { scope, synchronize } from "../torch/index.js";
import { Batches } from "./batches/batches.js";
import { drawsOf } from "./batches/draws.js";
import type { TrainingSession } from "./session.js";
import { trainStep } from "./steps/step.js";
import { rehearseStop } from "./stop-rehearsal.js";
import { collectState } from "./training-state.js";

/** What was measured, in seconds. */
export interface Rehearsal {
  /** The first step of a process, which builds what the others use again. */
  readonly firstSeconds: number;
  /** A step on average, those that are logged among them. */
  readonly stepSeconds: number;
  /** Statistics, validation, preview and checkpoint, once. */
  readonly stopSeconds: number;
}

/** Steps are timed for so long, or so large a share of the time that is planned for, and at least so many of them. */
const enoughSeconds = 3;
const enoughShare = 0.05;
const fewestSteps = 3;
/** Batches of different images; more would only be decoded for nothing. */
const batches = 2;

/** The session with as few images as a few batches need. */
function withFewImages(session: TrainingSession): TrainingSession {
  const { split, config, dataset } = session;
  const { labelledBatch, unlabelledBatch } = config.training;
  // Where empty slices are dropped a few volumes may hold none that is left.
  const labelled =
    dataset.slices?.emptySlices === "drop" ? split.labelled : evenly(split.labelled, batches * labelledBatch);
  return { ...session, split: { ...split, labelled, unlabelled: evenly(split.unlabelled, batches * unlabelledBatch) } };
}

/** A step of a whole run on average, in units of one of its beginning. */
function relativeWork(minimizer: TrainingSession["minimizer"]): number {
  const iterations = 1000;
  const passesAt = passesOf(minimizer, iterations);
  const passes = Array.from({ length: iterations }, (_, iteration) => passesAt(iteration));
  return mean(passes) / passes[0];
}

/** Seconds of steps, the first one apart. @param enough seconds that they are timed for */
async function timeSteps(
  session: TrainingSession,
  enough: number,
  turn: Turn,
): Promise<Omit<Rehearsal, "stopSeconds">> {
  const { config, dataset, augmenter, normalisation, device, usesUnlabelled } = session;
  const { iterations, labelledBatch, unlabelledBatch, seed } = config.training;
  const source = new Batches({
    ...{
      dataset,
      draws: await drawsOf(session),
      labelledBatch,
      seed,
      augmenter,
      normalisation,
      device,
    },
    unlabelledBatch: usesUnlabelled ? unlabelledBatch : 0,
  });
  const maxIterations = Math.max(iterations, 1000);
  const step = (iteration: number, measure: boolean) =>
    secondsOf(async () => {
      const decoded = await source.fetch(iteration);
      const place = { seed, iteration, maxIterations, baseRate: config.base.rate, measure };
      scope(() => void trainStep(session, source.assemble(decoded), place));
      if (device !== "cpu") synchronize(device);
      await turn();
    });
  const firstSeconds = await step(0, true);
  const logged = await step(1, true);
  const plain: number[] = [];
  const total = () => plain.reduce((sum, one) => sum + one, 0);
  while (plain.length < fewestSteps || total() < enough) plain.push(await step(2 + plain.length, false));
  const share = 1 / config.logging.every;
  const stepSeconds = (total() / plain.length) * (1 - share) + logged * share;
  return { firstSeconds, stepSeconds: stepSeconds * relativeWork(session.minimizer) };
}

/** Takes the statistics with which networks are judged and saved, where these are not those of training. */
async function settleOnce(session: TrainingSession): Promise<void> {
  await session.statistics?.settle(await drawsOf(session));
  session.statistics?.restore();
}

/** Frees what a session holds that is not needed any more. */
function freeSession({ student, method, minimizer }: TrainingSession): void {
  scope(() => {
    for (const tensor of minimizer.state().values()) tensor.dispose();
  });
  for (const network of [student, ...Object.values(method.networks)]) network.dispose();
}

/**
 * Trains a few steps and does what a stop does.
 * @param session is used up
 * @param folder an empty one for a checkpoint
 * @param options.seconds that the run will have: a short one is not worth measuring for long
 * @throws DataError, OutOfMemoryError as training does; Stopped when told to stop
 */
export async function rehearse(
  session: TrainingSession,
  folder: string,
  { seconds, warn, stopRequested }: { seconds: number; warn(message: string): void; stopRequested(): boolean },
): Promise<Rehearsal> {
  const turn = turnUntil(stopRequested);
  try {
    const few = withFewImages(session);
    const times = await timeSteps(few, Math.min(enoughSeconds, enoughShare * seconds), turn);
    const settling = await secondsOf(() => settleOnce(few));
    const judging = await rehearseStop(session, turn);
    const store = new CheckpointStore(join(folder, "checkpoints"), { keep: 1, warn });
    const saving = await secondsOf(() => store.save(1, collectState(session, freshProgress), []));
    return { ...times, stopSeconds: settling + judging + saving };
  } finally {
    freeSession(session);
  }
}
