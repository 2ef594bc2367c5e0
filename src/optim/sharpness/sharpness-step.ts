/**
 * The mechanics every sharpness-aware optimiser shares within one step (method section 4, "Common contract"): the
 * clean pass at w, passes at w+ε with BatchNorm's running statistics frozen and an exact return to w, the update by
 * the base optimiser, the numbers for the log, and the end of the step at the first NaN or infinity.
 */
import { grad, scope, type Tensor } from "../../torch/index.js";
import type { Evaluation, NonFinite, Objective, StepContext, StepReport } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import {
  firstNonFinite,
  globalCosine,
  globalNorm,
  type NamedParameters,
  perturb,
  restore,
  save,
} from "../parameter-list.js";

/** Ends a step whose losses or gradients are not finite; caught by the minimiser, seen by nobody else. */
export class NonFiniteSignal extends Error {
  constructor(readonly what: NonFinite) {
    super(`internal: ${what.quantity} is not finite in the ${what.pass} pass`);
  }
}

/** What a pass differentiates: each loss gives a gradient of its own; the divergence is for the report. */
export interface PassTargets {
  losses: readonly Tensor[];
  divergence?: Tensor | null;
}

/** The gradient of a pass's first loss with its L2 norm, and the gradients of its further losses. The graph is gone. */
export interface PassResult {
  gradient: Tensor[];
  norm: number;
  further: Tensor[][];
}

/** Chooses from an evaluation what to differentiate. */
export type ChooseTargets = (evaluation: Evaluation) => PassTargets;

const taskLoss: ChooseTargets = ({ task }) => ({ losses: [task] });

/** One step in the making: passes at w and at w+ε, and the update. */
export class SharpnessStep {
  readonly tensors: readonly Tensor[];
  readonly report: StepReport = {
    terms: {},
    task: Number.NaN,
    ascentNorm: Number.NaN,
    perturbationNorm: 0,
    perturbedNorm: Number.NaN,
    updateNorm: Number.NaN,
    lambda: 0,
    rho: 0,
  };
  private saved: Tensor[] | null = null;
  private ascent: PassResult | null = null;
  private last: PassResult | null = null;

  constructor(
    readonly parameters: NamedParameters,
    readonly base: Optimizer,
    private readonly objective: Objective,
    readonly at: StepContext,
  ) {
    this.tensors = parameters.map(([, parameter]) => parameter);
  }

  /** D at the present weights, for use in {@link ChooseTargets}; null when the objective has none. */
  get divergence(): Objective["divergence"] {
    return this.objective.divergence;
  }

  /** The pass at w, which moves BatchNorm's running statistics; once per step. Default loss: the task's. */
  clean(choose = taskLoss): PassResult {
    const result = this.pass("clean", choose);
    this.ascent = result;
    Object.assign(this.report, { ascentNorm: result.norm, perturbedNorm: result.norm });
    if (this.at.measure) this.report.cosine = 1;
    return result;
  }

  /** A pass at w+ε, running statistics frozen; afterwards the weights are w again to the bit. */
  perturbed(perturbation: readonly Tensor[], choose = taskLoss): PassResult {
    const result = this.displaced(perturbation, () => this.pass("perturbed", choose));
    this.report.perturbedNorm = result.norm;
    if (this.ascent && this.at.measure) {
      this.report.cosine = globalCosine(this.ascent.gradient, this.ascent.norm, result.gradient, result.norm);
    }
    return result;
  }

  /** Runs `body` with the weights at w+ε and returns them to w by copying, also when it throws. */
  displaced<T>(perturbation: readonly Tensor[], body: () => T): T {
    this.saved ??= save(this.tensors);
    this.report.perturbationNorm = globalNorm(perturbation);
    perturb(this.tensors, perturbation);
    try {
      return body();
    } finally {
      restore(this.tensors, this.saved);
    }
  }

  /** Hands one gradient to the base optimiser. @param decayAt see {@link Optimizer.step} */
  descend(gradient: readonly Tensor[], decayAt?: readonly Tensor[]): void {
    const norm = gradient === this.last?.gradient ? this.last.norm : globalNorm(gradient);
    if (!Number.isFinite(norm)) throw new NonFiniteSignal({ pass: "perturbed", quantity: "combined gradient" });
    this.report.updateNorm = norm;
    this.base.step(gradient, this.at.rate, decayAt);
  }

  private pass(kind: NonFinite["pass"], choose: ChooseTargets): PassResult {
    return scope(() => {
      const evaluation = this.objective.evaluate({ updateRunningStatistics: kind === "clean" });
      const { losses, divergence } = choose(evaluation);
      this.note(kind, evaluation, divergence?.item());
      const gradients = losses.map((loss, i) =>
        grad(loss, this.tensors, { retainGraph: i < losses.length - 1, allowUnused: true }),
      );
      const [gradient, ...further] = gradients;
      const norm = globalNorm(gradient);
      if (!Number.isFinite(norm)) {
        const name = firstNonFinite(this.parameters, gradient);
        throw new NonFiniteSignal({ pass: kind, quantity: name ? `gradient of ${name}` : "norm of the gradient" });
      }
      this.last = { gradient, norm, further };
      return this.last;
    });
  }

  /** Writes a pass's losses into the report. @throws NonFiniteSignal naming the first that is NaN or infinite */
  private note(kind: NonFinite["pass"], evaluation: Evaluation, divergence: number | undefined): void {
    const task = evaluation.task.item();
    if (kind === "clean") {
      const terms = Object.entries(evaluation.terms).map(([name, value]) => [name, value.item()]);
      Object.assign(this.report, { terms: Object.fromEntries(terms), task, divergence });
    } else {
      const sharpness = task - this.report.task;
      Object.assign(this.report, { perturbedTask: task, perturbedDivergence: divergence, sharpness });
    }
    const quantity = nonFiniteLoss(evaluation, task, divergence);
    if (quantity) throw new NonFiniteSignal({ pass: kind, quantity });
  }
}

/** The first loss that is NaN or infinite. */
function nonFiniteLoss({ terms }: Evaluation, task: number, divergence: number | undefined): string | null {
  if (!Number.isFinite(task)) {
    const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value.item()));
    return bad ? `loss term ${bad[0]}` : "task loss";
  }
  return divergence === undefined || Number.isFinite(divergence) ? null : "divergence";
}
