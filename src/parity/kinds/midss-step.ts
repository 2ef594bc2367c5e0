/** Kind `midss_step`: whole MiDSS iterations (golden README section 9). */
import type { Batch, MethodStep } from "../../methods/index.js";
import type { MidssStep } from "../../methods/midss.js";
import { minimizers, Sgd } from "../../optim/index.js";
import { GivenMidss, takeSteps } from "../given-steps.js";
import type { Computed, GoldenCase } from "../golden-case.js";
import { Trace } from "../trace.js";

function recordTargets(trace: Trace, { targets, views }: MidssStep): void {
  trace.add("teacher_logits_u", targets.logits);
  trace.add("q", targets.labels);
  trace.add("c", targets.confident);
  trace.add("q_w", targets.symmetric?.labels);
  trace.add("c_w", targets.symmetric?.confident);
  for (const name of ["ul", "lu"]) {
    const view = views.find((one) => one.name === name);
    trace.add(`target_${name}`, view?.labels);
    trace.add(`mask_${name}`, view?.mask ?? undefined);
  }
}

/** Notes what the method makes of each batch, and all logits of the first step. */
class WatchedMidss extends GivenMidss {
  private first = true;

  constructor(
    testCase: GoldenCase,
    private readonly trace: Trace,
  ) {
    super(testCase);
  }

  override prepare(batch: Batch, step: MethodStep): MidssStep {
    const { first, trace } = this;
    this.first = false;
    const prepared = super.prepare(batch, step);
    recordTargets(trace, prepared);
    if (!first) return prepared;
    const [outer, inner] = prepared.targets.pastedLogits ?? [];
    trace.add("teacher_logits_a_first", outer);
    trace.add("teacher_logits_b_first", inner);
    const evaluate: MidssStep["evaluate"] = (pass) => {
      const evaluation = prepared.evaluate(pass);
      prepared.views.forEach(({ name }, i) => {
        trace.add(`logits_${name}_first`, evaluation.outputs[i].logits);
      });
      return evaluation;
    };
    return { ...prepared, evaluate };
  }
}

export function midssStep(testCase: GoldenCase): Computed {
  const { momentum, weightDecay } = testCase.params;
  const trace = new Trace();
  const method = new WatchedMidss(testCase, trace);
  const { student } = method;
  const { none } = minimizers;
  const sgd = new Sgd(student.parameters(), { momentum, weightDecay });
  const minimizer = none.create(student.namedParameters(), sgd, {});
  takeSteps(testCase, { student, method, minimizer, comparison: null }, ({ prepared, rate, report }) => {
    for (const [name, term] of Object.entries(report.terms)) trace.add(`loss_${name}`, term);
    trace.add("loss_task", report.task);
    trace.add("gamma", prepared.rampUp);
    trace.add("lr", rate);
    trace.add("grad_norm", report.ascentNorm);
  });
  trace.addNetwork("final_student", student);
  trace.addNetwork("final_teacher", method.networks.teacher);
  return trace.values;
}
