/**
 * The supervised segmentation loss of MiDSS (MQinghe/MiDSS utils/losses.py, DiceLossWithMask; method section 3.5):
 * cross-entropy plus soft Dice with squared denominators, both optionally masked per pixel.
 *
 * Shapes as suffixes: B images, K classes, S all spatial axes. Targets and masks have none, since {@link TargetKind}
 * decides: a target is [B, K, ...S] of 0/1 floats ("sigmoid") or class numbers [B, ...S] int64 ("softmax"), a mask
 * [B, K, ...S] or [B, 1, ...S] of weights in [0, 1].
 *
 * A mask says how much a pixel counts, and takes nothing from the number of pixels that a mean is over. `annotatedB1S`
 * says which pixels there are: where it is 0 nobody labelled the image, and the loss is that of the other pixels alone.
 *
 * Where several processes share a batch, sums and means are over the images of all of them.
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
  /** 1 where a pixel has a label, 0 where it is left out, [B, 1, ...S]; default, also for null: all have one. */
  annotated?: Tensor | null;
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

/** Mean of [B, C, ...S] over the annotated pixels and all channels; 0 where no pixel is annotated. */
function annotatedMean(valuesBCS: Tensor, annotatedB1S: Tensor): Tensor {
  const [sum, pixels] = torch.worldSums(valuesBCS.mul(annotatedB1S).sum(), annotatedB1S.sum());
  return sum.div(pixels.mul(valuesBCS.shape[1]).clamp({ min: 1 }));
}

/**
 * Cross-entropy averaged over all annotated pixels (and channels for "sigmoid"), masked pixels counting as zero.
 * @param annotatedB1S 1 where a pixel has a label, else 0; null: all have one
 */
export function crossEntropy(
  logitsBKS: Tensor,
  target: Tensor,
  mask: Tensor | null,
  kind: TargetKind,
  annotatedB1S: Tensor | null = null,
): Tensor {
  if (kind === "sigmoid") {
    if (!mask && !annotatedB1S) return torch.worldMean(torch.binaryCrossEntropyWithLogits(logitsBKS, target));
    const lossBKS = torch.binaryCrossEntropyWithLogits(logitsBKS, target, { reduction: 0 });
    const maskedBKS = mask ? lossBKS.mul(mask) : lossBKS;
    return annotatedB1S ? annotatedMean(maskedBKS, annotatedB1S) : torch.worldMean(maskedBKS.mean());
  }
  // Averaged here: libtorch's own mean over pixels adds in no fixed order on CUDA.
  const lossBS = torch.crossEntropyLoss(logitsBKS, target, { reduction: 0 });
  const maskedBS = mask ? lossBS.mul(mask.squeeze(1)) : lossBS;
  return annotatedB1S ? annotatedMean(maskedBS.unsqueeze(1), annotatedB1S) : torch.worldMean(maskedBS.mean());
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
  const [intersection, size] = torch.worldSums(
    weighted(pBKS.mul(tBKS)),
    weighted(pBKS.square()).add(weighted(tBKS.square())),
  );
  return intersection.mul(2).add(smooth).div(size.add(smooth)).neg().add(1);
}

/** What counts of each pixel: its mask's weight where it is annotated; null: all of all. */
function pixelWeights(mask: Tensor | null, annotatedB1S: Tensor | null | undefined): Tensor | null {
  return mask && annotatedB1S ? mask.mul(annotatedB1S) : (mask ?? annotatedB1S ?? null);
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
  const { annotated, smooth = 1e-10 } = options;
  if (options.kind === "sigmoid") {
    const weights = pixelWeights(mask, annotated);
    return diceComplement(logitsBKS.sigmoid(), target, weights, { perClass: false, smooth });
  }
  const classes = logitsBKS.shape[1];
  const quirk = options.diceMaskQuirk ?? true;
  const classMask = mask && quirk ? quirkMask(mask, classes) : mask;
  const targetBKS = oneHot(target, classes);
  const weights = pixelWeights(classMask, annotated);
  return diceComplement(logitsBKS.softmax(1), targetBKS, weights, { perClass: true, smooth }).mean();
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
 * @throws ShapeError when target, mask or what is annotated do not fit the logits
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
  const annotated = options.annotated ?? null;
  if (annotated) requireShape("annotated", annotated, [batch, 1, ...spatial]);
  // Intermediate maps go now rather than with the caller's scope: backward would find them still in memory.
  return torch.scope(() => {
    const ce = crossEntropy(logitsBKS, target, mask, options.kind, annotated);
    const dice = diceLoss(logitsBKS, target, mask, options);
    return { ce, dice, loss: ce.add(dice) };
  });
}

/** The supervised loss of HiLab-git/SSL4MIS: ½(cross-entropy + Dice), with `smooth` 1e-5 unless given. */
export function ssl4misLoss(
  logitsBKS: Tensor,
  target: Tensor,
  kind: TargetKind,
  { smooth = 1e-5, annotated }: Pick<SegmentationLossOptions, "smooth" | "annotated"> = {},
): SegmentationLoss {
  const parts = segmentationLoss(logitsBKS, target, null, { kind, smooth, annotated });
  return { ...parts, loss: parts.loss.mul(0.5) };
}
