/** The uncertainty-aware consistency of UA-MT (HiLab-git/SSL4MIS train_uncertainty_aware_mean_teacher_2D.py). */

import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";

/** Entropy in nats of the mean of several softmax predictions; logits [P, B, K, H, W] → [B, 1, H, W]. */
export function predictiveUncertainty(logits: Tensor): Tensor {
  const mean = logits.softmax(2).mean(0);
  return mean.mul(mean.add(1e-6).log()).sum(1, { keepdim: true }).neg();
}

/**
 * Squared difference of student and teacher probabilities on the certain pixels, over twice their number.
 * @param student logits [B, K, H, W]  @param teacher logits [B, K, H, W], no gradient
 * @param certain [B, 1, H, W] of 0/1
 */
export function maskedConsistency(student: Tensor, teacher: Tensor, certain: Tensor): Tensor {
  const difference = student.softmax(1).sub(teacher.softmax(1)).square();
  const weight = certain.sum().mul(2).add(1e-16);
  return torch.mul(difference, certain).sum().div(weight);
}
