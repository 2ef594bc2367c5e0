/**
 * FixMatch as the UniMatch repository trains it (LiheYoung/UniMatch fixmatch.py): CutMix between two unlabelled images,
 * labels from the student itself, in training mode for the image and in evaluation mode for what is pasted into it.
 * Method section 7.
 */
import { z } from "zod";
import { boxMask, drawBoxes, pasteBoxes } from "../augment/index.js";
import { RandomStream } from "../core/random.js";
import { crossEntropy, type PseudoLabels, pseudoLabels, usualThreshold } from "../losses/index.js";
import { inEvaluationMode, withFrozenRunningStatistics } from "../nn/index.js";
import { cat, noGrad, scope, spatialShape, type Tensor } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "./method.js";
import { overLevels } from "./parts/deep-supervision.js";
import { splitOutput, studentForwards, teacherForward } from "./parts/forward.js";
import { allRows, type ChooseRows, sampleLosses } from "./parts/samples.js";
import { labelledDomains, type NetworkInputs, networkInputs } from "./parts/views.js";

const options = z.strictObject({
  confidenceThreshold: z
    .number()
    .gt(0.5)
    .lt(1)
    .default(usualThreshold)
    .describe("probability above which a label counts"),
  cutMixProbability: z.number().min(0).max(1).default(0.5).describe("share of the images that a box is pasted into"),
});
export type FixMatchCutMixOptions = z.output<typeof options>;

/** Every image's neighbour in the batch, from which its box is cut. */
const neighbours = (images: Tensor) => images.roll(1, 0);

export class FixMatchCutMix implements Method {
  readonly networks = {};

  constructor(
    private readonly context: MethodContext,
    private readonly options: FixMatchCutMixOptions,
  ) {}

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { student, kind } = this.context;
    const inputs = networkInputs(batch);
    const { x, y, annotated, weak } = inputs;
    const { base, mixed, pasted } = noGrad(() => scope(() => this.mix(inputs, step)));
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const batches = [cat([x, weak]), pasted];
        const [both, strongView] = studentForwards(student, batches, updateRunningStatistics, this.context);
        const [source, target] = splitOutput(both, [x.shape[0], weak.shape[0]]);
        const shared = { source, target };
        const over = (rows: ChooseRows) => {
          const sup = overLevels(shared.source, (logits, at) =>
            crossEntropy(rows(logits), at(rows(y)), null, kind, annotated && at(rows(annotated))),
          );
          const u = crossEntropy(rows(strongView.logits), rows(mixed.labels), rows(mixed.confident), kind);
          return { task: sup.add(u).mul(0.5), terms: { sup, u } };
        };
        const { task, terms } = over(allRows);
        const perSample = sampleLosses(x, (rows) => over(rows).task);
        return { task, terms, perDomain: [terms.sup, terms.u], perSample, shared };
      },
      domains: labelledDomains(inputs, base),
      rampUp: 1,
      measures: { confidentShare: mixed.confident.mean() },
    };
  }

  /** The student's labels of the weak views, and strong views and labels after CutMix. */
  private mix({ x, weak, strong }: NetworkInputs, step: MethodStep) {
    const { student, kind } = this.context;
    const answer = (logits: Tensor) => pseudoLabels(logits, { threshold: this.options.confidenceThreshold }, kind);
    const ofNeighbours = inEvaluationMode(student, () =>
      answer(teacherForward(student, neighbours(weak), this.context)),
    );
    const [, logits] = withFrozenRunningStatistics(student, () =>
      teacherForward(student, cat([x, weak]), this.context),
    ).split([x.shape[0], weak.shape[0]]);
    const base = answer(logits);
    const box = this.drawBoxes(weak, step);
    const mixed: PseudoLabels = {
      labels: pasteBoxes(base.labels, ofNeighbours.labels, box),
      confident: pasteBoxes(base.confident, ofNeighbours.confident, box),
    };
    return { base, mixed, pasted: pasteBoxes(strong, neighbours(strong), box) };
  }

  private drawBoxes(images: Tensor, { seed, iteration }: MethodStep): Tensor {
    const shape = spatialShape(images);
    const nowhere = shape.map(() => 0);
    const boxes = drawBoxes({ seed, iteration, purpose: "cutmix" }, images.shape[0], shape).map((box, i) => {
      const applied = new RandomStream(seed, "method.cutmix.apply", iteration, i);
      return applied.bernoulli(this.options.cutMixProbability) ? box : { start: nowhere, sides: nowhere };
    });
    return boxMask(boxes, shape, this.context.device);
  }

  afterUpdate(): void {}
}

export const fixMatchCutMix = methodEntry({
  summary: "the student's own confident labels, learnt on strong views with CutMix",
  source: "Sohn et al., NeurIPS 2020; LiheYoung/UniMatch fixmatch.py",
  cost: "3 passes, and 3 without gradient",
  options,
  usesUnlabelled: true,
  gives: () => ["perDomain", "perSample"],
  create: (context, settings) => new FixMatchCutMix(context, settings),
});
