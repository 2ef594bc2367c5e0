/** Hard pseudo-labels and where to trust them (MQinghe/MiDSS train.py, FixMatch's confidence rule). */
import type { Tensor } from "../torch/index.js";
import { noGrad } from "../torch/index.js";
import type { TargetKind } from "./segmentation.js";

/** A teacher's answer turned into a target. */
export interface PseudoLabels {
  /** "sigmoid": [B, K, H, W] 0/1 floats; "softmax": [B, H, W] int64. */
  labels: Tensor;
  /** 1 where confident, else 0: "sigmoid" [B, K, H, W], "softmax" [B, 1, H, W]. */
  confident: Tensor;
}

/**
 * Labels of the more probable side and the pixels whose probability passes the threshold.
 * @param logits teacher logits [B, K, H, W]
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
