/** The loss of bidirectional copy-paste (DeepMed-Lab-ECNU/BCP ACDC_BCP_train.py, `mix_loss`). */

import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { diceLoss } from "./segmentation.js";

/** Weights of the target that belongs to the image and of the one pasted into it. */
export interface MixWeights {
  image: number;
  patch: number;
}

/** Cross-entropy averaged over the masked pixels only. */
function regionCrossEntropy(perPixel: Tensor, region: Tensor): Tensor {
  return perPixel.mul(region).sum().div(region.sum().add(1e-16));
}

/**
 * Dice and cross-entropy of a mixed image, each region against its own target.
 * @param logits [B, K, H, W]
 * @param imageTarget, patchTarget class numbers [B, H, W] int64
 * @param outside [B, H, W], 1 outside the pasted rectangle, 0 inside
 */
export function mixLoss(
  logits: Tensor,
  imageTarget: Tensor,
  patchTarget: Tensor,
  outside: Tensor,
  weights: MixWeights,
): { dice: Tensor; ce: Tensor } {
  const inside = outside.neg().add(1);
  const dice = (target: Tensor, region: Tensor) =>
    diceLoss(logits, target, region.unsqueeze(1), { kind: "softmax", diceMaskQuirk: false });
  const ce = (target: Tensor, region: Tensor) =>
    regionCrossEntropy(torch.crossEntropyLoss(logits, target, { reduction: 0 }), region);
  return {
    dice: dice(imageTarget, outside).mul(weights.image).add(dice(patchTarget, inside).mul(weights.patch)),
    ce: ce(imageTarget, outside).mul(weights.image).add(ce(patchTarget, inside).mul(weights.patch)),
  };
}
