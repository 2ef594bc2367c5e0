/**
 * The seam between methods and optimisers. A method fixes everything random and everything the teacher says once per
 * step; the objective it hands over can then be evaluated any number of times, at whatever weights the network holds.
 */
import type { Tensor } from "../torch/index.js";
import type { StepValues } from "./step-values.js";

/** The optional parts of an {@link Evaluation} that some optimisers need. */
export type LossPart = "perDomain" | "perSample";

/** The task loss of parts of a batch. */
export interface SampleLosses {
  /** Samples in the batch; those of a semi-supervised method are pairs of a labelled and an unlabelled image. */
  count: number;
  /** The task loss over these samples alone, from the same forward passes; over all of them it is `task`. */
  loss(chosen: readonly number[]): Tensor;
}

/** One evaluation at the network's present weights; every tensor is a differentiable scalar. */
export interface Evaluation {
  /** What the method minimises. */
  task: Tensor;
  /** The named terms it is made of; `sup` is always the loss on the labelled images. */
  terms: Readonly<Record<string, Tensor>>;
  /**
   * For DISAM: one kind of loss over the images of each domain by itself, one scalar each, without the weights that
   * they have in `task`. Absent when the batch has no such images of two domains.
   */
  perDomain?: readonly Tensor[];
  /** For ESAM; absent when the task loss is not one of single samples. */
  perSample?: SampleLosses;
}

/** What one step minimises: everything random in it is fixed, so that it may be evaluated at several weights. */
export interface Objective<E extends Evaluation = Evaluation> {
  /**
   * Losses at the network's present weights.
   * @param pass.updateRunningStatistics whether this pass moves BatchNorm's running statistics
   */
  evaluate(pass: { updateRunningStatistics: boolean }): E;
  /**
   * D_f between source and target at the present weights, running statistics untouched; null when no divergence was
   * configured.
   * @param evaluation the evaluation at the same weights, whose forward passes may be reused
   * @param pass.learn whether the estimator learns from this pass: running means take it in, a critic trains on it; true
   *   once per step, in the first pass whose divergence the update uses
   */
  divergence: ((evaluation: E, pass: { learn: boolean }) => Tensor) | null;
}

/** Where in training a step stands, and what follows from that alone. */
export interface StepPosition {
  /** 0-based. */
  iteration: number;
  maxIterations: number;
  /** Learning rate of this step, and of the first one. */
  rate: number;
  baseRate: number;
}

/** The same with what the method says and the caller wants. */
export interface StepContext extends StepPosition {
  /** The method's ramp for unlabelled terms, in [0, 1]. */
  rampUp: number;
  /** Also compute quantities for the log that the update itself does not need. */
  measure: boolean;
  /** Seed of the run, for optimisers that draw (ESAM). Default 0. */
  seed?: number;
  /**
   * Of several processes: whether each perturbs by the gradient of its own images, as SAM's authors did (m-sharpness);
   * default: all by that of the whole batch.
   */
  ownAscent?: boolean;
  /** Of a step that is captured: where it takes what differs in the steps that repeat it, the ramp-up excepted. */
  values?: StepValues<StepPosition>;
  /**
   * Leave the step's numbers on the device, as `unread` of its report, so that nothing waits: the update is then made
   * whatever they are, and the caller looks at them before it keeps any weights. Default: false.
   */
  deferred?: boolean;
}

/** Numbers of a step that still lie on the device. */
export interface UnreadNumbers {
  /** All of them, float64 [n]; the caller's. Of several processes each has its own, of which all are to read the mean. */
  values: Tensor;
  /** Writes what was read into the step's report: every number, or in `nonFinite` the first that is NaN or infinite. */
  note(read: ArrayLike<number>, report: StepReport): void;
}

/** A value that was NaN or infinite, which made the step be skipped with all weights as before. */
export interface NonFinite {
  pass: "clean" | "perturbed";
  /** "sup", "divergence", "gradient of inc.double_conv.0.weight", … */
  quantity: string;
}

/**
 * Numbers of one step for the log (method section 6.6), read back from the device in steps that measure and where a NaN
 * or infinity is looked for. Optional fields that were not computed or read are absent, the others NaN; λ and ρ are known
 * without reading, but for a ρ that follows the divergence or a loss, and a λ that balances gradients. An optimiser with several perturbed passes reports the last
 * one.
 */
export interface StepReport {
  terms: Record<string, number>;
  task: number;
  divergence?: number;
  perturbedTask?: number;
  perturbedDivergence?: number;
  /** Task loss at the perturbed weights minus at the clean ones. */
  sharpness?: number;
  /** L2 norms over all parameters: of the ascent gradient, the perturbation, the gradient at the perturbed weights, and the one used. */
  ascentNorm: number;
  perturbationNorm: number;
  perturbedNorm: number;
  updateNorm: number;
  /** Cosine between the ascent gradient and the one at the perturbed weights; only in steps that measure. */
  cosine?: number;
  lambda: number;
  rho: number;
  nonFinite?: NonFinite;
  /** Where the caller asked for it, in place of everything that is to be read. */
  unread?: UnreadNumbers;
}

/** Minimises objectives step by step. */
export interface Minimizer {
  /**
   * One step; skipped with all weights as before when a loss or gradient is not finite, which the report then names. With
   * `deferred` it is made all the same, unless an operator refuses to work with such values.
   */
  step<E extends Evaluation>(objective: Objective<E>, at: StepContext): StepReport;
  /** Forward and backward passes of a step, where steps differ in it. Default: all have as many. */
  passesAt?(at: Pick<StepContext, "iteration" | "maxIterations">): number;
  /** Whether it remembers gradients of single passes. Default: none. */
  readonly keepsGradients?: boolean;
  /** State to save, by name. The tensors stay owned by the minimiser. */
  state(): Map<string, Tensor>;
  /** Takes over copies of a saved state. @throws CheckpointError when it does not fit */
  loadState(state: ReadonlyMap<string, Tensor>): void;
}

/** Forward and backward passes of the steps of a run, as far as these differ in them; 1 each where they do not. */
export function passesOf(minimizer: Minimizer, maxIterations: number): (iteration: number) => number {
  return (iteration) => minimizer.passesAt?.({ iteration, maxIterations }) ?? 1;
}
