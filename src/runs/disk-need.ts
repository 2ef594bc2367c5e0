/** How much disk the checkpoints of a run take, told before there is a whole one. Reads nothing but numbers. */
import type { WantedConfig } from "../config/config.js";
import { spacedSteps } from "./checkpoints/spaced-steps.js";

/** Disk for checkpoints, in bytes. */
export interface DiskNeed {
  readonly checkpoint: number;
  /** Checkpoints that lie there at once. */
  readonly checkpoints: number;
  readonly total: number;
}

/** Numbers that the base optimiser keeps for each weight. */
function statesPerWeight({ base }: WantedConfig): number {
  if (base.name === "adamw") return 2;
  return base.momentum > 0 ? 1 : 0;
}

/** The newest ones, those that Dice chose and the spaced ones; fewer where fewer are made. */
function mostCheckpoints(config: WantedConfig): number {
  const { logging, labelled, evaluation, training } = config;
  const chosen = Number(labelled.validation > 0) + Number(evaluation.monitorTest);
  const made = 1 + Math.ceil(training.iterations / evaluation.every);
  return Math.min(made, logging.keepCheckpoints + chosen + spacedSteps(config).length);
}

/**
 * What a run's checkpoints take at most, but for what an optimiser remembers beside its base.
 * @param student bytes of the trained network
 * @param others bytes of all other networks that are kept, such as the teacher
 */
export function diskNeed(config: WantedConfig, student: number, others: number): DiskNeed {
  const checkpoint = student * (1 + statesPerWeight(config)) + others;
  const checkpoints = mostCheckpoints(config);
  return { checkpoint, checkpoints, total: checkpoints * checkpoint };
}
