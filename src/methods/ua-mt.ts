/**
 * UA-MT (Yu et al., "Uncertainty-aware self-ensembling model", MICCAI 2019; HiLab-git/SSL4MIS
 * train_uncertainty_aware_mean_teacher_2D.py): Mean Teacher on the pixels where the mean of several noisy teacher
 * passes has low entropy. Method section 7.
 */
import { z } from "zod";
import {
  maskedConsistency,
  predictiveUncertainty,
  pseudoLabels,
  uncertaintyThreshold,
  usualThreshold,
} from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { cat, noGrad, scope, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "./method.js";
import { evaluateAgreement } from "./parts/agreement.js";
import { consistencyWeightAt, noisyTeacherOptions, rampAt, weightOptions } from "./parts/consistency-options.js";
import { teacherForward } from "./parts/forward.js";
import { clippedNoise } from "./parts/noise.js";
import { followStudent } from "./parts/teacher.js";
import { labelledDomains, networkInputs } from "./parts/views.js";

const options = z.strictObject({
  ...weightOptions,
  ...noisyTeacherOptions,
  passes: z.int().min(2).multipleOf(2).default(8).describe("noisy predictions that the uncertainty is taken from"),
});
export type UaMtOptions = z.output<typeof options>;

export class UaMt implements Method {
  readonly networks: { teacher: SegmentationNetwork };

  constructor(
    private readonly context: MethodContext,
    private readonly options: UaMtOptions,
  ) {
    this.networks = { teacher: context.createNetwork() };
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { kind } = this.context;
    const inputs = networkInputs(batch);
    const { targets, certain } = noGrad(() => scope(() => this.askTeacher(inputs.weak, step)));
    const weight = consistencyWeightAt(step, this.options);
    return {
      evaluate: evaluateAgreement(this.context, inputs, weight, (logits, rows) =>
        maskedConsistency(logits, rows(targets), rows(certain), kind),
      ),
      domains: labelledDomains(inputs, {
        labels: pseudoLabels(targets, { threshold: usualThreshold }, kind).labels,
        confident: certain,
      }),
      rampUp: rampAt(step, this.options),
      measures: { certainShare: certain.mean() },
    };
  }

  /** The teacher's logits on one noisy copy, and 1 where its predictions on `passes` others are certain. */
  private askTeacher(weak: Tensor, step: MethodStep): { targets: Tensor; certain: Tensor } {
    const { passes } = this.options;
    const { kind } = this.context;
    const ask = (images: Tensor, pass: number) =>
      teacherForward(this.networks.teacher, images.add(clippedNoise(images, step, pass, this.options)), this.context);
    const targets = ask(weak, 0);
    const doubled = cat([weak, weak]);
    const noisy = cat(Array.from({ length: passes / 2 }, (_, i) => ask(doubled, i + 1)));
    const uncertainty = predictiveUncertainty(noisy.reshape([passes, ...targets.shape]), kind);
    const threshold = uncertaintyThreshold(step.iteration, step.maxIterations);
    return { targets, certain: uncertainty.lt(threshold).to({ dtype: "float32" }) };
  }

  afterUpdate(step: MethodStep): void {
    followStudent(this.networks.teacher, this.context.student, step, this.options.emaDecay);
  }
}

export const uaMt = methodEntry({
  summary: "Mean Teacher where several noisy teacher passes agree",
  source: "Yu et al., MICCAI 2019; HiLab-git/SSL4MIS code/train_uncertainty_aware_mean_teacher_2D.py",
  cost: "2 passes, and 9 of the teacher without gradient",
  options,
  usesUnlabelled: true,
  gives: () => ["perSample"],
  create: (context, settings) => new UaMt(context, settings),
});
