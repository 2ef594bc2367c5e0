/**
 * Consistency between student and teacher (HiLab-git/SSL4MIS train_mean_teacher_2D.py and
 * train_uncertainty_aware_mean_teacher_2D.py). The references know softmax only; a sigmoid channel is treated as the
 * two-class softmax that it is equivalent to, channel by channel.
 */
import type { TargetKind } from "../core/target-kind.js";
import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { probabilities } from "./segmentation.js";

/** Mean squared difference of student and teacher probabilities; logits [B, K, ...S], the teacher's without gradient. */
export function consistency(student: Tensor, teacher: Tensor, kind: TargetKind): Tensor {
  return torch.worldMean(probabilities(student, kind).sub(probabilities(teacher, kind)).square().mean());
}

/**
 * Entropy in nats of the mean of several predictions.
 * @param logits [P, B, K, ...S]
 * @returns [B, 1, ...S], or for "sigmoid" one entropy per channel, [B, K, ...S]
 */
export function predictiveUncertainty(logits: Tensor, kind: TargetKind): Tensor {
  const entropy = (p: Tensor) => p.mul(p.add(1e-6).log());
  if (kind === "softmax") return entropy(logits.softmax(2).mean(0)).sum(1, { keepdim: true }).neg();
  const mean = logits.sigmoid().mean(0);
  return entropy(mean)
    .add(entropy(mean.neg().add(1)))
    .neg();
}

/**
 * Squared difference of student and teacher probabilities, summed over the classes of the certain pixels, over twice
 * their number.
 * @param student logits [B, K, ...S]  @param teacher logits [B, K, ...S], no gradient
 * @param certain 0/1 in the shape of {@link predictiveUncertainty}
 */
export function maskedConsistency(student: Tensor, teacher: Tensor, certain: Tensor, kind: TargetKind): Tensor {
  const difference = probabilities(student, kind).sub(probabilities(teacher, kind)).square();
  // Both classes of a sigmoid channel differ by the same amount.
  const classes = kind === "sigmoid" ? 2 : 1;
  const [sum, count] = torch.worldSums(torch.mul(difference, certain).sum(), certain.sum());
  return sum.mul(classes).div(count.mul(2).add(1e-16));
}
