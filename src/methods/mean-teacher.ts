/**
 * Mean Teacher (Tarvainen & Valpola, NeurIPS 2017; HiLab-git/SSL4MIS train_mean_teacher_2D.py): the student's
 * probabilities on unlabelled images are drawn to those of its moving average on noisy copies. Method section 7.
 */
import { z } from "zod";
import { consistency } from "../losses/index.js";
import type { SegmentationNetwork } from "../nn/index.js";
import { stepValue } from "../optim/index.js";
import { noGrad, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "./method.js";
import { evaluateAgreement } from "./parts/agreement.js";
import { consistencyWeightAt, noisyTeacherOptions, rampAt, weightOptions } from "./parts/consistency-options.js";
import { teacherForward } from "./parts/forward.js";
import { clippedNoise } from "./parts/noise.js";
import { followStudent } from "./parts/teacher.js";
import { networkInputs, unlabelledOf } from "./parts/views.js";

const options = z.strictObject({
  ...weightOptions,
  ...noisyTeacherOptions,
  startShare: weightOptions.startShare.default(1 / 30),
});
export type MeanTeacherOptions = z.output<typeof options>;

/** What chance decides in one step: noise on the teacher's images, [B, C, ...S]. */
type NoiseDraws = { noise: Tensor };

export class MeanTeacher implements Method {
  readonly networks: { teacher: SegmentationNetwork };

  constructor(
    private readonly context: MethodContext,
    private readonly options: MeanTeacherOptions,
  ) {
    this.networks = { teacher: context.createNetwork() };
  }

  draw(batch: Batch, step: MethodStep): NoiseDraws {
    return { noise: noGrad(() => clippedNoise(unlabelledOf(batch).weak, step, 0, this.options)) };
  }

  prepare(batch: Batch, step: MethodStep, { noise } = this.draw(batch, step)): PreparedStep {
    const { kind } = this.context;
    const inputs = networkInputs(batch);
    const { x, weak, strong } = inputs;
    const noisy = noGrad(() => weak.add(noise));
    const targets = teacherForward(this.networks.teacher, noisy, this.context);
    const weight = stepValue(step, (at: MethodStep) => consistencyWeightAt(at, this.options));
    return {
      evaluate: evaluateAgreement(this.context, inputs, weight, (logits, rows) =>
        consistency(logits, rows(targets), kind),
      ),
      domains: { source: x, target: { weak, strong }, labels: null },
      rampUp: rampAt(step, this.options),
      measures: {},
    };
  }

  afterUpdate(step: MethodStep): void {
    followStudent(this.networks.teacher, this.context.student, step, this.options.emaDecay);
  }
}

export const meanTeacher = methodEntry({
  summary: "agreement with an averaged teacher on noisy unlabelled images",
  source: "Tarvainen & Valpola, NeurIPS 2017; HiLab-git/SSL4MIS code/train_mean_teacher_2D.py",
  cost: "2 passes, and 1 of the teacher without gradient",
  options,
  usesUnlabelled: true,
  capturable: true,
  gives: () => ["perSample"],
  create: (context, settings) => new MeanTeacher(context, settings),
});
