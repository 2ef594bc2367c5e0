/** Which trainings can be captured as graphs. */
import { UsageError } from "../../core/errors.js";
import type { Communicator } from "../../distributed/index.js";
import { type MethodEntry, methods } from "../../methods/index.js";
import { type MinimizerEntry, minimizers } from "../../optim/index.js";
import type { TrainingSession } from "../session.js";

/** Why a training's steps cannot be captured, and what to take instead; null when they can. */
function obstacle({ config, comparison }: TrainingSession, { size }: Communicator): string | null {
  const { method, optimizer, base, training } = config;
  const entries: Record<string, MethodEntry> = methods;
  if (!entries[method.name].capturable) {
    const others = Object.keys(entries).filter((name) => entries[name].capturable);
    return `method ${method.name} goes otherwise from step to step; take method ${others.join(", ")}`;
  }
  const minimizer: MinimizerEntry = minimizers[optimizer.name];
  if (!minimizer.capturable?.(optimizer))
    return `optimizer ${optimizer.name} with these settings goes otherwise from step to step, or follows the method's ramp-up; take optimizer dim or sam with their defaults`;
  if (comparison && !comparison.estimator.capturable)
    return `divergence estimator ${comparison.estimator.id} may remember what it saw; take restyled`;
  if (base.name !== "sgd") return `base ${base.name} counts its steps on the host; take base sgd`;
  if (training.onNonFinite === "skip") return "training.onNonFinite: skip has to look at each step; take stop";
  return size > 1 ? "several processes send messages within it; leave out --processes" : null;
}

/**
 * Refuses `training.capture` where a step cannot be repeated as a whole.
 * @param warn is told where it is of no use
 * @throws UsageError
 */
export function checkCapture(session: TrainingSession, world: Communicator, warn: (message: string) => void): void {
  const { config, device } = session;
  if (!config.training.capture) return;
  const found = obstacle(session, world);
  if (found) throw new UsageError(`training.capture repeats steps as they are, but ${found}, or leave capture out`);
  if (device === "cpu")
    warn("training.capture is for GPUs: on the CPU every step keeps the memory of all that it computes");
  if (config.logging.every === 1)
    warn("training.capture repeats the steps between log lines, and logging.every is 1; raise it to 10 or more");
}
