/** The supervised baseline: the labelled images only (the U-Net row of MiDSS's tables). */
import { normalise } from "../data/augment/index.js";
import { segmentationLoss } from "../losses/index.js";
import { noGrad } from "../torch/index.js";
import { studentForward } from "./forward.js";
import type { Batch, Method, MethodContext, PreparedStep } from "./method.js";

export class Supervised implements Method {
  readonly teacher = null;

  constructor(private readonly context: MethodContext) {}

  prepare({ labelled, unlabelled }: Batch): PreparedStep {
    const { student, kind } = this.context;
    const source = noGrad(() => normalise(labelled.images));
    const target =
      unlabelled && noGrad(() => ({ weak: normalise(unlabelled.weak), strong: normalise(unlabelled.strong) }));
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const logits = studentForward(student, source, updateRunningStatistics, this.context);
        const { loss } = segmentationLoss(logits, labelled.labels, null, { kind });
        return { task: loss, terms: { sup: loss }, sourceLogits: logits, targetLogits: null };
      },
      source,
      target,
      rampUp: 1,
      measures: {},
    };
  }

  afterUpdate(): void {}
}
