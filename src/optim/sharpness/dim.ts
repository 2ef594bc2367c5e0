/**
 * DiM: sharpness-aware minimisation guided by an f-divergence between the labelled and the unlabelled distribution
 * (arXiv 2411.12350, in the reading of docs/method.md):
 *
 *   min_w max_{‖ε‖≤ρ} L_task(w+ε) + λ·D_f(P_S ‖ P_T)(w+ε)
 *
 * λ = 0 is plain SAM, ρ = 0 is the divergence without sharpness, both 0 is the base optimiser alone.
 */
import { CheckpointError } from "../../core/errors.js";
import { foreachAdd, grad, noGrad, scope, type Tensor, tensor } from "../../torch/index.js";
import type { Evaluation, Minimizer, NonFinite, Objective, StepContext, StepReport } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import {
  firstNonFinite,
  globalDot,
  globalNorm,
  type NamedParameters,
  perturb,
  restore,
  save,
} from "../parameter-list.js";
import { type AscentName, ascentRules } from "./ascent.js";

/**
 * Which gradient perturbs the weights: the whole objective (DiM-1), the task loss (DiM-2), the task loss with the
 * divergence kept out of the perturbed pass (DiM-3), the labelled loss (DiM-4), the divergence (DiM-5), or the task
 * loss minus the divergence (DiM-6).
 */
export const perturbations = ["total", "task", "clean", "source", "div", "disam"] as const;
export type PerturbWith = (typeof perturbations)[number];

/** Settings of {@link Dim}. */
export interface DimOptions {
  perturbWith: PerturbWith;
  inner: AscentName;
  /** Radius of the perturbation, ≥ 0. */
  rho: number;
  /** "constant"; "rate": in proportion to the learning rate; "divergence": ρ(1 + κ·D/D̄). */
  rhoMode: "constant" | "rate" | "divergence";
  /** κ of "divergence". */
  kappa: number;
  /** Weight of the divergence, ≥ 0. */
  lambda: number;
  /** "ramp": λ times the method's ramp; "linear": λ·k/K. */
  lambdaMode: "constant" | "ramp" | "linear";
  /** DiM-4 only: adds the clean gradient of the labelled loss (FlatMatch). */
  addClean: boolean;
  /** Steps before this one neither perturb nor use the divergence. */
  startIteration: number;
  /** Perturbs in every n-th step only. */
  every: number;
}

/** Memory of D̄, the running mean of the divergence. */
const meanDecay = 0.9;

/** What the clean pass leaves behind; its graph is gone. */
interface CleanPass {
  report: Pick<StepReport, "terms" | "task" | "divergence">;
  ascent: Tensor[];
  ascentNorm: number;
  /** Added to the perturbed gradient: λ∇D at w (DiM-3) or ∇L_sup at w (`addClean`). */
  added: Tensor[] | null;
  nonFinite?: NonFinite;
}

interface PerturbedPass {
  report: Pick<StepReport, "perturbedTask" | "perturbedDivergence">;
  gradient: Tensor[];
  norm: number;
  nonFinite?: NonFinite;
}

export class Dim implements Minimizer {
  private readonly tensors: readonly Tensor[];
  private meanDivergence: number | null = null;

  constructor(
    private readonly parameters: NamedParameters,
    private readonly base: Optimizer,
    private readonly options: DimOptions,
  ) {
    this.tensors = parameters.map(([, parameter]) => parameter);
  }

  step<E extends Evaluation>(objective: Objective<E>, at: StepContext): StepReport {
    return scope(() => {
      const lambda = objective.divergence ? this.lambdaAt(at) : 0;
      const perturbing = this.perturbsAt(at);
      const clean = this.cleanPass(objective, at, lambda, perturbing);
      const rho = perturbing ? this.rhoAt(at, clean.report.divergence) : 0;
      const report: StepReport = {
        ...clean.report,
        ascentNorm: clean.ascentNorm,
        perturbationNorm: 0,
        perturbedNorm: clean.ascentNorm,
        updateNorm: clean.ascentNorm,
        cosine: 1,
        lambda,
        rho,
      };
      if (clean.nonFinite) return { ...report, nonFinite: clean.nonFinite };
      if (!perturbing) return this.finish(report, clean.ascent, clean.added, at);
      return this.perturbedStep(objective, at, clean, report);
    });
  }

  /** Pass 1 at w: BatchNorm's running statistics move here and nowhere else. */
  private cleanPass<E extends Evaluation>(
    objective: Objective<E>,
    at: StepContext,
    lambda: number,
    perturbing: boolean,
  ): CleanPass {
    return scope(() => {
      const evaluation = objective.evaluate({ updateRunningStatistics: true });
      const needed = lambda > 0 && this.cleanNeedsDivergence(perturbing);
      const divergence =
        lambda > 0 && (needed || at.measure) ? evaluateDivergence(objective, evaluation, needed) : null;
      const report = {
        terms: Object.fromEntries(Object.entries(evaluation.terms).map(([name, value]) => [name, value.item()])),
        task: evaluation.task.item(),
        divergence: divergence?.item(),
      };
      const quantity = nonFiniteLoss(report.terms, report.task, report.divergence);
      if (quantity)
        return { report, ascent: [], ascentNorm: Number.NaN, added: null, nonFinite: { pass: "clean", quantity } };
      const { target, extra } = this.cleanTargets(evaluation, divergence, lambda, perturbing);
      const ascent = grad(target, this.tensors, { retainGraph: extra !== null, allowUnused: true });
      const added = extra && grad(extra, this.tensors, { allowUnused: true });
      const ascentNorm = globalNorm(ascent);
      return { report, ascent, ascentNorm, added, nonFinite: this.nonFiniteGradient("clean", ascent, ascentNorm) };
    });
  }

  private cleanNeedsDivergence(perturbing: boolean): boolean {
    const { perturbWith, rhoMode } = this.options;
    if (!perturbing) return true;
    return rhoMode === "divergence" || (perturbWith !== "task" && perturbWith !== "source");
  }

  /** The loss whose gradient perturbs (or updates, when nothing perturbs), and the one whose gradient is added later. */
  private cleanTargets(
    { task, terms }: Evaluation,
    divergence: Tensor | null,
    lambda: number,
    perturbing: boolean,
  ): { target: Tensor; extra: Tensor | null } {
    const { perturbWith, addClean } = this.options;
    const weighted = divergence && lambda > 0 ? divergence.mul(lambda) : null;
    const total = weighted ? task.add(weighted) : task;
    const extra = perturbWith === "source" && addClean && (perturbing || this.options.rho === 0) ? terms.sup : null;
    if (!perturbing) return { target: total, extra };
    if (lambda === 0) return { target: perturbWith === "source" ? terms.sup : task, extra };
    switch (perturbWith) {
      case "total":
        return { target: total, extra };
      case "task":
        return { target: task, extra };
      case "source":
        return { target: terms.sup, extra };
      case "clean":
        return { target: task, extra: weighted };
      case "div":
        return { target: weighted as Tensor, extra };
      case "disam":
        return { target: task.sub(weighted as Tensor), extra };
    }
  }

  /** Ascent, pass 2 at w+ε on the same views and targets, exact return to w, update. */
  private perturbedStep<E extends Evaluation>(
    objective: Objective<E>,
    at: StepContext,
    clean: CleanPass,
    report: StepReport,
  ): StepReport {
    const saved = save(this.tensors);
    const rule = ascentRules[this.options.inner];
    const input = { parameters: this.parameters, gradient: clean.ascent, norm: clean.ascentNorm, rho: report.rho };
    const perturbation = noGrad(() => rule(input));
    const perturbationNorm = globalNorm(perturbation);
    perturb(this.tensors, perturbation);
    let perturbed: PerturbedPass;
    try {
      perturbed = this.perturbedPass(objective, at, report.lambda);
    } finally {
      restore(this.tensors, saved);
    }
    const both = { ...report, ...perturbed.report, perturbationNorm, perturbedNorm: perturbed.norm };
    const sharpness = (perturbed.report.perturbedTask ?? Number.NaN) - report.task;
    if (perturbed.nonFinite) return { ...both, sharpness, nonFinite: perturbed.nonFinite };
    const cosine = globalDot(clean.ascent, perturbed.gradient) / (clean.ascentNorm * perturbed.norm);
    return this.finish({ ...both, sharpness, cosine }, perturbed.gradient, clean.added, at);
  }

  private perturbedPass<E extends Evaluation>(objective: Objective<E>, at: StepContext, lambda: number): PerturbedPass {
    return scope(() => {
      const evaluation = objective.evaluate({ updateRunningStatistics: false });
      const needed = lambda > 0 && this.options.perturbWith !== "clean";
      const divergence =
        lambda > 0 && (needed || at.measure) ? evaluateDivergence(objective, evaluation, needed) : null;
      const report = { perturbedTask: evaluation.task.item(), perturbedDivergence: divergence?.item() };
      const quantity = nonFiniteLoss({}, report.perturbedTask, report.perturbedDivergence);
      if (quantity) return { report, gradient: [], norm: Number.NaN, nonFinite: { pass: "perturbed", quantity } };
      const target = needed && divergence ? evaluation.task.add(divergence.mul(lambda)) : evaluation.task;
      const gradient = grad(target, this.tensors, { allowUnused: true });
      const norm = globalNorm(gradient);
      return { report, gradient, norm, nonFinite: this.nonFiniteGradient("perturbed", gradient, norm) };
    });
  }

  private finish(report: StepReport, gradient: readonly Tensor[], added: Tensor[] | null, at: StepContext): StepReport {
    const update = added ? foreachAdd(gradient, added) : gradient;
    this.base.step(update, at.rate);
    return { ...report, updateNorm: added ? globalNorm(update) : report.perturbedNorm };
  }

  private nonFiniteGradient(pass: NonFinite["pass"], gradient: readonly Tensor[], norm: number): NonFinite | undefined {
    if (Number.isFinite(norm)) return undefined;
    const name = firstNonFinite(this.parameters, gradient);
    return { pass, quantity: name ? `gradient of ${name}` : "norm of the gradient" };
  }

  private perturbsAt({ iteration }: StepContext): boolean {
    const { rho, startIteration, every } = this.options;
    return rho > 0 && iteration >= startIteration && (iteration - startIteration) % every === 0;
  }

  private lambdaAt({ iteration, maxIterations, rampUp }: StepContext): number {
    const { lambda, lambdaMode, startIteration } = this.options;
    if (iteration < startIteration) return 0;
    if (lambdaMode === "ramp") return lambda * rampUp;
    return lambdaMode === "linear" ? (lambda * iteration) / maxIterations : lambda;
  }

  private rhoAt({ rate, baseRate }: StepContext, divergence: number | undefined): number {
    const { rho, rhoMode, kappa } = this.options;
    if (rhoMode === "rate") return (rho * rate) / baseRate;
    if (rhoMode === "constant" || divergence === undefined || !Number.isFinite(divergence)) return rho;
    const before = this.meanDivergence ?? divergence;
    this.meanDivergence = meanDecay * before + (1 - meanDecay) * divergence;
    return this.meanDivergence > 0 ? rho * (1 + (kappa * divergence) / this.meanDivergence) : rho;
  }

  state(): Map<string, Tensor> {
    const state = new Map([...this.base.state()].map(([name, value]) => [`base.${name}`, value]));
    if (this.meanDivergence !== null) {
      state.set("meanDivergence", tensor([this.meanDivergence], { dtype: "float64" }));
    }
    return state;
  }

  loadState(state: ReadonlyMap<string, Tensor>): void {
    const own = [...state].filter(([name]) => !name.startsWith("base.") && name !== "meanDivergence");
    if (own.length > 0) throw new CheckpointError(`loadState: unknown optimiser state "${own[0][0]}"`);
    const base = [...state].filter(([name]) => name.startsWith("base."));
    this.base.loadState(new Map(base.map(([name, value]) => [name.slice("base.".length), value])));
    this.meanDivergence = state.get("meanDivergence")?.item() ?? null;
  }
}

/** D at the present weights; without gradient when it is only to be logged. */
function evaluateDivergence<E extends Evaluation>(
  objective: Objective<E>,
  evaluation: E,
  differentiable: boolean,
): Tensor {
  const compute = objective.divergence as (evaluation: E) => Tensor;
  return differentiable ? compute(evaluation) : noGrad(() => compute(evaluation));
}

/** The first loss that is NaN or infinite. */
function nonFiniteLoss(terms: Record<string, number>, task: number, divergence: number | undefined): string | null {
  const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
  if (bad) return `loss term ${bad[0]}`;
  if (!Number.isFinite(task)) return "task loss";
  return divergence === undefined || Number.isFinite(divergence) ? null : "divergence";
}
