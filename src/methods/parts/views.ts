/** What methods share that pass labelled and unlabelled images through a network together. */
import { planar8bit } from "../../augment/index.js";
import type { PseudoLabels } from "../../losses/index.js";
import type { SegmentationNetwork } from "../../nn/index.js";
import { cat, noGrad, type Tensor } from "../../torch/index.js";
import type { Batch, DomainView } from "../method.js";
import { type ComputeOptions, type StudentOutput, splitOutput, studentForward } from "./forward.js";

/** Network inputs in [−1, 1], [B, C, ...S] each, and the labels of the labelled ones. */
export interface NetworkInputs {
  x: Tensor;
  y: Tensor;
  /** Where `y` is a label, as {@link Batch} says; null: everywhere. */
  annotated: Tensor | null;
  weak: Tensor;
  strong: Tensor;
}

/** The unlabelled images of a batch, for methods that need them. */
export function unlabelledOf({ unlabelled }: Batch): NonNullable<Batch["unlabelled"]> {
  if (!unlabelled) throw new Error("internal: the method was given no unlabelled images");
  return unlabelled;
}

/** A batch as networks take it, for methods that need unlabelled images. */
export function networkInputs(batch: Batch): NetworkInputs {
  const { labelled, normalisation = planar8bit } = batch;
  const unlabelled = unlabelledOf(batch);
  return noGrad(() => ({
    x: normalisation.forward(labelled.images),
    y: labelled.labels,
    annotated: labelled.annotated ?? null,
    weak: normalisation.forward(unlabelled.weak),
    strong: normalisation.forward(unlabelled.strong),
  }));
}

/** What a divergence may look at, with a method's pseudo-labels of the weak views. */
export function labelledDomains({ x, y, annotated, weak, strong }: NetworkInputs, pseudo: PseudoLabels): DomainView {
  return {
    source: x,
    target: { weak, strong },
    labels: {
      source: y,
      sourceAnnotated: annotated,
      target: pseudo.labels,
      targetConfidence: pseudo.confident,
    },
  };
}

/** Outputs of the labelled and of the unlabelled rows. */
export interface JointOutput {
  source: StudentOutput;
  target: StudentOutput;
}

/** One differentiable pass of both, so that BatchNorm sees them as one batch. Arguments as in studentForward. */
export function jointForward(
  network: SegmentationNetwork,
  source: Tensor,
  target: Tensor,
  updateRunningStatistics: boolean,
  compute: ComputeOptions,
): JointOutput {
  const output = studentForward(network, cat([source, target]), updateRunningStatistics, compute);
  const [ofSource, ofTarget] = splitOutput(output, [source.shape[0], target.shape[0]]);
  return { source: ofSource, target: ofTarget };
}
