/** One step of training: what happens to an augmented batch, in which order. */
import { RandomStream } from "../../core/random.js";
import {
  type Batch,
  type ComputeOptions,
  createObjective,
  type DomainComparison,
  type Draws,
  type Method,
  type MethodStep,
  type PreparedStep,
  type Restyler,
  restyle,
} from "../../methods/index.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { learningRate, type Minimizer, type StepReport } from "../../optim/index.js";
import { manualSeed } from "../../torch/index.js";

/** What a step works on. */
export interface StepParts extends ComputeOptions {
  student: SegmentationNetwork;
  method: Method;
  minimizer: Minimizer;
  /** Null when no divergence was configured. */
  comparison: DomainComparison | null;
  /** For a comparison that looks at labelled images in another style. */
  augmenter?: Restyler;
}

/** Where in training a step stands, and whether its numbers are for the log. */
export interface StepPlace extends MethodStep {
  /** Learning rate of the first step. */
  baseRate: number;
  /** Also compute quantities that the update itself does not need. */
  measure: boolean;
  /** Which of several processes this is; default the first, or the only one. */
  rank?: number;
  /** As `StepContext` has it. */
  ownAscent?: boolean;
  /** As `StepContext` has it. */
  deferred?: boolean;
}

/** What a step did. */
export interface StepResult {
  prepared: PreparedStep;
  /** The learning rate it used. */
  rate: number;
  report: StepReport;
}

/**
 * Lets the method prepare the batch, minimises what it asks for, and lets it follow the student; after a step that was
 * skipped there is nothing to follow. Tensors belong to the caller's scope.
 */
export function trainStep(parts: StepParts, batch: Batch, place: StepPlace): StepResult {
  seedEngine(place);
  return computeStep(parts, drawStep(parts, batch, place), place);
}

/** Dropout is the only operator that draws from libtorch's own generator; it knows of no image's index. */
export function seedEngine({ seed, iteration, rank = 0 }: StepPlace): void {
  manualSeed(new RandomStream(seed, "libtorch", iteration, rank).uint32());
}

/** What a step computes from: its images, and what chance made of them. */
export interface StepInputs {
  batch: Batch;
  draws: Draws | undefined;
  restyled: ReturnType<typeof restyle> | undefined;
}

/** Draws everything that does not depend on the networks. */
export function drawStep({ method, comparison, augmenter }: StepParts, batch: Batch, at: MethodStep): StepInputs {
  return {
    batch,
    draws: method.draw?.(batch, at),
    restyled: augmenter && comparison?.estimator.restyles ? restyle(batch, augmenter, at) : undefined,
  };
}

/** A step from its inputs on: networks, losses, gradients, the update, and what follows the student. */
export function computeStep(
  parts: StepParts,
  { batch, draws, restyled }: StepInputs,
  { baseRate, measure, ownAscent, deferred, rank: _, ...at }: StepPlace,
): StepResult {
  const { student, method, minimizer, comparison } = parts;
  const { iteration, maxIterations } = at;
  const prepared = method.prepare(batch, at, draws);
  const objective = createObjective(prepared, student, comparison, parts, restyled);
  const rate = learningRate(baseRate, iteration, maxIterations);
  const { rampUp } = prepared;
  const report = minimizer.step(objective, { ...at, rate, baseRate, rampUp, measure, ownAscent, deferred });
  if (!report.nonFinite) method.afterUpdate(at);
  return { prepared, rate, report };
}
