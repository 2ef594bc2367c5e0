/**
 * The numbers of one step: scalars on the device that its passes and its update leave, and what becomes of them once they
 * are read. All of them are one vector, so that a read of everything is one wait.
 */
import { cat, stack, type Tensor } from "../../torch/index.js";
import type { NonFinite, StepReport } from "../objective.js";
import type { NamedParameters } from "../parameter-list.js";

/** Ends a step whose losses or gradients are not finite; seen by nobody outside this folder. */
export class NonFiniteSignal extends Error {
  constructor(readonly what: NonFinite) {
    super(`internal: ${what.quantity} is not finite in the ${what.pass} pass`);
  }
}

/** What a pass leaves: float64 scalars without their graph. */
export interface PassScalars {
  kind: NonFinite["pass"];
  task: Tensor;
  terms: [string, Tensor][];
  divergence: Tensor | null;
  /** L2 norm of the pass's gradient. */
  norm: Tensor;
  /** The same of each parameter's by itself, [parameters] of any dtype. */
  norms: Tensor;
}

/** Further numbers of the report that a step may compute. */
type Further = "updateNorm" | "perturbationNorm" | "rho" | "lambda" | "cosine";

/** What a step's report holds before anything is read. */
const unknown = (): StepReport => ({
  terms: {},
  task: Number.NaN,
  ascentNorm: Number.NaN,
  perturbationNorm: 0,
  perturbedNorm: Number.NaN,
  updateNorm: Number.NaN,
  lambda: 0,
  rho: 0,
});

/** The scalars of a pass in the order they are read in. */
function scalarsOf({ task, divergence, terms, norm }: PassScalars): Tensor[] {
  return [task, ...(divergence ? [divergence] : []), ...terms.map(([, value]) => value), norm];
}

/** Collects the numbers of a step and writes its report. */
export class StepNumbers {
  readonly report = unknown();
  private readonly passes: PassScalars[] = [];
  private readonly further = new Map<Further, Tensor>();

  /** @param measure whether the step is one that is logged */
  constructor(
    private readonly parameters: NamedParameters,
    private readonly measure: boolean,
  ) {}

  /** Takes in a pass. */
  add(pass: PassScalars): void {
    this.passes.push(pass);
  }

  /** Takes in a float64 scalar in place of the one before under that name. */
  set(name: Further, value: Tensor): void {
    this.further.set(name, value);
  }

  /** Losses and norms, all of which must be finite, float64 [n]. */
  checked(): Tensor {
    return stack([...this.passes.flatMap(scalarsOf), ...this.some("updateNorm")]);
  }

  /** Everything, float64 [n]; null where there is nothing yet. */
  values(): Tensor | null {
    const scalars = [...this.passes.flatMap(scalarsOf), ...this.further.values()];
    if (scalars.length === 0) return null;
    return cat([stack(scalars), ...this.passes.map(({ norms }) => norms.to({ dtype: "float64" }))]);
  }

  /**
   * Writes the report.
   * @param read what {@link values} held, in this step or in one that repeated it
   * @param report default: this step's own
   * @throws NonFiniteSignal naming the first number that is NaN or infinite
   */
  note(read: ArrayLike<number>, report = this.report): void {
    const values = Array.from(read);
    const next = () => values.shift() as number;
    const norms = values.splice(values.length - this.passes.length * this.parameters.length);
    for (const pass of this.passes) {
      const [task, divergence] = [next(), pass.divergence ? next() : undefined];
      const terms = Object.fromEntries(pass.terms.map(([name]) => [name, next()]));
      const ofParameters = norms.splice(0, this.parameters.length);
      this.notePass(report, pass.kind, { task, divergence, terms, norm: next(), norms: ofParameters });
    }
    for (const name of this.further.keys()) report[name] = next();
    if (this.further.has("updateNorm") && !Number.isFinite(report.updateNorm))
      throw new NonFiniteSignal({ pass: "perturbed", quantity: "combined gradient" });
  }

  private some(name: Further): Tensor[] {
    const value = this.further.get(name);
    return value ? [value] : [];
  }

  private notePass(report: StepReport, kind: NonFinite["pass"], numbers: PassNumbers): void {
    const { task, divergence, terms, norm } = numbers;
    if (kind === "clean") Object.assign(report, { terms, task, divergence });
    else {
      const sharpness = task - report.task;
      Object.assign(report, { perturbedTask: task, perturbedDivergence: divergence, sharpness });
    }
    const quantity = nonFiniteLoss(numbers) ?? this.nonFiniteGradient(numbers);
    if (quantity) throw new NonFiniteSignal({ pass: kind, quantity });
    report.perturbedNorm = norm;
    if (kind === "perturbed") return;
    report.ascentNorm = norm;
    if (this.measure) report.cosine = 1;
  }

  private nonFiniteGradient({ norm, norms }: PassNumbers): string | null {
    if (Number.isFinite(norm)) return null;
    const found = norms.findIndex((one) => !Number.isFinite(one));
    return found < 0 ? "norm of the gradient" : `gradient of ${this.parameters[found][0]}`;
  }
}

interface PassNumbers {
  task: number;
  divergence: number | undefined;
  terms: Record<string, number>;
  norm: number;
  norms: readonly number[];
}

/** The first loss that is NaN or infinite. */
function nonFiniteLoss({ task, divergence, terms }: PassNumbers): string | null {
  if (!Number.isFinite(task)) {
    const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
    return bad ? `loss term ${bad[0]}` : "task loss";
  }
  return divergence === undefined || Number.isFinite(divergence) ? null : "divergence";
}
