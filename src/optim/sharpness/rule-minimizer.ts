/** The plain sharpness-aware optimiser: the gradient at w perturbs by an ascent rule, the one at w+ε updates. */
import { z } from "zod";
import { noGrad, type Tensor } from "../../torch/index.js";
import type { Evaluation, StepPosition } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import { globalNorm, type NamedParameters } from "../parameter-list.js";
import { type AscentRule, ofLength, type Radius } from "../rules/ascent-rule.js";
import { stepValue, times } from "../step-values.js";
import { type PerturbedPart, perturbedPart, perturbOption } from "./perturbed-part.js";
import { budgetAt, perturbsAt, type RadiusOptions, radiusAt, radiusOptions, withinBudget } from "./radius.js";
import { SharpnessMinimizer } from "./sharpness-minimizer.js";
import type { PassResult, PassTargets, SharpnessStep } from "./sharpness-step.js";

/** An ascent rule with its own settings. */
export interface ChosenRule {
  rule: AscentRule;
  options: Record<string, unknown>;
}

/** What is perturbed, and how long the gradient of the perturbed pass is. */
export function variations({ perturb, renormalise }: Pick<RuleSettings, "perturb" | "renormalise">) {
  return {
    perturb: perturbOption(perturb),
    renormalise: z
      .boolean()
      .default(renormalise)
      .describe("give the perturbed pass's gradient the length of the clean one's"),
  };
}

/** Settings of an optimiser made of an ascent rule, with its own default radius. */
export function ruleOptions(rho: number, rhoMode: "constant" | "rate" = "constant") {
  return { ...radiusOptions(rho, rhoMode), ...variations({ perturb: "all", renormalise: false }) };
}

/** The same with every default filled in. */
export interface RuleSettings extends RadiusOptions {
  perturb: PerturbedPart;
  renormalise: boolean;
}

/** Two passes and one rule; DiM extends it by a divergence. */
export class RuleMinimizer extends SharpnessMinimizer {
  private readonly rule: AscentRule;
  private readonly ruleOptions: Record<string, unknown>;

  /** @param numbers names of what a subclass keeps in its memory beside the rule's own */
  constructor(
    parameters: NamedParameters,
    base: Optimizer,
    { rule, options }: ChosenRule,
    private readonly settings: RuleSettings,
    numbers: readonly string[] = [],
  ) {
    const { lists, numbers: own = [] } = rule.remembers ?? {};
    super(parameters, base, { lists, numbers: [...numbers, ...own] }, perturbedPart(parameters, settings.perturb));
    this.rule = rule;
    this.ruleOptions = options;
  }

  /** Two where it perturbs. */
  passesAt(at: Pick<StepPosition, "iteration" | "maxIterations">): number {
    return perturbsAt(at, this.settings) ? 2 : 1;
  }

  protected override advance(step: SharpnessStep): void {
    const perturbing = perturbsAt(step.at, this.settings);
    const clean = step.clean((evaluation) => this.cleanTargets(step, evaluation, perturbing));
    if (!perturbing) {
      step.descend(clean.gradient);
      return;
    }
    const perturbation = noGrad(() => this.perturbation(step, clean));
    const perturbed = step.perturbed(perturbation, (evaluation) => this.perturbedTargets(step, evaluation));
    step.descend(this.update(step, clean, perturbed));
  }

  /** ε by the rule, shortened where it would cost too much of the loss; one tensor per perturbed parameter. */
  private perturbation(step: SharpnessStep, clean: PassResult): readonly Tensor[] {
    const rho = this.rhoAt(step, clean);
    const gradient = step.partOf(clean.gradient);
    const norm = gradient === clean.gradient ? clean.norm : globalNorm(gradient);
    const { perturbable: parameters, at } = step;
    const full = this.rule.perturbation({ parameters, gradient, norm, rho, memory: this.memory }, this.ruleOptions);
    if (this.settings.rhoMode !== "loss") {
      step.reportRadius(rho);
      return full;
    }
    const budget = stepValue(at, (position: StepPosition) => budgetAt(position, this.settings));
    const { perturbation, factor } = withinBudget(full, gradient, times(clean.task, budget));
    step.reportRadius(factor.mul(rho));
    return perturbation;
  }

  /** What perturbs, or updates in a step that does not perturb. */
  protected cleanTargets(_step: SharpnessStep, { task }: Evaluation, _perturbing: boolean): PassTargets {
    return { losses: [task] };
  }

  /** What updates. */
  protected perturbedTargets(_step: SharpnessStep, { task }: Evaluation): PassTargets {
    return { losses: [task] };
  }

  protected rhoAt({ at }: SharpnessStep, _clean: PassResult): Radius {
    return radiusAt(at, this.settings);
  }

  /** The gradient for the base optimiser; renormalised it is as long as the one at w (SSAM, JMLR 2025). */
  protected update(_step: SharpnessStep, clean: PassResult, perturbed: PassResult): Tensor[] {
    const { combine } = this.rule;
    const gradient = combine ? noGrad(() => combine(clean, perturbed, this.ruleOptions)) : perturbed.gradient;
    if (!this.settings.renormalise) return gradient;
    return noGrad(() => ofLength(clean.norm, gradient, combine ? globalNorm(gradient) : perturbed.norm));
  }
}
