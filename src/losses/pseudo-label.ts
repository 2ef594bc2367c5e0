/** Hard pseudo-labels and where to trust them (MQinghe/MiDSS train.py, FixMatch's confidence rule). */
import type { TargetKind } from "../core/target-kind.js";
import type { Tensor } from "../torch/index.js";
import { axesBesideChannels, classChannels, noGrad, worldSums } from "../torch/index.js";

/** τ of FixMatch for the image data it was proposed on (Sohn et al., NeurIPS 2020, section 4), and of MiDSS. */
export const usualThreshold = 0.95;

/** A teacher's answer turned into a target. */
export interface PseudoLabels {
  /** As {@link TargetKind} says: "sigmoid" [B, K, ...S] of 0/1 floats, "softmax" [B, ...S] int64. */
  labels: Tensor;
  /** 1 where confident, else 0: "sigmoid" [B, K, ...S], "softmax" [B, 1, ...S]. */
  confident: Tensor;
}

/** How sure a teacher has to be. */
export interface Confidence {
  /** τ in (0.5, 1). */
  threshold: number;
  /**
   * Whether τ holds for the surest class alone, and for each other one in proportion to its mean confidence m over the
   * batch's pixels of that label: τ_c = τ·m_c / max m. One τ for all can leave out a whole class of which the teacher is
   * never sure, and its images then teach only what is not of that class. Ours, after the thresholds by class of FlexMatch
   * (Zhang et al., NeurIPS 2021), which count confident labels in place of confidence. Default false.
   */
  byClass?: boolean;
}

/** Of the surer side of each pixel; what belongs to a class is 1 in `members`, of the shape of a class channel each. */
function meanConfidence(best: Tensor, members: Tensor): Tensor {
  const axes = axesBesideChannels(members);
  const [sum, pixels] = worldSums(members.mul(best).sum(axes, { keepdim: true }), members.sum(axes, { keepdim: true }));
  return sum.div(pixels.clamp({ min: 1 }));
}

/** Labels and confidence of classes that overlap: each channel has an inside and an outside. */
function overlapping(logits: Tensor, { threshold, byClass }: Confidence): PseudoLabels {
  const p = logits.sigmoid();
  const labels = p.ge(0.5).to({ dtype: "float32" });
  if (!byClass) {
    const sure = p.ge(threshold).to({ dtype: "float32" });
    const sureNot = p.le(1 - threshold).to({ dtype: "float32" });
    return { labels, confident: sure.add(sureNot) };
  }
  const outside = labels.neg().add(1);
  const best = p.maximum(p.neg().add(1));
  const [inner, outer] = [labels, outside].map((members) => meanConfidence(best, members));
  const unit = inner.maximum(outer).reciprocal().mul(threshold);
  const limit = labels.mul(inner).add(outside.mul(outer)).mul(unit);
  return { labels, confident: best.ge(limit).to({ dtype: "float32" }) };
}

/** Labels and confidence of classes of which each pixel has one. */
function exclusive(logits: Tensor, { threshold, byClass }: Confidence): PseudoLabels {
  const [best, chosen] = logits.softmax(1).maxDim(1, { keepdim: true });
  const labels = chosen.squeeze(1);
  if (!byClass) return { labels, confident: best.gt(threshold).to({ dtype: "float32" }) };
  const members = classChannels(labels, logits.shape[1]).to({ dtype: "float32" });
  const means = meanConfidence(best, members);
  const limit = members.mul(means.div(means.amax()).mul(threshold)).sum([1], { keepdim: true });
  return { labels, confident: best.gt(limit).to({ dtype: "float32" }) };
}

/**
 * Labels of the more probable side and the pixels whose probability passes the threshold.
 * @param logits teacher logits [B, K, ...S]
 * @param confidence "sigmoid" accepts p ≥ τ and p ≤ 1−τ, "softmax" accepts max p > τ
 */
export function pseudoLabels(logits: Tensor, confidence: Confidence, kind: TargetKind): PseudoLabels {
  return noGrad(() => (kind === "sigmoid" ? overlapping : exclusive)(logits, confidence));
}
