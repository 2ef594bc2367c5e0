/** The plain sharpness-aware optimiser: the gradient at w perturbs by an ascent rule, the one at w+ε updates. */
import { noGrad, type Tensor } from "../../torch/index.js";
import type { Evaluation } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import type { NamedParameters } from "../parameter-list.js";
import type { AscentRule, Radius } from "../rules/ascent-rule.js";
import { perturbsAt, type RadiusOptions, radiusByRate } from "./radius.js";
import { SharpnessMinimizer } from "./sharpness-minimizer.js";
import type { PassResult, PassTargets, SharpnessStep } from "./sharpness-step.js";

/** An ascent rule with its own settings. */
export interface ChosenRule {
  rule: AscentRule;
  options: Record<string, unknown>;
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
    private readonly radius: RadiusOptions,
    numbers: readonly string[] = [],
  ) {
    const { lists, numbers: own = [] } = rule.remembers ?? {};
    super(parameters, base, { lists, numbers: [...numbers, ...own] });
    this.rule = rule;
    this.ruleOptions = options;
  }

  protected override advance(step: SharpnessStep): void {
    const perturbing = perturbsAt(step.at, this.radius);
    const clean = step.clean((evaluation) => this.cleanTargets(step, evaluation, perturbing));
    if (!perturbing) {
      step.descend(clean.gradient);
      return;
    }
    const rho = this.rhoAt(step, clean);
    step.reportRadius(rho);
    const { gradient, norm } = clean;
    const input = { parameters: step.parameters, gradient, norm, rho, memory: this.memory };
    const perturbation = noGrad(() => this.rule.perturbation(input, this.ruleOptions));
    const perturbed = step.perturbed(perturbation, (evaluation) => this.perturbedTargets(step, evaluation));
    step.descend(this.update(step, clean, perturbed));
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
    const { rho, rhoMode, rhoMin } = this.radius;
    return rhoMode === "rate" ? radiusByRate(at, rho, rhoMin) : rho;
  }

  /** The gradient for the base optimiser. */
  protected update(_step: SharpnessStep, clean: PassResult, perturbed: PassResult): Tensor[] {
    const { combine } = this.rule;
    return combine ? noGrad(() => combine(clean, perturbed, this.ruleOptions)) : perturbed.gradient;
  }
}
