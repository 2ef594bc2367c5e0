/**
 * The supervised segmentation loss of MiDSS (MQinghe/MiDSS utils/losses.py, DiceLossWithMask; method section 3.5):
 * cross-entropy plus soft Dice with squared denominators, both optionally masked per pixel.
 *
 * Shapes as suffixes: B images, K classes, S all spatial axes. Targets and masks have none, since {@link TargetKind}
 * decides: a target is [B, K, ...S] of 0/1 floats ("sigmoid") or class numbers [B, ...S] int64 ("softmax"), a mask
 * [B, K, ...S] or [B, 1, ...S] of weights in [0, 1].
 */

import type { TargetKind } from "../core/target-kind.js";
import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { ShapeError } from "../torch/index.js";

/** Choices of {@link segmentationLoss}. */
export interface SegmentationLossOptions {
  kind: TargetKind;
  /** Added to numerator and denominator of the Dice ratio. Default 1e-10 (MiDSS); SSL4MIS uses 1e-5. */
  smooth?: number;
  /**
   * Softmax only: leaves background Dice unmasked, as the reference does (its mask encoder turns class 0 into ones).
   * Default true.
   */
  diceMaskQuirk?: boolean;
}

/** The two terms and their sum, each a scalar tensor ≥ 0. */
export interface SegmentationLoss {
  ce: Tensor;
  dice: Tensor;
  loss: Tensor;
}

function requireShape(argument: string, tensor: Tensor, expected: readonly number[]): void {
  if (String(tensor.shape) !== String(expected)) {
    throw new ShapeError(`segmentationLoss: ${argument} has shape [${tensor.shape}]; expected [${expected}]`);
  }
}

/** Class numbers [B, ...S] → one channel per class [B, K, ...S] of zeros and ones, float32. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  return torch.classChannels(labels, classes).to({ dtype: "float32" });
}

/** Cross-entropy averaged over all pixels (and channels for "sigmoid"), masked pixels counting as zero. */
export function crossEntropy(logitsBKS: Tensor, target: Tensor, mask: Tensor | null, kind: TargetKind): Tensor {
  if (kind === "sigmoid") {
    if (!mask) return torch.binaryCrossEntropyWithLogits(logitsBKS, target);
    return torch.binaryCrossEntropyWithLogits(logitsBKS, target, { reduction: 0 }).mul(mask).mean();
  }
  // Averaged here: libtorch's own mean over pixels adds in no fixed order on CUDA.
  const lossBS = torch.crossEntropyLoss(logitsBKS, target, { reduction: 0 });
  return (mask ? lossBS.mul(mask.squeeze(1)) : lossBS).mean();
}

/** 1 − (2Σptm + ε)/(Σp²m + Σt²m + ε) over the whole batch: one ratio over all channels, or one for each. */
function diceComplement(
  pBKS: Tensor,
  tBKS: Tensor,
  mask: Tensor | null,
  { perClass, smooth }: { perClass: boolean; smooth: number },
): Tensor {
  const axes = perClass ? torch.axesBesideChannels(pBKS) : torch.allAxes(pBKS);
  const weighted = (x: Tensor) => (mask ? x.mul(mask) : x).sum(axes);
  const intersection = weighted(pBKS.mul(tBKS));
  const size = weighted(pBKS.square()).add(weighted(tBKS.square()));
  return intersection.mul(2).add(smooth).div(size.add(smooth)).neg().add(1);
}

/** Class 0 of the softmax mask replaced by ones, see {@link SegmentationLossOptions.diceMaskQuirk}. */
function quirkMask(maskB1S: Tensor, classes: number): Tensor {
  return torch.cat([torch.onesLike(maskB1S), torch.repeatChannel(maskB1S, classes - 1)], 1);
}

/**
 * Soft Dice loss in [0, 1]: "sigmoid" takes one ratio over all channels together, "softmax" averages the ratios of all
 * classes, background included.
 */
export function diceLoss(
  logitsBKS: Tensor,
  target: Tensor,
  mask: Tensor | null,
  options: SegmentationLossOptions,
): Tensor {
  const smooth = options.smooth ?? 1e-10;
  if (options.kind === "sigmoid") return diceComplement(logitsBKS.sigmoid(), target, mask, { perClass: false, smooth });
  const classes = logitsBKS.shape[1];
  const quirk = options.diceMaskQuirk ?? true;
  const classMask = mask && quirk ? quirkMask(mask, classes) : mask;
  const targetBKS = oneHot(target, classes);
  return diceComplement(logitsBKS.softmax(1), targetBKS, classMask, { perClass: true, smooth }).mean();
}

/** Soft Dice loss between two predictions in place of a label, unmasked, `smooth` 1e-10. */
export function softDiceDistance(pBKS: Tensor, qBKS: Tensor, kind: TargetKind): Tensor {
  return diceComplement(pBKS, qBKS, null, { perClass: kind === "softmax", smooth: 1e-10 }).mean();
}

/** What the network believes: "sigmoid" one probability per channel, "softmax" over all channels; [B, K, ...S]. */
export function probabilities(logitsBKS: Tensor, kind: TargetKind): Tensor {
  return kind === "sigmoid" ? logitsBKS.sigmoid() : logitsBKS.softmax(1);
}

/**
 * Cross-entropy + Dice.
 * @throws ShapeError when target or mask do not fit the logits
 */
export function segmentationLoss(
  logitsBKS: Tensor,
  target: Tensor,
  mask: Tensor | null,
  options: SegmentationLossOptions,
): SegmentationLoss {
  const [batch, ...rest] = logitsBKS.shape;
  const spatial = torch.spatialShape(logitsBKS);
  const channels = options.kind === "sigmoid";
  requireShape("target", target, channels ? [batch, ...rest] : [batch, ...spatial]);
  if (mask) requireShape("mask", mask, channels ? [batch, ...rest] : [batch, 1, ...spatial]);
  // Intermediate maps go now rather than with the caller's scope: backward would find them still in memory.
  return torch.scope(() => {
    const ce = crossEntropy(logitsBKS, target, mask, options.kind);
    const dice = diceLoss(logitsBKS, target, mask, options);
    return { ce, dice, loss: ce.add(dice) };
  });
}

/** The supervised loss of HiLab-git/SSL4MIS: ½(cross-entropy + Dice) with `smooth` 1e-5. */
export function ssl4misLoss(logitsBKS: Tensor, target: Tensor, kind: TargetKind, smooth = 1e-5): SegmentationLoss {
  const parts = segmentationLoss(logitsBKS, target, null, { kind, smooth });
  return { ...parts, loss: parts.loss.mul(0.5) };
}
