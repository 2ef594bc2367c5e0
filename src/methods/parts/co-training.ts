/**
 * Two networks that learn each other's labels of unlabelled images, the frame of CPS and CauSSL. Both are trained by
 * one optimiser, which perturbs them as one vector; the labels are those at the step's clean weights.
 */
import { crossEntropy, type PseudoLabels, pseudoLabels, ssl4misLoss, usualThreshold } from "../../losses/index.js";
import { type SegmentationNetwork, withFrozenRunningStatistics } from "../../nn/index.js";
import { type NamedParameters, stepValue, times } from "../../optim/index.js";
import { cat, noGrad, scope, type Tensor } from "../../torch/index.js";
import type { Batch, Method, MethodContext, MethodStep, PreparedStep } from "../method.js";
import { consistencyWeightAt, rampAt, type WeightOptions } from "./consistency-options.js";
import { overLevels } from "./deep-supervision.js";
import { teacherForward } from "./forward.js";
import { allRows, type ChooseRows, sampleLosses } from "./samples.js";
import { jointForward, labelledDomains, networkInputs } from "./views.js";

export class CoTraining implements Method {
  readonly networks: { second: SegmentationNetwork };
  readonly trainable: NamedParameters;

  constructor(
    private readonly context: MethodContext,
    private readonly weight: WeightOptions,
  ) {
    const second = context.createNetwork();
    this.networks = { second };
    this.trainable = second.namedParameters().map(([name, parameter]) => [`second.${name}`, parameter]);
  }

  prepare(batch: Batch, step: MethodStep): PreparedStep {
    const { kind } = this.context;
    const inputs = networkInputs(batch);
    const { x, y, annotated, weak } = inputs;
    const networks = [this.context.student, this.networks.second];
    const labels = noGrad(() => scope(() => networks.map((network) => this.label(network, x, weak))));
    const weight = stepValue(step, (at: MethodStep) => consistencyWeightAt(at, this.weight));
    return {
      evaluate: ({ updateRunningStatistics }) => {
        const outputs = networks.map((network) =>
          jointForward(network, x, weak, updateRunningStatistics, this.context),
        );
        const over = (rows: ChooseRows) => {
          const [sup1, sup2] = outputs.map(({ source }) =>
            overLevels(source, (logits, at) => {
              const labelled = { annotated: annotated && at(rows(annotated)) };
              return ssl4misLoss(rows(logits), at(rows(y)), kind, labelled).loss;
            }),
          );
          const [pseudo1, pseudo2] = outputs.map(({ target }, i) =>
            crossEntropy(rows(target.logits), rows(labels[1 - i].labels), null, kind),
          );
          const sup = sup1.add(sup2);
          const task = sup.add(times(pseudo1.add(pseudo2), weight));
          return { task, terms: { sup, pseudo1, pseudo2 } };
        };
        const perSample = sampleLosses(x, (rows) => over(rows).task);
        return { ...over(allRows), perSample, shared: outputs[0] };
      },
      domains: labelledDomains(inputs, labels[0]),
      rampUp: rampAt(step, this.weight),
      measures: {},
    };
  }

  /** A network's labels of the unlabelled images, with the statistics of the whole batch as in its pass to come. */
  private label(network: SegmentationNetwork, x: Tensor, weak: Tensor): PseudoLabels {
    const logits = withFrozenRunningStatistics(network, () => teacherForward(network, cat([x, weak]), this.context));
    return pseudoLabels(logits.narrow(0, x.shape[0], weak.shape[0]), { threshold: usualThreshold }, this.context.kind);
  }

  afterUpdate(): void {}
}
