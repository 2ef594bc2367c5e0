/** The frame of every sharpness-aware optimiser: one method or function says what a step does, the rest is here. */
import { z } from "zod";
import { scope, type Tensor } from "../../torch/index.js";
import { type MinimizerEntry, minimizerEntry } from "../entry.js";
import type { Evaluation, LossPart, Minimizer, Objective, StepContext, StepReport } from "../objective.js";
import type { Optimizer } from "../optimizer.js";
import type { NamedParameters } from "../parameter-list.js";
import { Memory, type MemoryNames } from "./memory.js";
import { perturbsAtAll } from "./radius.js";
import { SharpnessStep } from "./sharpness-step.js";

const basePrefix = "base.";

export abstract class SharpnessMinimizer implements Minimizer {
  protected readonly memory: Memory;

  /** @param perturbed the parameters that are perturbed, and of which the memory keeps lists; the others are only updated */
  constructor(
    private readonly parameters: NamedParameters,
    private readonly base: Optimizer,
    names?: MemoryNames,
    private readonly perturbed: NamedParameters = parameters,
  ) {
    this.memory = new Memory(perturbed, names);
  }

  /** The passes and the update of one step, with the weights back at w, or moved by the update, at its end. */
  protected abstract advance(step: SharpnessStep): void;

  get keepsGradients(): boolean {
    return this.memory.keepsLists;
  }

  step<E extends Evaluation>(objective: Objective<E>, at: StepContext): StepReport {
    return scope(() => {
      // The divergence of an objective is only ever given evaluations of that same objective.
      const erased = objective as unknown as Objective;
      const step = new SharpnessStep(this.parameters, this.base, erased, at, this.perturbed);
      let succeeded = false;
      try {
        this.advance(step);
        succeeded = true;
      } catch (error) {
        step.report.nonFinite = step.nonFiniteBehind(error);
      } finally {
        this.memory.endStep(succeeded);
      }
      return step.report;
    });
  }

  state(): Map<string, Tensor> {
    const base = [...this.base.state()].map(([name, value]) => [basePrefix + name, value] as const);
    return new Map([...base, ...this.memory.state()]);
  }

  loadState(state: ReadonlyMap<string, Tensor>): void {
    const isBase = ([name]: readonly [string, Tensor]) => name.startsWith(basePrefix);
    this.memory.loadState(new Map([...state].filter((entry) => !isBase(entry))));
    const base = [...state].filter(isBase).map(([name, value]) => [name.slice(basePrefix.length), value] as const);
    this.base.loadState(new Map(base));
  }
}

/** A step of the base optimiser alone. */
export function plainStep(step: SharpnessStep): void {
  step.descend(step.clean().gradient);
}

type OptionShape = Record<string, z.ZodType> & { rho: z.ZodType<number> };

/** An optimiser whose step is a function; `rho: 0` makes it its base optimiser. */
export interface SharpnessDefinition<Shape extends OptionShape> {
  summary: string;
  source: string;
  passes: number;
  costNote?: string;
  options: Shape;
  remembers?: MemoryNames;
  /** The part of an evaluation that these settings cannot do without. Default: none. */
  needs?(options: z.output<z.ZodObject<Shape>>): LossPart | null;
  /** Refuses a base optimiser or options that make no sense. @throws UsageError */
  check?(base: Optimizer): void;
  /** The passes and the update of one step, which ends with `step.descend`. */
  advance(step: SharpnessStep, options: z.output<z.ZodObject<Shape>>, memory: Memory): void;
}

/** Turns a definition into a registry entry. */
export function sharpnessEntry<Shape extends OptionShape>(
  definition: SharpnessDefinition<Shape>,
): MinimizerEntry<z.ZodObject<Shape, z.core.$strict>> {
  const { summary, source, passes, costNote } = definition;
  return minimizerEntry({
    summary,
    source,
    passes,
    costNote,
    options: z.strictObject(definition.options),
    needs(options) {
      const settings = options as z.output<z.ZodObject<Shape>> & { rho: number };
      return perturbsAtAll(settings) ? (definition.needs?.(settings) ?? null) : null;
    },
    create(parameters, base, options) {
      const settings = options as z.output<z.ZodObject<Shape>> & { rho: number };
      if (!perturbsAtAll(settings)) return new Plain(parameters, base, definition.remembers);
      definition.check?.(base);
      return new FromDefinition(parameters, base, definition, settings);
    },
  });
}

/** The base optimiser alone. */
class Plain extends SharpnessMinimizer {
  protected override advance(step: SharpnessStep): void {
    plainStep(step);
  }
}

class FromDefinition<Shape extends OptionShape> extends SharpnessMinimizer {
  constructor(
    parameters: NamedParameters,
    base: Optimizer,
    private readonly definition: SharpnessDefinition<Shape>,
    private readonly options: z.output<z.ZodObject<Shape>>,
  ) {
    super(parameters, base, definition.remembers);
  }

  protected override advance(step: SharpnessStep): void {
    this.definition.advance(step, this.options, this.memory);
  }
}

export const none = minimizerEntry({
  summary: "the base optimiser alone",
  source: "torch.optim",
  passes: 1,
  options: z.strictObject({}),
  capturable: () => true,
  create: (parameters, base) => new Plain(parameters, base),
});
