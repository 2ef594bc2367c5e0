/** What estimators that compare the domains class by class need beside features. */
import { UsageError } from "../../core/errors.js";
import type { TargetKind } from "../../core/target-kind.js";
import { classChannels, type DType, type Tensor, worldRows } from "../../torch/index.js";
import type { DomainInput, DomainLabels } from "./domain-divergence.js";
import type { Pair } from "./forward.js";
import type { Statistic } from "./statistic-bank.js";

/** Labels as weights of 0/1 per class, [B, K, ...S]. */
function classWeights(labels: Tensor, classes: number, dtype: DType, kind: TargetKind): Tensor {
  const labelsBKS = kind === "sigmoid" ? labels : classChannels(labels, classes);
  return labelsBKS.to({ dtype });
}

function labelsOf({ labels }: DomainInput, estimator: string): DomainLabels {
  if (labels) return labels;
  throw new UsageError(
    `${estimator} needs labels of the source and pseudo-labels of the target images, but the method gives none; take featSoftmax`,
  );
}

/**
 * For each class the pixels of both domains that count as it, [B, K, ...S] of 0/1: where a label was given, and where a
 * pseudo-label is confident.
 * @param estimator whose name an error says
 * @throws UsageError when the method makes no pseudo-labels
 */
export function classPixels(
  input: DomainInput,
  { classes, dtype, kind }: { classes: number; dtype: DType; kind: TargetKind },
  estimator: string,
): Pair<Tensor> {
  const labels = labelsOf(input, estimator);
  const weights = (of: Tensor) => classWeights(worldRows(of), classes, dtype, kind);
  const counted = (of: Tensor, where: Tensor) => weights(of).mul(worldRows(where).to({ dtype }));
  const { sourceAnnotated } = labels;
  return {
    source: sourceAnnotated ? counted(labels.source, sourceAnnotated) : weights(labels.source),
    target: counted(labels.target, labels.targetConfidence),
  };
}

/** Mean of the per-class divergences over the classes present in both domains; 0 when there is none. */
export function meanOverPresent(perClass: Tensor, present: NonNullable<Statistic["present"]>): Tensor {
  const both = present.source.mul(present.target).squeeze(1);
  return perClass
    .mul(both)
    .sum()
    .div(both.sum().clamp({ min: 1 }));
}
