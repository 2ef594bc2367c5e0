/**
 * Steps that a device repeats as a whole, as captured graphs, for the thousands of calls that a step otherwise takes of the
 * host. Views and draws are made as ever and copied to where the captured step reads them; networks, losses, passes, the
 * update and what follows the student are repeated. Numbers come out as they do in a step that is not captured.
 */
import { UsageError } from "../../core/errors.js";
import type { Batch, MethodStep } from "../../methods/index.js";
import { learningRate, passesOf, type StepPosition, type StepReport, type UnreadNumbers } from "../../optim/index.js";
import { Graph, OutOfMemoryError, persist, Tensor, TorchError, tensor, useLibtorchAlone } from "../../torch/index.js";
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
  /** What its report says without a read, and what is to be read. */
  known: StepReport;
  unread: UnreadNumbers;
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

  /**
   * Layers ask for libtorch's own operators alone until it is disposed, in logged steps, too: they round as those that are
   * captured do.
   * @param parts which can be captured, as the registries' entries say
   */
  constructor(private readonly parts: StepParts) {
    useLibtorchAlone(true);
  }

  /** One step, as {@link trainStep} does it. @param place that of a step that is neither logged nor read */
  step(batch: Batch, place: StepPlace): StepReport {
    const form = this.formOf(place);
    if (form.captured) return this.repeat(form.captured, batch, place);
    return form.done < stepsBefore ? this.listen(form, batch, place) : this.capture(form, batch, place);
  }

  private formOf({ iteration, maxIterations }: StepPlace): Form {
    const passes = passesOf(this.parts.minimizer, maxIterations)(iteration);
    const form = this.forms.get(passes) ?? { done: 0, valuesAt: [], captured: null };
    this.forms.set(passes, form);
    return form;
  }

  /** A step that is not captured, by the same operators, and remembers what numbers it asked for. */
  private listen(form: Form, batch: Batch, place: StepPlace): StepReport {
    const valuesAt: ValueAt[] = [];
    const value = (of: ValueAt) => {
      valuesAt.push(of);
      return numbersAt([of], place, this.parts.device).select(0, 0);
    };
    const { report } = trainStep(this.parts, batch, { ...place, values: { value } });
    form.done++;
    form.valuesAt = valuesAt;
    return report;
  }

  private capture(form: Form, batch: Batch, place: StepPlace): StepReport {
    const { parts } = this;
    const { valuesAt } = form;
    const values = persist(numbersAt(valuesAt, place, parts.device));
    const inputs = mapTensors(drawStep(parts, batch, place), (one) => persist(one.clone()));
    let asked = 0;
    const value = () => {
      if (asked >= valuesAt.length) throw new Error("internal: a captured step asks for more numbers than others");
      return values.select(0, asked++);
    };
    let report: StepReport | undefined;
    seedEngine(place);
    const graph = captureGraph(
      parts.device,
      () => {
        report = computeStep(parts, inputs, { ...place, values: { value } }).report;
      },
      [...this.forms.values()].find(({ captured }) => captured)?.captured?.graph,
    );
    const { unread, ...known } = report as unknown as StepReport;
    if (!unread) {
      // An operator refused to work on with a NaN.
      graph.dispose();
      return known;
    }
    if (asked !== valuesAt.length) throw new Error("internal: a captured step asks for fewer numbers than others");
    persist(unread.values);
    form.captured = { graph, inputs, valuesAt, values, known, unread };
    return reportOf(form.captured);
  }

  private repeat(captured: Captured, batch: Batch, place: StepPlace): StepReport {
    const { graph, inputs, valuesAt, values } = captured;
    // First, as the host waits for all work before.
    values.copy_(numbersAt(valuesAt, place, this.parts.device));
    const given = tensorsIn(drawStep(this.parts, batch, place));
    const places = tensorsIn(inputs);
    if (given.length !== places.length) throw new Error("internal: a step has other inputs than the captured one");
    for (const [i, one] of places.entries()) one.copy_(given[i]);
    seedEngine(place);
    graph.replay();
    return reportOf(captured);
  }

  /** Frees the graphs and what they read. */
  [Symbol.dispose](): void {
    useLibtorchAlone(false);
    for (const { captured } of this.forms.values()) {
      if (!captured) continue;
      const { graph, inputs, values, unread } = captured;
      graph.dispose();
      for (const one of [...tensorsIn(inputs), values, unread.values]) one.dispose();
    }
    this.forms.clear();
  }
}

/** @throws UsageError when libtorch or the device does not take the step */
function captureGraph(device: string, step: () => void, sharing?: Graph): Graph {
  try {
    return Graph.capture(device, step, sharing);
  } catch (cause) {
    if (cause instanceof OutOfMemoryError)
      throw new OutOfMemoryError(
        `${cause.message}; a captured step has memory of its own, so leave training.capture out`,
      );
    if (!(cause instanceof TorchError)) throw cause;
    throw new UsageError(
      `training.capture: a step of this training cannot be captured (${cause.message}); leave training.capture out`,
      { cause },
    );
  }
}

/** A report of its own for a step that was repeated; the next one overwrites the numbers that the device has. */
function reportOf({ known, unread }: Captured): StepReport {
  return { ...known, unread: { ...unread, values: unread.values.clone() } };
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
  if (Array.isArray(value)) return value.map((part) => mapTensors(part, map)) as T;
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
