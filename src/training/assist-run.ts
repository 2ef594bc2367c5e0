/** A process beside the first: it trains its part of every batch, and neither judges nor writes. */
import type { Communicator } from "../distributed/index.js";
import { freshProgress } from "../runs/checkpoints/checkpoint-contents.js";
import { drawsOf } from "./batches/draws.js";
import { joinBeginning } from "./shared-run.js";
import { Trainer, type TrainingOutcome } from "./trainer.js";

/**
 * Trains with the process that starts or resumes a run, to its end.
 * @throws PeerError when another process ends before
 */
export async function assistRun(world: Communicator, stopRequested: () => boolean): Promise<TrainingOutcome> {
  const warn = () => {};
  const begun = await joinBeginning(world, warn);
  if (begun === null) return { progress: freshProgress, finished: true, trained: 0 };
  const { session, progress, files } = begun;
  const observer = { step() {}, validation() {}, warn, stopRequested };
  return new Trainer(session, null, observer, progress, await drawsOf(session, files), world).run();
}
