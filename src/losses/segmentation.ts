/**
 * The supervised segmentation loss of MiDSS (MQinghe/MiDSS utils/losses.py, DiceLossWithMask; method section 3.5):
 * cross-entropy plus soft Dice with squared denominators, both optionally masked per pixel.
 */

import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { ShapeError } from "../torch/index.js";

/** "sigmoid": overlapping classes, one channel each. "softmax": exclusive classes with a background. */
export type TargetKind = "sigmoid" | "softmax";

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

/** Class numbers [B, H, W] → one channel per class [B, K, H, W] of zeros and ones. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  return torch.oneHot(labels, classes).permute([0, 3, 1, 2]).to({ dtype: "float32" });
}

/**
 * Cross-entropy averaged over all pixels (and channels for "sigmoid"), masked pixels counting as zero.
 * @param logits [B, K, H, W]
 * @param target "sigmoid": [B, K, H, W] of 0/1 floats; "softmax": [B, H, W] int64 class numbers
 * @param mask   "sigmoid": [B, K, H, W]; "softmax": [B, 1, H, W]; weights in [0, 1], or none
 */
export function crossEntropy(logits: Tensor, target: Tensor, mask: Tensor | null, kind: TargetKind): Tensor {
  if (kind === "sigmoid") {
    if (!mask) return torch.binaryCrossEntropyWithLogits(logits, target);
    return torch.binaryCrossEntropyWithLogits(logits, target, { reduction: 0 }).mul(mask).mean();
  }
  // Averaged here: libtorch's own mean over pixels adds in no fixed order on CUDA.
  const perPixel = torch.crossEntropyLoss(logits, target, { reduction: 0 });
  return (mask ? perPixel.mul(mask.squeeze(1)) : perPixel).mean();
}

/** 1 − (2Σptm + ε)/(Σp²m + Σt²m + ε) over the whole batch, per entry of `dims` kept. */
function diceComplement(p: Tensor, t: Tensor, mask: Tensor | null, dims: readonly number[], smooth: number): Tensor {
  const weighted = (x: Tensor) => (mask ? x.mul(mask) : x).sum(dims);
  const intersection = weighted(p.mul(t));
  const size = weighted(p.square()).add(weighted(t.square()));
  return intersection.mul(2).add(smooth).div(size.add(smooth)).neg().add(1);
}

/** Class 0 of the softmax mask replaced by ones, see {@link SegmentationLossOptions.diceMaskQuirk}. */
function quirkMask(mask: Tensor, classes: number): Tensor {
  const foreground = mask.expand([-1, classes - 1, -1, -1]);
  return torch.cat([torch.onesLike(mask), foreground], 1);
}

/**
 * Soft Dice loss in [0, 1]: "sigmoid" takes one ratio over all channels together, "softmax" averages the ratios of all
 * classes, background included. Shapes as in {@link crossEntropy}.
 */
export function diceLoss(
  logits: Tensor,
  target: Tensor,
  mask: Tensor | null,
  options: SegmentationLossOptions,
): Tensor {
  const smooth = options.smooth ?? 1e-10;
  if (options.kind === "sigmoid") return diceComplement(logits.sigmoid(), target, mask, [0, 1, 2, 3], smooth);
  const classes = logits.shape[1];
  const quirk = options.diceMaskQuirk ?? true;
  const classMask = mask && quirk ? quirkMask(mask, classes) : mask;
  return diceComplement(logits.softmax(1), oneHot(target, classes), classMask, [0, 2, 3], smooth).mean();
}

/** Soft Dice loss between two predictions in place of a label, unmasked, `smooth` 1e-10; both [B, K, H, W]. */
export function softDiceDistance(p: Tensor, q: Tensor, kind: TargetKind): Tensor {
  return diceComplement(p, q, null, kind === "sigmoid" ? [0, 1, 2, 3] : [0, 2, 3], 1e-10).mean();
}

/** What the network believes: "sigmoid" one probability per channel, "softmax" over all channels; [B, K, H, W]. */
export function probabilities(logits: Tensor, kind: TargetKind): Tensor {
  return kind === "sigmoid" ? logits.sigmoid() : logits.softmax(1);
}

/**
 * Cross-entropy + Dice.
 * @throws ShapeError when target or mask do not fit the logits
 */
export function segmentationLoss(
  logits: Tensor,
  target: Tensor,
  mask: Tensor | null,
  options: SegmentationLossOptions,
): SegmentationLoss {
  const [batch, classes, height, width] = logits.shape;
  const full = [batch, classes, height, width];
  requireShape("target", target, options.kind === "sigmoid" ? full : [batch, height, width]);
  if (mask) requireShape("mask", mask, options.kind === "sigmoid" ? full : [batch, 1, height, width]);
  // Intermediate maps go now rather than with the caller's scope: backward would find them still in memory.
  return torch.scope(() => {
    const ce = crossEntropy(logits, target, mask, options.kind);
    const dice = diceLoss(logits, target, mask, options);
    return { ce, dice, loss: ce.add(dice) };
  });
}

/** The supervised loss of HiLab-git/SSL4MIS: ½(cross-entropy + Dice) with `smooth` 1e-5. Shapes as above. */
export function ssl4misLoss(logits: Tensor, target: Tensor, kind: TargetKind, smooth = 1e-5): SegmentationLoss {
  const parts = segmentationLoss(logits, target, null, { kind, smooth });
  return { ...parts, loss: parts.loss.mul(0.5) };
}
