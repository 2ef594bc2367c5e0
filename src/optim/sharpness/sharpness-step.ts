/**
 * The mechanics every sharpness-aware optimiser shares within one step (method section 4, "Common contract"): the
 * clean pass at w, passes at w+ε with BatchNorm's running statistics frozen and an exact return to w, the update by
 * the base optimiser, the numbers for the log. Nothing is read back from the device before the update, which one read
 * decides: of every number where the step is logged, else of whether all of them are finite.
 *
 * Of several processes that share a batch each differentiates its own part; the gradient is the mean over them, of every
 * pass, or with `ownAscent` of the update alone. All of them read the same numbers, so that they decide alike.
 */
import { grad, gradientsOfWorld, noGrad, scope, stack, type Tensor, worldMean } from "../../torch/index.js";
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

/** Ends a step whose losses or gradients are not finite; seen by nobody but this file. */
class NonFiniteSignal extends Error {
  constructor(readonly what: NonFinite) {
    super(`internal: ${what.quantity} is not finite in the ${what.pass} pass`);
  }
}

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

/** The losses of a pass as float64 scalars without their graph. */
interface Losses {
  kind: NonFinite["pass"];
  task: Tensor;
  terms: [string, Tensor][];
}

type MadePass = Losses & PassResult & { lambda: Tensor | null };

/** Scalars on the device in the form they are read in. */
const asScalar = (value: Tensor) => value.detach().to({ dtype: "float64" });

/** One step in the making: passes at w and at w+ε, and the update. */
export class SharpnessStep {
  readonly tensors: readonly Tensor[];
  /** Those of them that a perturbation moves; it has one tensor for each. */
  private readonly moved: readonly Tensor[];
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
  private readonly passes: MadePass[] = [];
  private saved: Tensor[] | null = null;
  private perturbationNorm: Tensor | null = null;
  private radius: Tensor | null = null;

  constructor(
    readonly parameters: NamedParameters,
    readonly base: Optimizer,
    private readonly objective: Objective,
    readonly at: StepContext,
    readonly perturbable: NamedParameters = parameters,
  ) {
    this.tensors = parameters.map(([, parameter]) => parameter);
    this.moved = perturbable.map(([, parameter]) => parameter);
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
    else this.radius = rho;
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
    if (this.at.measure) this.perturbationNorm = globalNorm(perturbation);
    perturb(this.moved, perturbation);
    try {
      return body();
    } finally {
      restore(this.moved, this.saved);
    }
  }

  /**
   * Hands one gradient to the base optimiser, after every loss and norm so far was found finite.
   * @param decayAt see {@link Optimizer.step}
   * @throws NonFiniteSignal naming the first that is NaN or infinite, with the weights at w
   */
  descend(gradient: readonly Tensor[], decayAt?: readonly Tensor[]): void {
    scope(() => {
      const update = this.at.ownAscent ? gradientsOfWorld(gradient) : gradient;
      noGrad(() => scope(() => this.decide(update)));
      this.base.step(update, this.at.rate, decayAt);
    });
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
      noGrad(() => scope(() => this.readPasses((own) => own)));
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
        this.ofBatch(grad(loss, this.tensors, { retainGraph: i < losses.length - 1, allowUnused: true })),
      );
      const mixed = mix ? noGrad(() => mix(gradients)) : { gradients, lambda: null };
      const [gradient, ...further] = mixed.gradients;
      const made = { ...scalars, gradient, norm: globalNorm(gradient), further, lambda: mixed.lambda };
      this.passes.push(made);
      return made;
    });
  }

  /** The gradient of the whole batch, where passes are to have it. */
  private ofBatch(own: Tensor[]): Tensor[] {
    return this.at.ownAscent ? own : gradientsOfWorld(own);
  }

  /** The one read of a step. @throws NonFiniteSignal */
  private decide(gradient: readonly Tensor[]): void {
    const norm = this.passes.find((pass) => pass.gradient === gradient)?.norm ?? globalNorm(gradient);
    const checked = [...this.passes.flatMap(scalarsOf), norm];
    if (!this.at.measure && worldMean(stack(checked)).isfinite().all().item() === 1) return;
    this.read(norm);
  }

  /** Reads everything, writes the report, and refuses the first number that is not finite. */
  private read(updateNorm: Tensor): void {
    const cosine = this.cosine();
    const lambda = this.passes.findLast((pass) => pass.lambda)?.lambda ?? null;
    const next = this.readPasses(worldMean, [updateNorm, this.perturbationNorm, this.radius, lambda, cosine]);
    this.report.updateNorm = next();
    if (!Number.isFinite(this.report.updateNorm))
      throw new NonFiniteSignal({ pass: "perturbed", quantity: "combined gradient" });
    if (this.perturbationNorm) this.report.perturbationNorm = next();
    if (this.radius) this.report.rho = next();
    if (lambda) this.report.lambda = next();
    if (cosine) this.report.cosine = next();
  }

  /**
   * Reads all passes made, and further scalars where they are not null, and notes the passes.
   * @param ofAll  what all processes read in place of their own scalars
   * @returns what gives the values of the further ones in turn
   * @throws NonFiniteSignal
   */
  private readPasses(ofAll: (own: Tensor) => Tensor, further: readonly (Tensor | null)[] = []): () => number {
    const scalars = [...this.passes.flatMap(scalarsOf), ...further.filter((one) => one !== null)];
    const values = scalars.length > 0 ? [...ofAll(stack(scalars)).toNumbers()] : [];
    const next = () => values.shift() as number;
    for (const pass of this.passes) {
      const [task, divergence] = [next(), pass.divergence ? next() : undefined];
      const terms = Object.fromEntries(pass.terms.map(([name]) => [name, next()]));
      this.note(pass, { task, divergence, terms, norm: next() });
    }
    return next;
  }

  /** Between the ascent gradient and the last one at perturbed weights; null where there is none. */
  private cosine(): Tensor | null {
    const ascent = this.passes.find(({ kind }) => kind === "clean");
    const perturbed = this.passes.findLast(({ kind }) => kind === "perturbed");
    if (!this.at.measure || !ascent || !perturbed) return null;
    return globalCosine(ascent.gradient, ascent.norm, perturbed.gradient, perturbed.norm);
  }

  /** Writes a pass's numbers into the report. @throws NonFiniteSignal naming the first that is NaN or infinite */
  private note(pass: MadePass, numbers: PassNumbers): void {
    const { task, divergence, terms, norm } = numbers;
    if (pass.kind === "clean") Object.assign(this.report, { terms, task, divergence });
    else {
      const sharpness = task - this.report.task;
      Object.assign(this.report, { perturbedTask: task, perturbedDivergence: divergence, sharpness });
    }
    const quantity = nonFiniteLoss(numbers);
    if (quantity) throw new NonFiniteSignal({ pass: pass.kind, quantity });
    if (!Number.isFinite(norm)) {
      const name = firstNonFinite(this.parameters, pass.gradient);
      throw new NonFiniteSignal({ pass: pass.kind, quantity: name ? `gradient of ${name}` : "norm of the gradient" });
    }
    this.report.perturbedNorm = norm;
    if (pass.kind === "perturbed") return;
    this.report.ascentNorm = norm;
    if (this.at.measure) this.report.cosine = 1;
  }
}

interface PassNumbers {
  task: number;
  divergence: number | undefined;
  terms: Record<string, number>;
  norm: number;
}

/** The scalars of a pass in the order they are read in. */
function scalarsOf({ task, divergence, terms, norm }: MadePass): Tensor[] {
  return [task, ...(divergence ? [divergence] : []), ...terms.map(([, value]) => value), norm];
}

/** The first loss that is NaN or infinite. */
function nonFiniteLoss({ task, divergence, terms }: PassNumbers): string | null {
  if (!Number.isFinite(task)) {
    const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
    return bad ? `loss term ${bad[0]}` : "task loss";
  }
  return divergence === undefined || Number.isFinite(divergence) ? null : "divergence";
}
