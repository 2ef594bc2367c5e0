/** Kind `dim_step`: whole DiM iterations (golden README section 10). */
import { createComparison } from "../../methods/objective.js";
import type { UNet } from "../../nn/index.js";
import { divergenceOptions, type Minimizer, minimizers, Sgd, type StepReport } from "../../optim/index.js";
import { GivenMidss, takeSteps } from "../given-steps.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { RecordingOptimizer } from "../recording-optimizer.js";
import { Trace } from "../trace.js";

function optimizerOf({ params }: GoldenCase, student: UNet): { dim: Minimizer; base: RecordingOptimizer } {
  const parameters = student.namedParameters();
  const { momentum, weightDecay, perturbWith, inner, rho, rhoMode, lam, lambdaMode, addClean } = params;
  const base = new RecordingOptimizer(new Sgd(student.parameters(), { momentum, weightDecay }), parameters);
  const dim = minimizers["dim-features"];
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
  const { flavour, f, scale, estimator, divForward, tView, tauF } = testCase.params;
  const method = new GivenMidss(testCase);
  const { student } = method;
  const { dim, base } = optimizerOf(testCase, student);
  const comparison = createComparison(
    divergenceOptions("js", "featSoftmax").parse({ f, scale, estimator, forward: divForward, view: tView, tau: tauF }),
    flavour,
  );
  const trace = new Trace();
  takeSteps(testCase, { student, method, minimizer: dim, comparison }, ({ prepared, rate, report }) => {
    recordReport(trace, report);
    trace.add("gamma", prepared.rampUp);
    trace.add("lr", rate);
  });
  trace.values.set("g_first", base.gradients[0]);
  trace.addNetwork("final_student", student);
  trace.addNetwork("final_teacher", method.networks.teacher);
  return trace.values;
}
