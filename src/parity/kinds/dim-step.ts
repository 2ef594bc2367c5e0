/** Kind `dim_step`: whole DiM iterations (golden README section 10), through the classes that training uses. */

import { midssRampUp } from "../../losses/index.js";
import { evaluateViews, studentViews, teacherTargets } from "../../methods/midss.js";
import { createComparison, createObjective } from "../../methods/objective.js";
import { updateTeacher } from "../../methods/teacher.js";
import type { UNet } from "../../nn/index.js";
import {
  divergenceOptions,
  emaDecay,
  learningRate,
  type Minimizer,
  minimizers,
  Sgd,
  type StepReport,
} from "../../optim/index.js";
import { scope } from "../../torch/index.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { RecordingOptimizer } from "../recording-optimizer.js";
import { inputsOf, settingsOf, Trace } from "./midss-step.js";
import { networkOf } from "./unet.js";

function optimizerOf({ params }: GoldenCase, student: UNet): { dim: Minimizer; base: RecordingOptimizer } {
  const parameters = student.namedParameters();
  const { momentum, weightDecay, perturbWith, inner, rho, rhoMode, lam, lambdaMode, addClean } = params;
  const base = new RecordingOptimizer(new Sgd(student.parameters(), { momentum, weightDecay }), parameters);
  const { dim } = minimizers;
  const options = dim.options.parse({ perturbWith, inner, rho, rhoMode, lambda: lam, lambdaMode, addClean });
  return { dim: dim.create(parameters, base, options), base };
}

function recordReport(trace: Trace, report: StepReport): void {
  for (const [name, value] of Object.entries(report.terms)) trace.add(`loss_${name}`, value);
  trace.add("loss_task", report.task);
  trace.add("div", report.divergence ?? 0);
  // Without a perturbation there is no second pass: what it would give is what the clean one gave.
  trace.add("loss_task_perturbed", report.perturbedTask ?? report.task);
  trace.add("div_perturbed", report.perturbedDivergence ?? report.divergence ?? 0);
  trace.add("sharpness", report.sharpness ?? 0);
  trace.add("norm_G", report.ascentNorm);
  trace.add("norm_eps", report.perturbationNorm);
  trace.add("norm_gP", report.perturbedNorm);
  trace.add("norm_g", report.updateNorm);
  trace.add("cos_G_gP", report.cosine);
  trace.add("lambda", report.lambda);
}

export function dimStep(testCase: GoldenCase): Computed {
  const { iterations, firstIteration, maxIterations, baseLr, f, scale, estimator, divForward, tView, tauF } =
    testCase.params;
  const settings = settingsOf(testCase);
  const student = networkOf(testCase);
  const teacher = networkOf(testCase, "teacher.");
  const { dim, base } = optimizerOf(testCase, student);
  const comparison = createComparison(
    divergenceOptions.parse({ f, scale, estimator, forward: divForward, view: tView, tau: tauF }),
    settings.kind,
  );
  const trace = new Trace();
  for (let i = 0; i < iterations; i++) {
    const k = firstIteration + i;
    scope(() => {
      const inputs = inputsOf(testCase, i);
      const targets = teacherTargets(teacher, inputs, settings, settings.kind, settings.compute);
      const views = studentViews(inputs, targets);
      const rampUp = midssRampUp(k, maxIterations);
      const rate = learningRate(baseLr, k, maxIterations);
      const step = {
        evaluate: ({ updateRunningStatistics }: { updateRunningStatistics: boolean }) =>
          evaluateViews(student, views, rampUp, updateRunningStatistics, settings),
        domains: { source: inputs.x, target: { weak: inputs.uWeak, strong: inputs.uStrong }, labels: null },
        rampUp,
        measures: {},
      };
      const objective = createObjective(step, student, comparison, settings.compute);
      const at = { iteration: k, maxIterations, rate, baseRate: baseLr, rampUp, measure: true };
      recordReport(trace, dim.step(objective, at));
      updateTeacher(teacher, student, emaDecay(k, settings.emaDecay));
      trace.add("gamma", rampUp);
      trace.add("lr", rate);
    });
  }
  trace.values.set("g_first", base.gradients[0]);
  trace.addNetwork("final_student", student);
  trace.addNetwork("final_teacher", teacher);
  return trace.values;
}
