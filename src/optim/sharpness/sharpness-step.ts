/**
 * The mechanics every sharpness-aware optimiser shares within one step (method section 4, "Common contract"): the
 * clean pass at w, passes at w+ε with BatchNorm's running statistics frozen and an exact return to w, the update by
 * the base optimiser, the numbers for the log. Nothing is read back from the device before the update, which one read
 * decides: of every number where the step is logged, else of whether all of them are finite. A caller may have the
 * numbers left on the device instead; the update is then made in any case, and nothing waits.
 *
 * Of several processes that share a batch each differentiates its own part; the gradient is the mean over them, of every
 * pass, or with `ownAscent` of the update alone. All of them read the same numbers, so that they decide alike.
 */
import {
  type GradOptions,
  grad,
  noGrad,
  scope,
  type Tensor,
  worldAverages,
  worldGradient,
  worldMean,
} from "../../torch/index.js";
import type { Evaluation, NonFinite, Objective, StepContext, StepPosition, StepReport } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import {
  globalCosine,
  globalNorm,
  type NamedParameters,
  normOfNorms,
  perturb,
  restore,
  save,
  tensorNorms,
} from "../parameter-list.js";
import { stepValue } from "../step-values.js";
import { NonFiniteSignal, type PassScalars, StepNumbers } from "./step-numbers.js";

/** What a pass differentiates: each loss gives a gradient of its own; the divergence is for the report. */
export interface PassTargets {
  losses: readonly Tensor[];
  divergence?: Tensor | null;
  /** Makes the gradients of the pass of those of its losses, without gradient; default: they are the same. */
  mix?(gradients: readonly Tensor[][]): Mixed;
}

/** The gradients of a pass in place of those of its losses, and the weight that came of them, a float64 scalar. */
export interface Mixed {
  gradients: Tensor[][];
  lambda: Tensor;
}

/** The gradient of a pass's first loss with its L2 norm, and those of its further losses, mixed if so asked. The graph is gone. */
export interface PassResult {
  gradient: Tensor[];
  /** A float64 scalar, as is the divergence. */
  norm: Tensor;
  further: Tensor[][];
  /** The task loss, a float64 scalar. */
  task: Tensor;
  /** D at the weights of the pass, where it was wanted. */
  divergence: Tensor | null;
}

/** Chooses from an evaluation what to differentiate. */
export type ChooseTargets = (evaluation: Evaluation) => PassTargets;

const taskLoss: ChooseTargets = ({ task }) => ({ losses: [task] });

type MadePass = PassScalars & PassResult & { lambda: Tensor | null };

/** Scalars on the device in the form they are read in. */
const asScalar = (value: Tensor) => value.detach().to({ dtype: "float64" });

/** One step in the making: passes at w and at w+ε, and the update. */
export class SharpnessStep {
  readonly tensors: readonly Tensor[];
  /** Those of them that a perturbation moves; it has one tensor for each. */
  private readonly moved: readonly Tensor[];
  private readonly numbers: StepNumbers;
  private readonly passes: MadePass[] = [];
  private saved: Tensor[] | null = null;

  constructor(
    readonly parameters: NamedParameters,
    readonly base: Optimizer,
    private readonly objective: Objective,
    readonly at: StepContext,
    readonly perturbable: NamedParameters = parameters,
  ) {
    this.tensors = parameters.map(([, parameter]) => parameter);
    this.moved = perturbable.map(([, parameter]) => parameter);
    this.numbers = new StepNumbers(parameters, at.measure);
  }

  /** What the step says of itself, as far as it was read. */
  get report(): StepReport {
    return this.numbers.report;
  }

  /** Of one tensor per parameter, those of the perturbable ones. */
  partOf(tensors: readonly Tensor[]): readonly Tensor[] {
    if (this.perturbable === this.parameters) return tensors;
    const chosen = new Set(this.moved);
    return tensors.filter((_, i) => chosen.has(this.tensors[i]));
  }

  /** D at the present weights, for use in {@link ChooseTargets}; null when the objective has none. */
  get divergence(): Objective["divergence"] {
    return this.objective.divergence;
  }

  /** Tells the report the radius of this step. */
  reportRadius(rho: number | Tensor): void {
    if (typeof rho === "number") this.report.rho = rho;
    else this.numbers.set("rho", rho);
  }

  /** The pass at w, which moves BatchNorm's running statistics; once per step. Default loss: the task's. */
  clean(choose = taskLoss): PassResult {
    return this.pass("clean", choose);
  }

  /** A pass at w+ε, running statistics frozen; afterwards the weights are w again to the bit. */
  perturbed(perturbation: readonly Tensor[], choose = taskLoss): PassResult {
    return this.displaced(perturbation, () => this.pass("perturbed", choose));
  }

  /** Runs `body` with the weights at w+ε and returns them to w by copying, also when it throws. */
  displaced<T>(perturbation: readonly Tensor[], body: () => T): T {
    this.saved ??= save(this.moved);
    if (this.at.measure) this.numbers.set("perturbationNorm", globalNorm(perturbation));
    perturb(this.moved, perturbation);
    try {
      return body();
    } finally {
      restore(this.moved, this.saved);
    }
  }

  /**
   * Hands one gradient to the base optimiser, after every loss and norm so far was found finite, or unseen where the
   * numbers are left on the device.
   * @param decayAt see {@link Optimizer.step}
   * @throws NonFiniteSignal naming the first that is NaN or infinite, with the weights at w
   */
  descend(gradient: readonly Tensor[], decayAt?: readonly Tensor[]): void {
    const left = scope(() => {
      const update = this.at.ownAscent ? worldAverages(gradient) : gradient;
      const values = noGrad(() => scope(() => this.decide(update)));
      this.base.step(
        update,
        stepValue(this.at, ({ rate }: StepPosition) => rate),
        decayAt,
      );
      return values;
    });
    if (left) this.report.unread = { values: left, note: (values, report) => this.noteLater(values, report) };
  }

  /**
   * The value that was not finite and ended the step. Passes go on with a NaN until the read, and an operator may refuse
   * to work with it: what was not finite before is then the cause.
   * @throws the error itself when everything before it was finite
   */
  nonFiniteBehind(error: unknown): NonFinite {
    if (error instanceof NonFiniteSignal) return error.what;
    try {
      // Of this process alone: the others may not have met the error.
      noGrad(() => scope(() => this.read((own) => own)));
    } catch (signal) {
      if (signal instanceof NonFiniteSignal) return signal.what;
    }
    throw error;
  }

  private pass(kind: NonFinite["pass"], choose: ChooseTargets): PassResult {
    return scope(() => {
      const evaluation = this.objective.evaluate({ updateRunningStatistics: kind === "clean" });
      const { losses, divergence, mix } = choose(evaluation);
      const scalars = {
        kind,
        task: asScalar(evaluation.task),
        terms: Object.entries(evaluation.terms).map(([name, value]): [string, Tensor] => [name, asScalar(value)]),
        divergence: divergence ? asScalar(divergence) : null,
      };
      const gradients = losses.map((loss, i) =>
        this.gradientOf(loss, { retainGraph: i < losses.length - 1, allowUnused: true }),
      );
      const mixed = mix ? noGrad(() => mix(gradients)) : { gradients, lambda: null };
      const [gradient, ...further] = mixed.gradients;
      const norms = tensorNorms(gradient);
      const { lambda } = mixed;
      const made: MadePass = { ...scalars, gradient, norms, norm: normOfNorms(norms), further, lambda };
      this.passes.push(made);
      this.numbers.add(made);
      if (lambda) this.numbers.set("lambda", lambda);
      return made;
    });
  }

  /** The gradient of the whole batch, or where an ascent is to be each one's own that of this process's part. */
  private gradientOf(loss: Tensor, options: GradOptions): Tensor[] {
    return this.at.ownAscent ? grad(loss, this.tensors, options) : worldGradient(loss, this.tensors, options);
  }

  /** The one read of a step, or the numbers that are left to be read. @throws NonFiniteSignal */
  private decide(gradient: readonly Tensor[]): Tensor | null {
    const { numbers } = this;
    numbers.set("updateNorm", this.passes.find((pass) => pass.gradient === gradient)?.norm ?? globalNorm(gradient));
    const cosine = this.cosine();
    if (cosine) numbers.set("cosine", cosine);
    if (this.at.deferred) return numbers.values();
    if (this.at.measure || worldMean(numbers.checked()).isfinite().all().item() !== 1) this.read(worldMean);
    return null;
  }

  /** Reads all numbers there are and notes them. @param ofAll what all processes read in place of their own @throws NonFiniteSignal */
  private read(ofAll: (own: Tensor) => Tensor): void {
    const values = this.numbers.values();
    if (values) this.numbers.note(ofAll(values).toNumbers());
  }

  private noteLater(values: ArrayLike<number>, report: StepReport): void {
    try {
      this.numbers.note(values, report);
    } catch (error) {
      if (!(error instanceof NonFiniteSignal)) throw error;
      report.nonFinite = error.what;
    }
  }

  /** Between the ascent gradient and the last one at perturbed weights; null where there is none. */
  private cosine(): Tensor | null {
    const ascent = this.passes.find(({ kind }) => kind === "clean");
    const perturbed = this.passes.findLast(({ kind }) => kind === "perturbed");
    if (!this.at.measure || !ascent || !perturbed) return null;
    return globalCosine(ascent.gradient, ascent.norm, perturbed.gradient, perturbed.norm);
  }
}
