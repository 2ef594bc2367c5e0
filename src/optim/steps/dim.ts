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
import { UsageError } from "../../core/errors.js";
import { foreachAdd, noGrad, type Tensor, where } from "../../torch/index.js";
import { divergenceOptions } from "../divergence-options.js";
import { minimizerEntry } from "../entry.js";
import type { Evaluation } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import { addScaled, type NamedParameters, scaled } from "../parameter-list.js";
import type { AscentRule, Radius } from "../rules/ascent-rule.js";
import { ascentChoice, ascentRules } from "../rules/registry.js";
import { perturbOption } from "../sharpness/perturbed-part.js";
import { lossBudget, rhoMin, rhoModes, rhoModesInWords, timing } from "../sharpness/radius.js";
import { RuleMinimizer, type RuleSettings, variations } from "../sharpness/rule-minimizer.js";
import type { Mixed, PassResult, PassTargets, SharpnessStep } from "../sharpness/sharpness-step.js";
import { balancingWeight } from "./balance.js";

/**
 * Which gradient perturbs the weights: the whole objective (DiM-1), the task loss (DiM-2), the task loss with the
 * divergence kept out of the perturbed pass (DiM-3), the labelled loss (DiM-4), the divergence (DiM-5), or the task
 * loss minus the divergence (DiM-6).
 */
export const perturbations = ["total", "task", "clean", "source", "div", "disam"] as const;

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

/** Settings of DiM that no form of it has a default of its own for. */
const common = {
  inner: ascentChoice.default({ name: "sam" }).describe("ascent rule: a name, or a name with the rule's own settings"),
  rhoMin,
  lossBudget,
  kappa: z.number().min(0).default(1).describe("kappa of rhoMode: divergence"),
  perturbWith: z.enum(perturbations).default("total").describe("DiM-1 to DiM-6, see docs/method.md"),
  balance: z
    .number()
    .positive()
    .optional()
    .describe(
      "in place of lambda, which then only says whether there is a divergence: the length of its weighted gradient as a share of the task loss's; lambdaMode acts on it",
    ),
  addClean: z
    .boolean()
    .default(false)
    .describe("perturbWith: source only: add the clean gradient of the labelled loss to the update"),
};

const rho = z.number().min(0);
const rhoMode = z
  .enum([...rhoModes, "divergence"])
  .describe(`${rhoModesInWords}; divergence: rho(1 + kappa D / running mean of D)`);

const dimOptions = z.strictObject({
  rho: rho.default(0.5).describe("greatest radius of the perturbation, 0: none"),
  rhoMode: rhoMode.default("loss"),
  ...common,
  ...timing(0.7),
  perturb: perturbOption("auto"),
  renormalise: z
    .boolean()
    .optional()
    .describe("give the perturbed pass's gradient the length of the clean one's; default: where perturbWith allows it"),
  ...lambdaOptions(1, "constant"),
  divergence: divergenceOptions("kl", "restyled"),
});

const ofTheInner = "default: the inner rule's own";

/** Settings of the reading of the paper that DiM was before: the features compared, all weights perturbed in every step. */
const dimFeaturesOptions = z.strictObject({
  rho: rho.optional().describe(`radius of the perturbation, 0: none; ${ofTheInner}`),
  rhoMode: rhoMode.optional().describe(`${rhoModesInWords}; ${ofTheInner}`),
  ...common,
  ...timing(0),
  ...variations({ perturb: "all", renormalise: false }),
  ...lambdaOptions(0.1, "ramp"),
  divergence: divergenceOptions("js", "featSoftmax"),
});

/** Settings of {@link Dim}. */
export type DimOptions = Omit<z.output<typeof dimFeaturesOptions>, "divergence">;

/** The variants whose perturbing gradient is of the task loss. */
const comparable: readonly string[] = ["total", "task", "clean"];

/** Memory of D̄, the running mean of the divergence. */
const meanDecay = 0.9;
const meanName = "meanDivergence";

/** The radius and its course: the inner rule's own where none are given, so that without D it is that rule alone. */
function settingsOf(options: DimOptions): RuleSettings {
  const rule: AscentRule = ascentRules[options.inner.name];
  const course = options.rhoMode ?? rule.rhoMode ?? "constant";
  return { ...options, rho: options.rho ?? rule.rho, rhoMode: course === "divergence" ? "constant" : course };
}

/** Refuses a length that is of another loss's gradient. @throws UsageError */
function checkLength({ renormalise, perturbWith }: DimOptions): void {
  if (!renormalise || comparable.includes(perturbWith)) return;
  throw new UsageError(
    `optimizer: renormalise gives the update the length of the gradient that perturbs, but that of perturbWith: ${perturbWith} is of another loss; take perturbWith ${comparable.join(", ")}, or renormalise: false`,
  );
}

/** DiM with its settings; the equations are in docs/method.md. */
export class Dim extends RuleMinimizer {
  constructor(
    parameters: NamedParameters,
    base: Optimizer,
    private readonly options: DimOptions,
  ) {
    const { inner } = options;
    checkLength(options);
    super(parameters, base, { rule: ascentRules[inner.name], options: inner }, settingsOf(options), [meanName]);
  }

  /** The loss whose gradient perturbs, or updates when nothing perturbs; for DiM-3 also the divergence on its own. */
  protected override cleanTargets(step: SharpnessStep, evaluation: Evaluation, perturbing: boolean): PassTargets {
    const { perturbWith } = this.options;
    const { task, terms } = evaluation;
    const lambda = this.lambdaOf(step);
    if (this.options.balance === undefined) step.report.lambda = lambda;
    const differentiated = !perturbing || (perturbWith !== "task" && perturbWith !== "source");
    const used = this.cleanUsesDivergence(perturbing);
    const divergence = evaluateDivergence(step, evaluation, { lambda, differentiated, used, learn: used });
    const balanced = differentiated ? this.balanced(step, task, divergence, perturbing ? perturbWith : "total") : null;
    if (balanced) return balanced;
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

  protected override perturbedTargets(step: SharpnessStep, evaluation: Evaluation): PassTargets {
    const lambda = this.lambdaOf(step);
    const differentiated = this.options.perturbWith !== "clean";
    const learn = !this.cleanUsesDivergence(true);
    const divergence = evaluateDivergence(step, evaluation, { lambda, differentiated, used: differentiated, learn });
    const balanced = differentiated ? this.balanced(step, evaluation.task, divergence, "total") : null;
    if (balanced) return balanced;
    const loss = divergence && differentiated ? evaluation.task.add(divergence.mul(lambda)) : evaluation.task;
    return { losses: [loss], divergence };
  }

  /** The targets of a pass whose λ follows from its own gradients; null where λ is given or there is no divergence. */
  private balanced(
    step: SharpnessStep,
    task: Tensor,
    divergence: Tensor | null,
    variant: (typeof perturbations)[number],
  ): PassTargets | null {
    if (this.options.balance === undefined || !divergence) return null;
    const combine = (lambda: Tensor, ofTask: Tensor[], ofDivergence: Tensor[]): Tensor[][] => {
      if (variant === "clean") return [ofTask, scaled(ofDivergence, lambda)];
      if (variant === "div") return [scaled(ofDivergence, lambda)];
      return [addScaled(ofTask, variant === "disam" ? lambda.neg() : lambda, ofDivergence)];
    };
    const mix = ([ofTask, ofDivergence]: readonly Tensor[][]): Mixed => {
      const lambda = balancingWeight(this.lambdaOf(step), ofTask, ofDivergence);
      return { gradients: combine(lambda, ofTask, ofDivergence), lambda };
    };
    return { losses: [task, divergence], divergence, mix };
  }

  /** ρ(1 + κD/D̄) with `rhoMode: divergence`, D̄ the running mean of D. */
  protected override rhoAt(step: SharpnessStep, clean: PassResult): Radius {
    const rho = super.rhoAt(step, clean);
    const { rhoMode, kappa } = this.options;
    const { divergence } = clean;
    if (rhoMode !== "divergence" || !divergence) return rho;
    const before = this.memory.number(meanName) ?? divergence;
    const mean = before.mul(meanDecay).add(divergence.mul(1 - meanDecay));
    this.memory.keepNumber(meanName, mean);
    const factor = divergence.mul(kappa).div(mean).add(1);
    return where(mean.gt(0), factor, 1).mul(rho);
  }

  /** The inner rule's update, and what of the clean pass joins it: the divergence's gradient (DiM-3) or `addClean`'s. */
  protected override update(step: SharpnessStep, clean: PassResult, perturbed: PassResult): Tensor[] {
    const gradient = super.update(step, clean, perturbed);
    const { perturbWith, addClean } = this.options;
    const addsLabelled = perturbWith === "source" && addClean && this.lambdaOf(step) > 0;
    const added = addsLabelled ? clean.gradient : clean.further[0];
    return added ? foreachAdd(gradient, added) : gradient;
  }

  /** Whether the update depends on D at w, through its gradient or through the radius. */
  private cleanUsesDivergence(perturbing: boolean): boolean {
    const { perturbWith, rhoMode } = this.options;
    return !perturbing || rhoMode === "divergence" || (perturbWith !== "task" && perturbWith !== "source");
  }

  /** λ, or the share of the gradient that stands in its place. */
  private lambdaOf({ divergence, at: { iteration, maxIterations, rampUp } }: SharpnessStep): number {
    const { lambda, balance = lambda, lambdaMode, startIteration } = this.options;
    if (!divergence || lambda === 0 || iteration < startIteration) return 0;
    if (lambdaMode === "ramp") return balance * rampUp;
    return lambdaMode === "linear" ? (balance * iteration) / maxIterations : balance;
  }
}

/** D at the present weights; null when nobody wants it, without gradient when it is only a number. */
function evaluateDivergence(
  { divergence, at }: SharpnessStep,
  evaluation: Evaluation,
  choices: { lambda: number; differentiated: boolean; used: boolean; learn: boolean },
): Tensor | null {
  const { lambda, differentiated, used, learn } = choices;
  if (!divergence || lambda === 0 || !(used || at.measure)) return null;
  const run = () => divergence(evaluation, { learn });
  return differentiated ? run() : noGrad(run);
}

/** The ramp-up is the method's, which says it of the step at hand alone; other weights that change are the host's likewise. */
function isCapturable({ rhoMode, lambdaMode, startIteration }: Omit<DimOptions, "renormalise">): boolean {
  return rhoMode !== "ramp" && lambdaMode === "constant" && startIteration === 0;
}

export const dim = minimizerEntry({
  summary: "sharpness-aware steps guided by an f-divergence between labelled and unlabelled images",
  source: "arXiv 2411.12350, our definition in docs/method.md",
  passes: 2,
  costNote: "but 1 before the last three tenths of the training, and one of restyled images beside each",
  options: dimOptions,
  capturable: isCapturable,
  auto: { domainStatistics: true, thresholdByClass: true },
  create: (parameters, base, options) => {
    const { renormalise = comparable.includes(options.perturbWith) } = options;
    return new Dim(parameters, base, { ...options, renormalise });
  },
});

export const dimFeatures = minimizerEntry({
  summary: "DiM as it was before: pooled features compared, all weights perturbed in every step",
  source: "arXiv 2411.12350, our reading in docs/method.md",
  passes: 2,
  costNote: "and the divergence's own pass over both domains twice (DiM-1, 5, 6) or once (DiM-2, 3, 4)",
  options: dimFeaturesOptions,
  capturable: isCapturable,
  create: (parameters, base, options) => new Dim(parameters, base, options),
});
