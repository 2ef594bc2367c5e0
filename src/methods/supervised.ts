/** The supervised baseline: the labelled images only (the U-Net row of MiDSS's tables). */
import { z } from "zod";
import { planar8bit } from "../augment/index.js";
import { segmentationLoss } from "../losses/index.js";
import { noGrad } from "../torch/index.js";
import { methodEntry } from "./entry.js";
import type { Batch, Method, MethodContext, PreparedStep } from "./method.js";
import { overLevels } from "./parts/deep-supervision.js";
import { studentForward } from "./parts/forward.js";
import { allRows, type ChooseRows, sampleLosses } from "./parts/samples.js";

export class Supervised implements Method {
  readonly networks = {};

  constructor(private readonly context: MethodContext) {}

  prepare({ labelled, unlabelled, normalisation = planar8bit }: Batch): PreparedStep {
    const { student, kind } = this.context;
    const { labels, annotated } = labelled;
    const { forward } = normalisation;
    const { source, target } = noGrad(() => ({
      source: forward(labelled.images),
      target: unlabelled && { weak: forward(unlabelled.weak), strong: forward(unlabelled.strong) },
    }));
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const output = studentForward(student, source, updateRunningStatistics, this.context);
        const over = (rows: ChooseRows) =>
          overLevels(output, (logits, at) => {
            const options = { kind, annotated: annotated && at(rows(annotated)) };
            return segmentationLoss(rows(logits), at(rows(labels)), null, options).loss;
          });
        const sup = over(allRows);
        return { task: sup, terms: { sup }, perSample: sampleLosses(source, over), shared: null };
      },
      domains: target && { source, target, labels: null },
      rampUp: 1,
      measures: {},
    };
  }

  afterUpdate(): void {}
}

export const supervised = methodEntry({
  summary: "the labelled images only, the lower bound every other method must beat",
  source: "the U-Net rows of MiDSS and SSL4MIS",
  cost: "1 pass",
  options: z.strictObject({}),
  usesUnlabelled: false,
  sharesBatches: true,
  capturable: true,
  gives: () => ["perSample"],
  create: (context) => new Supervised(context),
});
