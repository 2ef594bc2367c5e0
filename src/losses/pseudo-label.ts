/** Hard pseudo-labels and where to trust them (MQinghe/MiDSS train.py, FixMatch's confidence rule). */
import type { TargetKind } from "../core/target-kind.js";
import type { Tensor } from "../torch/index.js";
import { noGrad } from "../torch/index.js";

/** τ of FixMatch for the image data it was proposed on (Sohn et al., NeurIPS 2020, section 4), and of MiDSS. */
export const usualThreshold = 0.95;

/** A teacher's answer turned into a target. */
export interface PseudoLabels {
  /** As {@link TargetKind} says: "sigmoid" [B, K, ...S] of 0/1 floats, "softmax" [B, ...S] int64. */
  labels: Tensor;
  /** 1 where confident, else 0: "sigmoid" [B, K, ...S], "softmax" [B, 1, ...S]. */
  confident: Tensor;
}

/**
 * Labels of the more probable side and the pixels whose probability passes the threshold.
 * @param logits teacher logits [B, K, ...S]
 * @param threshold in (0.5, 1); "sigmoid" accepts p ≥ τ and p ≤ 1−τ, "softmax" accepts max p > τ
 */
export function pseudoLabels(logits: Tensor, threshold: number, kind: TargetKind): PseudoLabels {
  return noGrad(() => {
    if (kind === "sigmoid") {
      const p = logits.sigmoid();
      const sure = p.ge(threshold).to({ dtype: "float32" });
      const sureNot = p.le(1 - threshold).to({ dtype: "float32" });
      return { labels: p.ge(0.5).to({ dtype: "float32" }), confident: sure.add(sureNot) };
    }
    const [best, labels] = logits.softmax(1).maxDim(1, { keepdim: true });
    return { labels: labels.squeeze(1), confident: best.gt(threshold).to({ dtype: "float32" }) };
  });
}
