/**
 * DiM: sharpness-aware minimisation guided by an f-divergence between the labelled and the unlabelled distribution
 * (arXiv 2411.12350, in the reading of docs/method.md):
 *
 *   min_w max_{‖ε‖≤ρ} L_task(w+ε) + λ·D_f(P_S ‖ P_T)(w+ε)
 *
 * For every variant λ = 0 is the inner rule alone (SAM), ρ = 0 is the divergence without sharpness, and both 0 is the
 * base optimiser alone.
 */
import { z } from "zod";
import { foreachAdd, noGrad, type Tensor } from "../../torch/index.js";
import { divergenceOptions } from "../divergence-options.js";
import { minimizerEntry } from "../entry.js";
import type { Evaluation, StepContext } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import type { NamedParameters } from "../parameter-list.js";
import { ascentChoice, ascentRules } from "./ascent.js";
import type { AscentRule } from "./ascent-rule.js";
import { perturbsAt, radiusByRate, rhoMin, timing } from "./radius.js";
import { SharpnessMinimizer } from "./sharpness-minimizer.js";
import type { PassResult, PassTargets, SharpnessStep } from "./sharpness-step.js";

/**
 * Which gradient perturbs the weights: the whole objective (DiM-1), the task loss (DiM-2), the task loss with the
 * divergence kept out of the perturbed pass (DiM-3), the labelled loss (DiM-4), the divergence (DiM-5), or the task
 * loss minus the divergence (DiM-6).
 */
export const perturbations = ["total", "task", "clean", "source", "div", "disam"] as const;
/** Name of the gradient that perturbs. */
export type PerturbWith = (typeof perturbations)[number];

/** Settings of the divergence's weight. */
export function lambdaOptions(lambda: number, mode: "constant" | "ramp" | "linear") {
  return {
    lambda: z.number().min(0).default(lambda).describe("weight of the divergence; 0: none"),
    lambdaMode: z
      .enum(["constant", "ramp", "linear"])
      .default(mode)
      .describe("ramp: follows the method's ramp-up; linear: grows with the iteration"),
  };
}

const dimOptions = z.strictObject({
  inner: ascentChoice.default({ name: "sam" }).describe("ascent rule: a name, or a name with the rule's own settings"),
  rho: z.number().min(0).optional().describe("radius of the perturbation, 0: none; default: the inner rule's own"),
  rhoMode: z
    .enum(["constant", "rate", "divergence"])
    .default("constant")
    .describe("rate: follows the learning rate; divergence: rho(1 + kappa D / running mean of D)"),
  rhoMin,
  kappa: z.number().min(0).default(1).describe("kappa of rhoMode: divergence"),
  ...timing,
  perturbWith: z.enum(perturbations).default("total").describe("DiM-1 to DiM-6, see docs/method.md"),
  ...lambdaOptions(0.1, "ramp"),
  addClean: z
    .boolean()
    .default(false)
    .describe("perturbWith: source only: add the clean gradient of the labelled loss to the update"),
  divergence: divergenceOptions.prefault({}),
});

/** Settings of {@link Dim}. */
export type DimOptions = Omit<z.output<typeof dimOptions>, "divergence">;

/** Memory of D̄, the running mean of the divergence. */
const meanDecay = 0.9;
const meanName = "meanDivergence";

/** DiM with its settings; the equations are in docs/method.md. */
export class Dim extends SharpnessMinimizer {
  private readonly rule: AscentRule;
  private readonly options: DimOptions & { rho: number };

  constructor(parameters: NamedParameters, base: Optimizer, options: DimOptions) {
    const rule: AscentRule = ascentRules[options.inner.name];
    super(parameters, base, { lists: rule.remembers?.lists, numbers: [meanName, ...(rule.remembers?.numbers ?? [])] });
    this.rule = rule;
    this.options = { ...options, rho: options.rho ?? rule.rho };
  }

  protected override advance(step: SharpnessStep): void {
    const perturbing = perturbsAt(step.at, this.options);
    const lambda = step.divergence ? this.lambdaAt(step.at) : 0;
    step.report.lambda = lambda;
    const clean = step.clean((evaluation) => this.cleanTargets(step, evaluation, lambda, perturbing));
    if (!perturbing) {
      step.descend(clean.gradient);
      return;
    }
    const gradient = this.perturbedGradient(step, clean, lambda);
    const added = this.addedGradient(clean, lambda);
    step.descend(added ? foreachAdd(gradient, added) : gradient);
  }

  /** Ascent from the clean gradient, the pass at w+ε, and what the inner rule makes of both gradients. */
  private perturbedGradient(step: SharpnessStep, clean: PassResult, lambda: number): Tensor[] {
    const { rule, memory } = this;
    const { inner } = this.options;
    const rho = this.rhoAt(step.at, step.report.divergence);
    step.report.rho = rho;
    const input = { parameters: step.parameters, gradient: clean.gradient, norm: clean.norm, rho, memory };
    const perturbation = noGrad(() => rule.perturbation(input, inner));
    const perturbed = step.perturbed(perturbation, (evaluation) => this.perturbedTargets(step, evaluation, lambda));
    return rule.combine ? noGrad(() => rule.combine!(clean, perturbed, inner)) : perturbed.gradient;
  }

  /** What of the clean pass joins the update: the divergence's gradient (DiM-3) or the labelled loss's (`addClean`). */
  private addedGradient(clean: PassResult, lambda: number): readonly Tensor[] | null {
    const { perturbWith, addClean } = this.options;
    if (perturbWith === "source" && addClean && lambda > 0) return clean.gradient;
    return clean.further[0] ?? null;
  }

  /** The loss whose gradient perturbs, or updates when nothing perturbs; for DiM-3 also the divergence on its own. */
  private cleanTargets(step: SharpnessStep, evaluation: Evaluation, lambda: number, perturbing: boolean): PassTargets {
    const { perturbWith } = this.options;
    const { task, terms } = evaluation;
    const differentiated = !perturbing || (perturbWith !== "task" && perturbWith !== "source");
    const used = this.cleanUsesDivergence(perturbing);
    const divergence = evaluateDivergence(step, evaluation, { lambda, differentiated, used, updateRunningMeans: used });
    const weighted = divergence && differentiated ? divergence.mul(lambda) : null;
    const choose = (): Tensor[] => {
      if (perturbing && perturbWith === "source" && lambda > 0) return [terms.sup];
      if (!weighted) return [task];
      if (!perturbing || perturbWith === "total") return [task.add(weighted)];
      if (perturbWith === "clean") return [task, weighted];
      return [perturbWith === "div" ? weighted : task.sub(weighted)];
    };
    return { losses: choose(), divergence };
  }

  /** Whether the update depends on D at w, through its gradient or through the radius. */
  private cleanUsesDivergence(perturbing: boolean): boolean {
    const { perturbWith, rhoMode } = this.options;
    return !perturbing || rhoMode === "divergence" || (perturbWith !== "task" && perturbWith !== "source");
  }

  private perturbedTargets(step: SharpnessStep, evaluation: Evaluation, lambda: number): PassTargets {
    const differentiated = this.options.perturbWith !== "clean";
    const updateRunningMeans = !this.cleanUsesDivergence(true);
    const choices = { lambda, differentiated, used: differentiated, updateRunningMeans };
    const divergence = evaluateDivergence(step, evaluation, choices);
    const loss = divergence && differentiated ? evaluation.task.add(divergence.mul(lambda)) : evaluation.task;
    return { losses: [loss], divergence };
  }

  private lambdaAt({ iteration, maxIterations, rampUp }: StepContext): number {
    const { lambda, lambdaMode, startIteration } = this.options;
    if (iteration < startIteration) return 0;
    if (lambdaMode === "ramp") return lambda * rampUp;
    return lambdaMode === "linear" ? (lambda * iteration) / maxIterations : lambda;
  }

  private rhoAt(at: StepContext, divergence: number | undefined): number {
    const { rho, rhoMode, rhoMin, kappa } = this.options;
    if (rhoMode === "rate") return radiusByRate(at, rho, rhoMin);
    if (rhoMode === "constant" || divergence === undefined) return rho;
    const mean = meanDecay * (this.memory.number(meanName) ?? divergence) + (1 - meanDecay) * divergence;
    this.memory.keepNumber(meanName, mean);
    return mean > 0 ? rho * (1 + (kappa * divergence) / mean) : rho;
  }
}

/** D at the present weights; null when nobody wants it, without gradient when it is only a number. */
function evaluateDivergence(
  { divergence, at }: SharpnessStep,
  evaluation: Evaluation,
  choices: { lambda: number; differentiated: boolean; used: boolean; updateRunningMeans: boolean },
): Tensor | null {
  const { lambda, differentiated, used, updateRunningMeans } = choices;
  if (!divergence || lambda === 0 || !(used || at.measure)) return null;
  const run = () => divergence(evaluation, { updateRunningMeans });
  return differentiated ? run() : noGrad(run);
}

/** The settings that leave the inner rule alone. */
export const withoutDivergence = {
  perturbWith: "task",
  lambda: 0,
  lambdaMode: "constant",
  addClean: false,
  kappa: 0,
} as const;

export const dim = minimizerEntry({
  summary: "sharpness-aware steps guided by an f-divergence between labelled and unlabelled images",
  source: "arXiv 2411.12350, our reading in docs/method.md",
  cost: "2 passes, and the divergence's own pass over both domains twice (DiM-1, 5, 6) or once (DiM-2, 3, 4)",
  options: dimOptions,
  create: (parameters, base, options) => new Dim(parameters, base, options),
});
