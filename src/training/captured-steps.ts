/**
 * Steps that a device repeats as a whole, as captured graphs, for the thousands of calls that a step otherwise takes of the
 * host. Views and draws are made as ever and copied to where the captured step reads them; networks, losses, passes, the
 * update and what follows the student are repeated. Numbers come out as they do in a step that is not captured.
 */
import { UsageError } from "../core/errors.js";
import type { Batch, MethodStep } from "../methods/index.js";
import { learningRate, type Minimizer, passesOf, type StepPosition, type StepReport } from "../optim/index.js";
import { Graph, persist, Tensor, TorchError, tensor, useLibtorchAlone } from "../torch/index.js";
import {
  computeStep,
  drawStep,
  type StepInputs,
  type StepParts,
  type StepPlace,
  seedEngine,
  trainStep,
} from "./step.js";

/** A number of the host at any step. */
type ValueAt = (place: MethodStep & StepPosition) => number;

/**
 * Steps of one form before the one that is captured: the first make what later ones find, such as momentum, and let
 * libraries choose their kernels. The last of them tells which numbers a step asks for.
 */
const stepsBefore = 3;

/** A captured step, and what is put in place before it is repeated. */
interface Captured {
  graph: Graph;
  inputs: StepInputs;
  valuesAt: readonly ValueAt[];
  /** float64 [n]. */
  values: Tensor;
  report: StepReport;
}

/** How far steps of one form have come. */
interface Form {
  done: number;
  valuesAt: ValueAt[];
  captured: Captured | null;
}

/** Unlogged steps of one process, whose numbers are left on the device. */
export class CapturedSteps implements Disposable {
  /** By the passes that a step makes. */
  private readonly forms = new Map<number, Form>();

  /** @param parts which can be captured, as the registries' entries say */
  constructor(private readonly parts: StepParts) {
    // In the steps between, too: they round as those that are captured do, wherever a run is interrupted.
    useLibtorchAlone(true);
  }

  /** One step, as {@link trainStep} does it. @param place that of a step that is neither logged nor read */
  step(batch: Batch, place: StepPlace): StepReport {
    const form = this.formOf(place, this.parts.minimizer);
    if (form.captured) return this.repeat(form.captured, batch, place);
    if (form.done < stepsBefore) return this.listen(form, batch, place);
    form.captured = this.capture(form, batch, place);
    return reportOf(form.captured);
  }

  private formOf({ iteration, maxIterations }: StepPlace, minimizer: Minimizer): Form {
    const passes = passesOf(minimizer, maxIterations)(iteration);
    const form = this.forms.get(passes) ?? { done: 0, valuesAt: [], captured: null };
    this.forms.set(passes, form);
    return form;
  }

  /** A step that is not captured, and remembers what numbers it asked for. */
  private listen(form: Form, batch: Batch, place: StepPlace): StepReport {
    const valuesAt: ValueAt[] = [];
    const position = positionOf(place);
    const value = (of: ValueAt) => {
      valuesAt.push(of);
      return of(position);
    };
    const { report } = trainStep(this.parts, batch, { ...place, values: { value } });
    form.done++;
    form.valuesAt = valuesAt;
    return report;
  }

  private capture({ valuesAt }: Form, batch: Batch, place: StepPlace): Captured {
    const { parts } = this;
    const inputs = mapTensors(drawStep(parts, batch, place), (one) => persist(one.clone()));
    const values = persist(numbersAt(valuesAt, place, parts.device));
    let asked = 0;
    const value = () => {
      if (asked >= valuesAt.length) throw new Error("internal: a captured step asks for more numbers than others");
      return values.select(0, asked++);
    };
    let report: StepReport | undefined;
    seedEngine(place);
    const graph = captureGraph(parts.device, () => {
      report = computeStep(parts, inputs, { ...place, values: { value } }).report;
    });
    if (!report?.unread) throw new Error("internal: a captured step left no numbers");
    persist(report.unread.values);
    return { graph, inputs, valuesAt, values, report };
  }

  private repeat(captured: Captured, batch: Batch, place: StepPlace): StepReport {
    const { graph, inputs, valuesAt, values } = captured;
    const given = tensorsIn(drawStep(this.parts, batch, place));
    for (const [i, one] of tensorsIn(inputs).entries()) one.copy_(given[i]);
    values.copy_(numbersAt(valuesAt, place, this.parts.device));
    seedEngine(place);
    graph.replay();
    return reportOf(captured);
  }

  /** Frees the graphs and what they read. */
  [Symbol.dispose](): void {
    useLibtorchAlone(false);
    for (const { captured } of this.forms.values()) {
      if (!captured) continue;
      captured.graph.dispose();
      const { unread } = captured.report;
      for (const one of [...tensorsIn(captured.inputs), captured.values, ...tensorsIn(unread)]) one.dispose();
    }
    this.forms.clear();
  }
}

/** @throws UsageError when libtorch or the device does not take the step */
function captureGraph(device: string, step: () => void): Graph {
  try {
    return Graph.capture(device, step);
  } catch (cause) {
    if (!(cause instanceof TorchError)) throw cause;
    throw new UsageError(
      `training.capture: a step of this training cannot be captured (${cause.message}); leave training.capture out`,
      { cause },
    );
  }
}

/** A report of its own for a step that was repeated; the next one overwrites the numbers that the device has. */
function reportOf({ report }: Captured): StepReport {
  const { unread, ...known } = report;
  return unread ? { ...known, unread: { ...unread, values: unread.values.clone() } } : known;
}

function positionOf(place: StepPlace): MethodStep & StepPosition {
  const { baseRate, iteration, maxIterations } = place;
  return { ...place, rate: learningRate(baseRate, iteration, maxIterations) };
}

/** Numbers of a step, float64 [n] on the device. */
function numbersAt(valuesAt: readonly ValueAt[], place: StepPlace, device: string): Tensor {
  const position = positionOf(place);
  return tensor(
    valuesAt.map((of) => of(position)),
    { dtype: "float64", device },
  );
}

const isPlain = (value: object) => Object.getPrototypeOf(value) === Object.prototype;

/** The same value with other tensors. */
function mapTensors<T>(value: T, map: (one: Tensor) => Tensor): T {
  if (value instanceof Tensor) return map(value) as T;
  if (typeof value !== "object" || value === null || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapTensors(part, map)])) as T;
}

/** All tensors of a value in a fixed order. */
function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(value, (one) => {
    found.push(one);
    return one;
  });
  return found;
}
