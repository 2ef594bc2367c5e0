/**
 * DiM: sharpness-aware minimisation guided by an f-divergence between the labelled and the unlabelled distribution
 * (arXiv 2411.12350, in the reading of docs/method.md):
 *
 *   min_w max_{‖ε‖≤ρ} L_task(w+ε) + λ·D_f(P_S ‖ P_T)(w+ε)
 *
 * λ = 0 is plain SAM, ρ = 0 is the divergence without sharpness, both 0 is the base optimiser alone.
 */
import { z } from "zod";
import { CheckpointError } from "../../core/errors.js";
import { foreachAdd, grad, noGrad, scope, type Tensor, tensor } from "../../torch/index.js";
import { divergenceOptions } from "../divergence-options.js";
import { minimizerEntry } from "../entry.js";
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

const shared = {
  inner: z
    .enum(Object.keys(ascentRules) as [AscentName, ...AscentName[]])
    .default("sam")
    .describe("rule of the ascent"),
  rho: z.number().min(0).default(0.05).describe("radius of the perturbation; 0: none"),
  rhoMode: z
    .enum(["constant", "rate", "divergence"])
    .default("constant")
    .describe("rate: in proportion to the learning rate; divergence: rho(1 + kappa D / running mean of D)"),
  kappa: z.number().default(1).describe("kappa of rhoMode: divergence"),
  startIteration: z.int().min(0).default(0).describe("plain steps before this one"),
  every: z.int().min(1).default(1).describe("perturb in every n-th step only"),
};

const dimOptions = z.strictObject({
  ...shared,
  perturbWith: z.enum(perturbations).default("total").describe("DiM-1 to DiM-6, see docs/method.md"),
  lambda: z.number().min(0).default(0.1).describe("weight of the divergence; 0: none"),
  lambdaMode: z.enum(["constant", "ramp", "linear"]).default("ramp").describe("ramp: follows the method's ramp-up"),
  addClean: z
    .boolean()
    .default(false)
    .describe("perturbWith: source only: add the clean gradient of the labelled loss"),
  divergence: divergenceOptions.prefault({}),
});

/** Settings of {@link Dim}. */
export type DimOptions = Omit<z.output<typeof dimOptions>, "divergence">;

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
        lambda > 0 && (needed || at.measure) ? evaluateDivergence(objective, evaluation, needed, true) : null;
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
        lambda > 0 && (needed || at.measure) ? evaluateDivergence(objective, evaluation, needed, false) : null;
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
  updateRunningMeans: boolean,
): Tensor {
  const compute = objective.divergence as NonNullable<Objective<E>["divergence"]>;
  const run = () => compute(evaluation, { updateRunningMeans });
  return differentiable ? run() : noGrad(run);
}

/** The first loss that is NaN or infinite. */
function nonFiniteLoss(terms: Record<string, number>, task: number, divergence: number | undefined): string | null {
  const bad = Object.entries(terms).find(([, value]) => !Number.isFinite(value));
  if (bad) return `loss term ${bad[0]}`;
  if (!Number.isFinite(task)) return "task loss";
  return divergence === undefined || Number.isFinite(divergence) ? null : "divergence";
}

const withoutDivergence = { perturbWith: "task", lambda: 0, lambdaMode: "constant", addClean: false } as const;

export const dim = minimizerEntry({
  summary: "sharpness-aware steps guided by an f-divergence between labelled and unlabelled images",
  source: "arXiv 2411.12350, our reading in docs/method.md",
  cost: "2 passes over the method's views and 2 (DiM-1) or 1 over both domains for the divergence",
  options: dimOptions,
  create: (parameters, base, options) => new Dim(parameters, base, options),
});

export const sam = minimizerEntry({
  summary: "sharpness-aware minimisation",
  source: "Foret et al., ICLR 2021; davda54/sam",
  cost: "2 passes",
  options: z.strictObject(shared),
  create: (parameters, base, options) => new Dim(parameters, base, { ...options, ...withoutDivergence }),
});

export const none = minimizerEntry({
  summary: "the base optimiser alone",
  source: "torch.optim",
  cost: "1 pass",
  options: z.strictObject({}),
  create: (parameters, base) =>
    new Dim(parameters, base, {
      ...withoutDivergence,
      inner: "sam",
      rho: 0,
      rhoMode: "constant",
      kappa: 0,
      startIteration: 0,
      every: 1,
    }),
});
