/**
 * The loss of bidirectional copy-paste (DeepMed-Lab-ECNU/BCP ACDC_BCP_train.py, `mix_loss`).
 * Shapes as suffixes: B images, K classes, S all spatial axes; targets have none, since {@link TargetKind} decides.
 */
import type { TargetKind } from "../core/target-kind.js";
import type { Tensor } from "../torch/index.js";
import * as torch from "../torch/index.js";
import { diceLoss } from "./segmentation.js";

/** Weights of the target that belongs to the image and of the one pasted into it. */
export interface MixWeights {
  image: number;
  patch: number;
}

/** Where the targets of both have a label, [B, 1, ...S] of 1 and 0; missing or null: everywhere. */
export type MixAnnotation = Readonly<Partial<Record<keyof MixWeights, Tensor | null>>>;

/** Weighted scalars: the sum of both regions by kind of loss, and the sum of both losses by region. */
export interface MixLoss {
  dice: Tensor;
  ce: Tensor;
  image: Tensor;
  patch: Tensor;
}

/** Cross-entropy averaged over the pixels of a region only, and over channels for "sigmoid". */
function regionCrossEntropy(logitsBKS: Tensor, target: Tensor, regionBS: Tensor, kind: TargetKind): Tensor {
  const lossBS =
    kind === "softmax"
      ? torch.crossEntropyLoss(logitsBKS, target, { reduction: 0 })
      : torch.binaryCrossEntropyWithLogits(logitsBKS, target, { reduction: 0 }).mean(1);
  const [loss, count] = torch.worldSums(lossBS.mul(regionBS).sum(), regionBS.sum());
  return loss.div(count.add(1e-16));
}

/**
 * Dice and cross-entropy of a mixed image, each region against its own target.
 * @param imageTarget labels of the image, as {@link TargetKind} says
 * @param patchTarget the same for the box pasted into it
 * @param outsideBS 1 outside the pasted box, 0 inside
 * @param annotated what of a target is no label belongs to no region
 */
export function mixLoss(
  logitsBKS: Tensor,
  imageTarget: Tensor,
  patchTarget: Tensor,
  outsideBS: Tensor,
  weights: MixWeights,
  kind: TargetKind = "softmax",
  annotated: MixAnnotation = {},
): MixLoss {
  const part = (target: Tensor, regionBS: Tensor, weight: number) => {
    const mask = regionBS.unsqueeze(1);
    return {
      dice: diceLoss(logitsBKS, target, mask, { kind, diceMaskQuirk: false }).mul(weight),
      ce: regionCrossEntropy(logitsBKS, target, regionBS, kind).mul(weight),
    };
  };
  const labelled = (regionBS: Tensor, ofTarget: Tensor | null | undefined) =>
    ofTarget ? regionBS.mul(ofTarget.squeeze(1)) : regionBS;
  const image = part(imageTarget, labelled(outsideBS, annotated.image), weights.image);
  const patch = part(patchTarget, labelled(outsideBS.neg().add(1), annotated.patch), weights.patch);
  return {
    dice: image.dice.add(patch.dice),
    ce: image.ce.add(patch.ce),
    image: image.dice.add(image.ce),
    patch: patch.dice.add(patch.ce),
  };
}
