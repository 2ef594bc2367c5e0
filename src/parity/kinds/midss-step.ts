/** Kind `midss_step`: whole MiDSS iterations from given batches, boxes and mixing ratios (golden README section 9). */
import type { TargetKind } from "../../core/target-kind.js";
import { midssRampUp } from "../../losses/index.js";
import type { ComputeOptions } from "../../methods/forward.js";
import {
  evaluateViews,
  type MidssInputs,
  type MidssTargets,
  studentViews,
  teacherTargets,
} from "../../methods/midss.js";
import { updateTeacher } from "../../methods/teacher.js";
import type { UNet } from "../../nn/index.js";
import { emaDecay, globalNorm, learningRate, Sgd } from "../../optim/index.js";
import { grad, scope, stack, type Tensor } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { networkOf } from "./unet.js";

/** A file's label image in the form the losses take (method section 3.1). */
function decodeLabel(stored: Tensor, dataset: string): Tensor {
  if (dataset === "fundus") return stack([stored.eq(0), stored.le(128)], 1).to({ dtype: "float32" });
  if (dataset === "prostate") return stored.eq(0).to({ dtype: "int64" });
  const channels = stored.eq(255).to({ dtype: "int64" });
  const [red, green, blue] = channels.unbind(-1);
  const later = green.mul(2).mul(blue.neg().add(1)).add(blue.mul(3));
  return red.mul(later.eq(0).to({ dtype: "int64" })).add(later);
}

/** The inputs of iteration i. */
export function inputsOf(testCase: GoldenCase, i: number): MidssInputs {
  const image = (name: string) => testCase.tensor(name).select(0, i).to({ dtype: "float32" }).div(127.5).sub(1);
  return {
    x: image("x"),
    y: decodeLabel(testCase.tensor("label").select(0, i), testCase.params.dataset),
    uWeak: image("u_w"),
    uStrong: image("u_s"),
    xTransferred: testCase.tensor("xt").select(0, i),
    box: testCase.tensor("box").select(0, i).unsqueeze(1).to({ dtype: "bool" }),
  };
}

/** Settings of the losses and the teacher as a case gives them; in float32, as the reference ran. */
export function settingsOf({ params, device }: GoldenCase) {
  const compute: ComputeOptions = { precision: "fp32", device };
  return {
    kind: params.flavour as TargetKind,
    compute,
    diceMaskQuirk: params.diceMaskQuirk as boolean,
    confidenceThreshold: params.tau as number,
    emaDecay: params.emaDecay as number,
  };
}

/** Collects values over iterations, in order. */
export class Trace {
  readonly values: Computed = new Map();

  add(name: string, value: Tensor | number | undefined): void {
    const trace = (this.values.get(name) as number[] | undefined) ?? [];
    this.values.set(name, trace);
    if (typeof value === "number") trace.push(value);
    else if (value) for (const number of value.toNumbers()) trace.push(number);
  }

  /** A network's final tensors, packed or one by one. */
  addNetwork(name: string, network: UNet): void {
    const tensors = new Map([...network.stateDict()].map(([key, tensor]) => [key, tensor.toNumbers()]));
    this.values.set(name, tensors);
    for (const [key, values] of tensors) this.values.set(`${name}.${key}`, values);
  }
}

export function midssStep(testCase: GoldenCase): Computed {
  const { iterations, firstIteration, maxIterations, baseLr, momentum, weightDecay } = testCase.params;
  const settings = settingsOf(testCase);
  const student = networkOf(testCase);
  const teacher = networkOf(testCase, "teacher.");
  const sgd = new Sgd(student.parameters(), { momentum, weightDecay });
  const trace = new Trace();
  for (let i = 0; i < iterations; i++) {
    const k = firstIteration + i;
    scope(() => {
      const inputs = inputsOf(testCase, i);
      const targets = teacherTargets(teacher, inputs, settings, settings.kind, settings.compute);
      const views = studentViews(inputs, targets);
      const gamma = midssRampUp(k, maxIterations);
      const evaluation = evaluateViews(student, views, gamma, true, settings);
      const gradients = grad(evaluation.task, student.parameters());
      const rate = learningRate(baseLr, k, maxIterations);
      sgd.step(gradients, rate);
      updateTeacher(teacher, student, emaDecay(k, settings.emaDecay));
      for (const [name, term] of Object.entries(evaluation.terms)) trace.add(`loss_${name}`, term);
      trace.add("loss_task", evaluation.task);
      trace.add("gamma", gamma);
      trace.add("lr", rate);
      trace.add("grad_norm", globalNorm(gradients));
      recordTargets(trace, targets);
      for (const name of ["ul", "lu"]) {
        const view = views.find((one) => one.name === name);
        trace.add(`target_${name}`, view?.labels);
        trace.add(`mask_${name}`, view?.mask ?? undefined);
      }
      if (i > 0) return;
      views.forEach((view, j) => {
        trace.add(`logits_${view.name}_first`, evaluation.outputs[j].logits);
      });
      trace.add("teacher_logits_a_first", targets.pastedLogits[0]);
      trace.add("teacher_logits_b_first", targets.pastedLogits[1]);
    });
  }
  trace.addNetwork("final_student", student);
  trace.addNetwork("final_teacher", teacher);
  return trace.values;
}

function recordTargets(trace: Trace, targets: MidssTargets): void {
  trace.add("teacher_logits_u", targets.logits);
  trace.add("q", targets.labels);
  trace.add("c", targets.confident);
  trace.add("q_w", targets.symmetric.labels);
  trace.add("c_w", targets.symmetric.confident);
}
