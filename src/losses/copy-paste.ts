/** The loss of bidirectional copy-paste (DeepMed-Lab-ECNU/BCP ACDC_BCP_train.py, `mix_loss`). */

import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { diceLoss, type TargetKind } from "./segmentation.js";

/** Weights of the target that belongs to the image and of the one pasted into it. */
export interface MixWeights {
  image: number;
  patch: number;
}

/** Weighted scalars: the sum of both regions by kind of loss, and the sum of both losses by region. */
export interface MixLoss {
  dice: Tensor;
  ce: Tensor;
  image: Tensor;
  patch: Tensor;
}

/** Cross-entropy averaged over the pixels of a region only, and over channels for "sigmoid". */
function regionCrossEntropy(logits: Tensor, target: Tensor, region: Tensor, kind: TargetKind): Tensor {
  if (kind === "softmax") {
    const perPixel = torch.crossEntropyLoss(logits, target, { reduction: 0 });
    return perPixel.mul(region).sum().div(region.sum().add(1e-16));
  }
  const perPixel = torch.binaryCrossEntropyWithLogits(logits, target, { reduction: 0 }).mean(1);
  return perPixel.mul(region).sum().div(region.sum().add(1e-16));
}

/**
 * Dice and cross-entropy of a mixed image, each region against its own target.
 * @param logits [B, K, H, W]
 * @param imageTarget "softmax": class numbers [B, H, W] int64; "sigmoid": [B, K, H, W] of 0/1 floats
 * @param patchTarget the same for the rectangle
 * @param outside [B, H, W], 1 outside the pasted rectangle, 0 inside
 */
export function mixLoss(
  logits: Tensor,
  imageTarget: Tensor,
  patchTarget: Tensor,
  outside: Tensor,
  weights: MixWeights,
  kind: TargetKind = "softmax",
): MixLoss {
  const channels = kind === "sigmoid" ? logits.shape[1] : 1;
  const part = (target: Tensor, region: Tensor, weight: number) => {
    const mask = region.unsqueeze(1).expand([-1, channels, -1, -1]);
    return {
      dice: diceLoss(logits, target, mask, { kind, diceMaskQuirk: false }).mul(weight),
      ce: regionCrossEntropy(logits, target, region, kind).mul(weight),
    };
  };
  const image = part(imageTarget, outside, weights.image);
  const patch = part(patchTarget, outside.neg().add(1), weights.patch);
  return {
    dice: image.dice.add(patch.dice),
    ce: image.ce.add(patch.ce),
    image: image.dice.add(image.ce),
    patch: patch.dice.add(patch.ce),
  };
}
