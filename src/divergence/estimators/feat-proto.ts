/**
 * `featProto`: class prototypes. Per class c the last decoder map is averaged over the pixels of c (labels for the
 * source, confident pseudo-labels for the target), softmax over its channels makes it a distribution, and the
 * divergence is averaged over the classes present in both batches; 0 when there is none.
 */
import { UsageError } from "../../core/errors.js";
import { oneHot, stack, type Tensor } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import type { DomainDivergence, DomainDivergenceOptions, DomainInput, DomainLabels } from "./domain-divergence.js";
import { estimator, type Statistic } from "./estimator.js";
import { features } from "./forward.js";

/** Labels as weights per class, [B, K, H, W] of 0/1 in the dtype of `like`. */
function classWeights(labels: Tensor, classes: number, like: Tensor, kind: "sigmoid" | "softmax"): Tensor {
  const channels = kind === "sigmoid" ? labels : oneHot(labels, classes).permute([0, 3, 1, 2]);
  return channels.to({ dtype: like.dtype });
}

/**
 * Class prototypes of a map [B, F, H, W] under 0/1 weights [B, K, H, W].
 * @returns `values` [K, F], each row a distribution; `present` [K, 1], 0 for a class without a pixel
 */
function prototypes(feature: Tensor, weights: Tensor, tauF: number): { values: Tensor; present: Tensor } {
  // Sums instead of one matrix product, which autocast would round to 16 bits.
  const sums = weights.split(1, 1).map((ofClass) => feature.mul(ofClass).sum([0, 2, 3]));
  const totals = weights.sum([0, 2, 3]).unsqueeze(1);
  const means = stack(sums).div(totals.clamp({ min: 1 }));
  return { values: means.div(tauF).softmax(1), present: totals.gt(0).to({ dtype: feature.dtype }) };
}

function labelsOf({ labels }: DomainInput): DomainLabels {
  if (labels) return labels;
  throw new UsageError(
    "featProto needs labels of the source and pseudo-labels of the target images, but the method gives none; take featSoftmax",
  );
}

/** Mean of the per-class divergences over the classes present in both domains. */
function meanOverPresent(perClass: Tensor, present: NonNullable<Statistic["present"]>): Tensor {
  const both = present.source.mul(present.target).squeeze(1);
  return perClass
    .mul(both)
    .sum()
    .div(both.sum().clamp({ min: 1 }));
}

export function featProto(options: DomainDivergenceOptions): DomainDivergence {
  const { divergence, kind, tauF = 1 } = options;
  return estimator(
    {
      id: "featProto",
      describe(input, forward) {
        const labels = labelsOf(input);
        const { source, target, classes } = features(input, forward);
        const weights = (of: Tensor) => classWeights(of, classes, source, kind);
        const confidence = labels.targetConfidence.to({ dtype: target.dtype });
        const p = prototypes(source, weights(labels.source), tauF);
        const q = prototypes(target, weights(labels.target).mul(confidence), tauF);
        const values = { source: p.values, target: q.values };
        return [{ name: "prototypes", values, present: { source: p.present, target: q.present } }];
      },
      compare: ([{ values, present }]) =>
        meanOverPresent(discreteDivergence(divergence, values.source, values.target), present!),
    },
    options,
  );
}
